"""What `conftest` makes databases with, in a module of its own: there is a `conftest` in several folders."""

import atexit
import functools
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from sqlalchemy import Engine, make_url

from bot.store import schema
from bot.store.database import open_engine
from bot.store.tables import Table


@dataclass(frozen=True)
class Databases:
    """Databases of one kind. make(template): the URL of a new one that nobody else uses, a copy of the template or
    empty. drop(url): it is not needed any more."""

    make: Callable[[str | None], str]
    drop: Callable[[str], None]
    _templates: list[str] = field(default_factory=list)

    @property
    def template(self) -> str:
        """A database with the newest schema, to be copied; nobody is ever connected to it. It is migrated once a
        session: a fixture would make it anew for every file, because which kind is asked for changes in each."""
        if not self._templates:
            url = self.make(None)
            engine = open_engine(url)
            schema.migrate(engine)
            engine.dispose()
            self._templates.append(url)
        return self._templates[0]


def open_again(url: str) -> Engine:
    """An engine of its own on the database, as `open_engine` makes it, that shares with all others of its kind what it
    has made of the program's statements. Else each test compiles each of its statements anew, in half of its time."""
    return sharing(open_engine(url), "open_engine")


def sharing(engine: Engine, made: str) -> Engine:
    """The engine, sharing that with all that are `made` the same way."""
    first = _first.setdefault((made, engine.dialect.name), engine)
    if first is engine:
        engine.connect().close()  # the dialect learns what server it speaks to
    engine.dialect, engine._compiled_cache = first.dialect, first._compiled_cache
    return engine


_first: dict[tuple[str, str], Engine] = {}


def fresh_sqlite(path: Path) -> str:
    """The URL of a new SQLite file at the path with the newest schema: a copy of one that was migrated once."""
    shutil.copyfile(_migrated_sqlite(), path)
    return f"sqlite:///{path}"


@functools.cache
def _migrated_sqlite() -> Path:
    """Once a process; its folder goes with it."""
    folder = Path(tempfile.mkdtemp(prefix="homeroom-schema-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    engine = open_engine(f"sqlite:///{folder / 'newest.db'}")
    schema.migrate(engine)
    engine.dispose()
    return folder / "newest.db"


def emptied(url: str) -> bool:
    """A PostgreSQL database without a row, as if new; False when somebody still holds on to a table, or has changed the
    schema. All in one message to the server: it is done behind every test."""
    rows = [f"DELETE FROM {table.name}" for table in reversed(Table.metadata.sorted_tables)]
    try:
        on_server(url, "; ".join(["SET lock_timeout = '300ms'", "DROP SCHEMA IF EXISTS procrastinate CASCADE", *rows]))
    except psycopg.Error:
        return False
    return True


def on_server(url: str, *statements: str) -> None:
    """Run each statement outside of any transaction. The driver alone connects in a fifth of an engine's time."""
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())
