"""What is offered while somebody types, by where they type it and by how far they have come."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from bot.chat.inbound import Command, Partial, Person
from bot.clock import ShiftedClock
from bot.config import HOME
from bot.engine.shelf import Shelf
from bot.engine.shop import Shop
from bot.engine.suggesting import MOST_REMEMBERED, look_how_far, suggestions
from bot.engine.ticks import look_where_they_stand
from bot.platforms.simulator.platform import SimulatorPlatform
from bot.platforms.simulator.room import Room
from bot.store.database import Database
from bot.store.tables import Cohort, Delivery, Enrollment, Member

NOW = datetime(2026, 9, 8, 8, tzinfo=UTC)


@pytest.fixture
def shop(database: Database) -> Iterator[Shop]:
    """A cohort that is on day 32, with Ada in it."""
    room = Room(ShiftedClock(NOW))
    made = Shop(database, Shelf(HOME / "tests" / "week_7"), {"chat": SimulatorPlatform(room)}, ShiftedClock(NOW))
    database.run_now(_open)
    yield made
    room.close()


def _open(session) -> None:
    week = {"zone": "UTC", "post_time": NOW.time(), "weekdays": 31, "start_date": NOW.date()}
    cohort = Cohort(
        key="k", platform="chat", workspace="w", channel="c", name="Spring", course="course", created_at=NOW, **week
    )
    ada = Member(platform="chat", workspace="w", ref="ada", name="Ada")
    session.add_all([cohort, ada])
    session.flush()
    session.add(Enrollment(cohort_id=cohort.id, member_id=ada.id, role="learner", joined_on=NOW.date()))
    times = {"due_at": NOW, "closes_at": NOW + timedelta(days=1), "next_try_at": NOW, "posted_at": NOW}
    session.add(Delivery(cohort_id=cohort.id, local_date=NOW.date(), lesson=32, state="done", **times))


def offered(shop: Shop, command: str, option: str, text: str, channel: str | None = "c", person: str | None = None):
    return [
        each.value for each in suggestions(shop, "chat", Partial("chat", "w", channel, command, option, text, person))
    ]


def home(person: str, workspace: str = "w") -> Command:
    return Command("chat", workspace, None, Person(person, person), "home")


async def test_where_there_is_no_channel_who_asked_for_their_page_completes_as_far_as_they_have_come(shop: Shop):
    assert offered(shop, "concept", "name", "backd", None, "ada") == []
    await look_how_far(shop, home("ada"))
    assert "backdoor-persistence" in offered(shop, "concept", "name", "backd", None, "ada")
    assert "covert-action" not in offered(shop, "concept", "name", "covert action", None, "ada")
    for person in ("eve", None):
        assert offered(shop, "concept", "name", "backd", None, person) == []


async def test_neither_a_stranger_nor_another_workspace_gets_anything(shop: Shop):
    await look_how_far(shop, home("eve"))
    await look_how_far(shop, home("ada", "elsewhere"))
    assert shop.reached_by == {}


async def test_only_so_many_are_remembered(shop: Shop):
    shop.reached_by.update((("chat", str(number)), 1) for number in range(MOST_REMEMBERED))
    await look_how_far(shop, home("ada"))
    assert len(shop.reached_by) == MOST_REMEMBERED
    assert ("chat", "ada") in shop.reached_by
    assert ("chat", "0") not in shop.reached_by


async def test_days_and_policies_are_offered_where_they_are_asked(shop: Shop):
    await look_where_they_stand(shop)
    for command in ("concepts", "cohort refresh", "lesson"):
        assert offered(shop, command, "day", "") == ["32", "31"]
    assert offered(shop, "cohort catchup", "policy", "") == ["all", "latest", "shift"]
    assert offered(shop, "cohort catchup", "policy", " S") == ["shift"]
    assert offered(shop, "cohort catchup", "policy", "x" * 2**20) == []
    for command in ("cohort pins", "cohort ping", "settings", "nothing"):
        assert offered(shop, command, "count", "") == []
    for choice in suggestions(shop, "chat", Partial("chat", "w", "c", "cohort catchup", "policy", "")):
        assert 1 <= len(choice.name) <= 100


def test_a_country_is_completed_by_its_code_and_by_its_name_and_then_its_parts(shop: Shop):
    assert offered(shop, "cohort change", "country", "switz")[:3] == ["CH", "CH-AG", "CH-AI"]
    assert offered(shop, "cohort change", "country", "ch-z") == [
        "CH-ZG",
        "CH-ZH",
        *offered(shop, "cohort change", "country", "ch-z")[2:],
    ]
    for typed in ("", "x" * 2**16, "\ud800", "de"):
        assert len(offered(shop, "cohort change", "country", typed)) <= 25
    assert offered(shop, "cohort change", "zone", "zurich")[0] == "Europe/Zurich"
