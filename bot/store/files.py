"""A SQLite record copied from file to file, by SQLite's own online backup."""

import os
import secrets
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Engine, NullPool, create_engine

from bot.clock import monotonic
from bot.store.problems import BackupError

PAGES = 2_000
"""Pages copied between two looks at the progress: 8 MB."""

PATIENCE = 15.0
"""Seconds to wait for somebody else's lock."""

_LOCKED = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def copy(source: Path, target: Path, tell: Callable[[float], None], *, at_once: bool = False) -> None:
    """Make the database in `target` the one in `source` as it is at one moment; others may go on writing to the source.
    at_once: in one transaction of the target. Raises BackupError when one of them cannot be used."""
    waited_until = monotonic() + PATIENCE

    def look(status: int, left: int, total: int) -> None:
        nonlocal waited_until
        if status not in _LOCKED:
            waited_until = monotonic() + PATIENCE
            tell(100 * (1 - left / max(total, 1)))
        elif monotonic() > waited_until:
            raise BackupError(f"{target} is in use: stop whatever uses it")

    try:
        with closing(_connect(source)) as whence, closing(_connect(target, "rwc")) as whither:
            whence.execute("BEGIN")  # one snapshot to the end, so that no writer makes the copy begin anew
            whence.execute("SELECT 1 FROM sqlite_master").fetchone()
            whence.backup(whither, pages=-1 if at_once else PAGES, progress=look, sleep=0.1)
            _check(whither, target)
    except sqlite3.Error as error:
        raise BackupError(_told(error, source, target)) from None


def is_complete(file: Path) -> bool:
    """Whether a file that nobody writes to is as long as its header says: SQLite takes what is missing for zeros."""
    with file.open("rb") as opened_file:
        header = opened_file.read(100)
    page = int.from_bytes(header[16:18]) or 1
    pages = int.from_bytes(header[28:32])
    return len(header) == 100 and file.stat().st_size >= pages * (65_536 if page == 1 else page)


def make_plain(file: Path) -> None:
    """One file without a log beside it."""
    with closing(_connect(file)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")


@contextmanager
def beside(file: Path) -> Iterator[Path]:
    """A new file in the same folder, which only its owner may read; it is gone after the block, with its logs."""
    path = file.with_name(f".{file.name}.{secrets.token_hex(4)}.part")
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except OSError as error:
        raise BackupError(f"{file.parent} cannot be written to ({error.strerror}): check the folder") from None
    try:
        yield path
    finally:
        for ending in ("", "-wal", "-shm", "-journal"):
            path.with_name(path.name + ending).unlink(missing_ok=True)


@contextmanager
def opened(file: Path) -> Iterator[Engine]:
    """An engine on a file that nobody else uses."""
    engine = create_engine(f"sqlite:///{file}", poolclass=NullPool)
    try:
        yield engine
    finally:
        engine.dispose()


def _connect(file: Path, mode: str = "rw") -> sqlite3.Connection:
    if mode == "rwc" and not file.exists():
        os.close(os.open(file, os.O_CREAT | os.O_WRONLY, 0o600))
    return sqlite3.connect(f"file:{quote(str(file))}?mode={mode}", uri=True, isolation_level=None, timeout=PATIENCE)


def _check(connection: sqlite3.Connection, file: Path) -> None:
    """What is torn in the source is torn in the copy."""
    said = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if said != "ok" or connection.execute("PRAGMA foreign_key_check").fetchone() is not None:
        raise BackupError(f"the copy in {file} does not hold together: the database it was made from is damaged")


def _told(error: sqlite3.Error, source: Path, target: Path) -> str:
    name = getattr(error, "sqlite_errorname", "")
    if name.startswith("SQLITE_FULL"):
        return f"there is no room for {target.parent}: make some"
    if name.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
        return f"{source} is damaged ({name}): take another one"
    return f"{source} could not be copied to {target} ({name or type(error).__name__})"
