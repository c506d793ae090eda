"""The schema's version: bring a database up to date, or say that it is not."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from bot.store.database import wait_for_turn
from bot.store.tables import Table

MIGRATIONS = Path(__file__).parents[2] / "migrations"


def migrate(engine: Engine, to: str = "head") -> None:
    """Bring the schema to a revision: "head", "base", or one by name. All of it or nothing; a second process waits."""
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
        head = ScriptDirectory.from_config(_config(connection)).get_current_head()
        return MigrationContext.configure(connection).get_current_revision() == head


def check(engine: Engine) -> None:
    """Raises alembic's CommandError when the tables in the program and in the database differ."""
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


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["connection"] = connection
    config.attributes["metadata"] = Table.metadata
    return config
