"""Databases, the course and nurseries for the fault tests; each once a session."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from crash_campaign import ROOT, Nursery
from fault_databases import KINDS, Databases, open_databases
from written_class import Class, open_class

from bot.engine.shelf import Shelf


@pytest.fixture(scope="session")
def shelf() -> Shelf:
    return Shelf(ROOT / "tests" / "week_7")


@pytest.fixture(scope="session")
def databases(postgresql_url: str) -> Iterator[Databases]:
    with open_databases(postgresql_url) as made:
        yield made


@pytest.fixture(autouse=True)
def _lending(databases: Databases) -> Iterator[None]:
    """What a test was given is another's behind it."""
    with databases.lending():
        yield


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """The kind of database: every test that asks runs on both."""
    return str(request.param)


@pytest.fixture(params=("discord", "slack"))
def platform(request: pytest.FixtureRequest) -> str:
    """Every test that asks runs on both platforms."""
    return str(request.param)


@pytest.fixture
async def room(shelf: Shelf, databases: Databases, kind: str, platform: str) -> AsyncIterator[Class]:
    """A class of members who write, on each platform and each kind of database."""
    async with open_class(shelf, databases, kind, platform) as made:
        yield made


@pytest.fixture(scope="session")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    yield from _nursery(tmp_path_factory, "one")


@pytest.fixture(scope="session")
def other_nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    """A second one, for two lives at once."""
    yield from _nursery(tmp_path_factory, "two")


def _nursery(factory: pytest.TempPathFactory, name: str) -> Iterator[Nursery]:
    folder = Path(os.environ.get("FAULT_LOGS") or factory.mktemp("nursery"))
    made = Nursery(folder / f"victims-{name}.log")
    yield made
    made.close()
