"""One embedded bot a record: a second one on the same SQLite file is told so instead of doubling the work."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class AlreadyRunning(Exception):
    """Another process holds the record; str() says which file."""


@contextmanager
def only_instance(database_file: Path | None) -> Iterator[None]:
    """Hold a lock beside the SQLite file for as long as the block lasts; without a file there is nothing to hold.

    The lock goes with the process, however it ends. Correctness does not rest on it: the ledger's fences do that.
    """
    if database_file is None or not database_file.parent.is_dir():  # whoever opens it will say so
        yield
        return
    path = database_file.with_name(f"{database_file.name}.lock")
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(
                f"another Homeroom is running on {database_file}: stop it, or set DATABASE_URL to another file"
            ) from None
        yield
    finally:
        os.close(handle)
