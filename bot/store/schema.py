"""The schema's version: bring a database up to date, or say that it is not.

Alembic is imported when there is something to migrate: it brings 8 MB and a fifth of a second, and a program that
starts again on the record it had needs nothing of it.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, inspect, text

from bot.store.database import wait_for_turn
from bot.store.tables import Table

MIGRATIONS = Path(__file__).parents[2] / "migrations"


def migrate(engine: Engine, to: str = "head") -> None:
    """Bring the schema to a revision: "head", "base", or one by name. All of it or nothing; a second process waits."""
    from alembic import command

    with engine.connect() as connection, _tables_may_be_rebuilt(connection), connection.begin():
        wait_for_turn(connection, "migrate")
        config = _config(connection)
        if to == "base":
            command.downgrade(config, to)
        else:
            command.upgrade(config, to)


def is_current(engine: Engine) -> bool:
    """Whether the database has the newest schema."""
    with engine.connect() as connection:
        return revision(connection) == newest_revision()


def revision(connection: Connection) -> str | None:
    """The revision of the schema that the database has; None when it has none of ours."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def newest_revision() -> str | None:
    """The revision that this program knows as the newest. Ours are numbered, and a file's name begins with its own."""
    return _newest(MIGRATIONS)


@cache
def _newest(migrations: Path) -> str | None:
    return max((path.name.partition("_")[0] for path in (migrations / "versions").glob("[0-9]*_*.py")), default=None)


def check(engine: Engine) -> None:
    """Raises alembic's CommandError when the tables in the program and in the database differ."""
    from alembic import command

    with engine.begin() as connection:
        command.check(_config(connection))


@contextmanager
def _tables_may_be_rebuilt(connection: Connection) -> Iterator[None]:
    """SQLite changes a table by making it anew, and dropping the old one deletes, over the foreign keys, every row that
    belongs to its rows. The switch does nothing inside a transaction, so it is thrown before and after."""
    if connection.dialect.name != "sqlite":
        yield
        return
    own = connection.connection
    own.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        own.execute("PRAGMA foreign_keys=ON")


def _config(connection: Connection) -> Any:
    """Alembic's Config."""
    from alembic.config import Config

    config = Config(stdout=sys.stdout)  # by itself it keeps to the one of the moment when it was imported
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["connection"] = connection
    config.attributes["metadata"] = Table.metadata
    return config
