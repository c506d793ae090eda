import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from database_kinds import open_again
from talk_room import ADA, BEN, FAY, TalkRoom, empty_record

from bot.cohorts import cohorts
from bot.store.database import Database


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return empty_record(tmp_path_factory.mktemp("talk"))


@pytest.fixture
def room(empty: Path, tmp_path: Path) -> Iterator[TalkRoom]:
    """A record without any cohort."""
    database = Database(open_again(f"sqlite:///{shutil.copy(empty, tmp_path / 'talk.db')}"))
    yield TalkRoom(database)
    database.close()


@pytest.fixture
def cohort(room: TalkRoom) -> TalkRoom:
    """Day 31 and day 32 are out; Ada and Ben learn, Fay facilitates by role, Eve is in no cohort."""
    room.open()
    room.ask(ADA, "join")
    room.ask(BEN, "join")
    room.database.run_now(_take_in_fay, room)
    room.release(2)
    return room


def _take_in_fay(session, room: TalkRoom) -> None:
    found = cohorts.find_cohort(session, "chat", "room")
    member = cohorts.known_member(session, "chat", "school", FAY)
    cohorts.join(session, found, member, cohorts.FACILITATOR, room.now)
