"""A workspace that removes the app waits, told how to come back, while the others go on; then it goes on by itself."""

from datetime import UTC, datetime, time, timedelta

from slack_room import KeepingEars, running
from slack_tenants import Class, Tenants, a_class, open_tenants
from sqlalchemy import select

from bot.chat.inbound import Person
from bot.clock import ShiftedClock
from bot.cohorts.cohorts import FACILITATOR, NewCohort, join, known_member, open_cohort
from bot.cohorts.probes import hasten_returned
from bot.config import HOME
from bot.engine.delivering import deliver_due
from bot.engine.planning import plan
from bot.engine.shelf import Shelf
from bot.engine.shop import Shop
from bot.engine.upkeep import probe_tick
from bot.store.database import Database
from bot.store.tables import Cohort, Delivery

START = datetime(2026, 9, 7, 7, tzinfo=UTC)
"""09:00 in Zurich on a Monday: the first lesson is due."""


def open_class(database: Database, place: Class, course: str) -> None:
    def opened(session):
        where = ("slack", place.workspace, place.ref)
        new = NewCohort(*where, "Spring", course, "Europe/Zurich", time(9), 0b11111, START.date(), 31)
        cohort = open_cohort(session, new, START - timedelta(hours=1))
        member = known_member(session, "slack", place.workspace, Person(place.ada, "Ada"))
        join(session, cohort, member, FACILITATOR, START)

    database.run_now(opened)


def states(database: Database) -> dict[str, tuple[str, str]]:
    """Channel → (state of its lesson, why)."""

    def read(session):
        rows = session.execute(select(Cohort.channel, Delivery.state, Delivery.reason).join(Delivery))
        return {channel: (state, reason or "") for channel, state, reason in rows}

    return database.run_now(read)


async def test_cohorts_of_a_removed_app_wait_and_go_on_after_the_next_install(database):
    clock = ShiftedClock(START)
    async with open_tenants(database.engine) as tenants:
        other = tenants.fake.add_workspace("T0OTHER")
        await tenants.install()
        await tenants.install(other)
        here, there = a_class(tenants.fake), a_class(other)
        platform = tenants.platform()
        shop = Shop(database, Shelf(HOME / "tests" / "week_7"), {"slack": platform}, clock, ready={"slack"})
        async with running(platform, KeepingEars()):
            for place in (here, there):
                open_class(database, place, shop.shelf.course.about.id)
            tenants.fake.remove_app("app_uninstalled", "tokens_revoked", stage=here.stage)
            await tenants.fake.settle()
            await plan(shop)
            await deliver_due(shop)
            assert states(database)[there.ref][0] == "done"
            state, reason = states(database)[here.ref]
            assert (state, reason.partition(":")[0]) == ("blocked", "bot_removed")
            assert f"{tenants.app.public_url}/slack/install" in reason
            await come_back(tenants, here, database, clock)
            await probe_tick(shop)
            await deliver_due(shop)
            assert states(database)[here.ref][0] == "done"


async def come_back(tenants: Tenants, place: Class, database: Database, clock: ShiftedClock) -> None:
    """Install again, with what the program then does."""
    await tenants.install(place.stage)
    assert await database.run(hasten_returned, "slack", clock()) == 1
