"""The weekly digest reaches the facilitators in the weeks in which it asks for something: once, or not at all."""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta

import pytest
import pytest_asyncio
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.chat.inbound import Person
from bot.chat.post import Post, Text
from bot.clock import ShiftedClock
from bot.cohorts.cohorts import FACILITATOR, LEARNER, NewCohort, join, known_member, open_cohort
from bot.cohorts.digests import AGAIN, choose_digest, move_on, take_digests
from bot.cohorts.places import Place
from bot.config import HOME
from bot.engine.alerting import tell_first
from bot.engine.digesting import digest_tick
from bot.engine.shelf import Shelf
from bot.engine.shop import Shop
from bot.engine.ticks import TICKS
from bot.fakes.discord.fake import FakeDiscord
from bot.fakes.faults import Fault, Kind
from bot.platforms.discord.client import DiscordPlatform
from bot.store.database import Database
from bot.store.tables import Cohort, Delivery, Message

FRIDAY = datetime(2026, 9, 11, 6, tzinfo=UTC)
"""08:00 in Zurich: the digest is due. Three lessons are out, and Ada has answered none."""

WEEK = timedelta(days=7)
POSTING = "POST */channels/*/messages"


@dataclass
class Scene:
    """Spring, where Ada learns and Fay facilitates, with a digest on Fridays at eight."""

    shop: Shop
    fake: FakeDiscord
    clock: ShiftedClock
    channel: str
    fay: str
    ada: str
    opened: list[int] = field(default_factory=list)

    async def ring(self, after: timedelta = timedelta(0)) -> list[str]:
        """The tick, so long after the first digest is due; all that Fay has been told by then."""
        self.clock.advance_to(FRIDAY + after)
        await digest_tick(self.shop)
        return list(self.fake.notes(self.fay))

    def change(self, **values: object) -> None:
        self.shop.database.run_now(_change, self.opened[0], values)

    def next_at(self) -> datetime | None:
        return self.shop.database.run_now(lambda session: session.get_one(Cohort, self.opened[0]).next_digest_at)


@pytest_asyncio.fixture
async def scene(database: Database) -> AsyncIterator[Scene]:
    clock = ShiftedClock(FRIDAY - timedelta(days=4))
    async with FakeDiscord(clock) as fake:
        platform = DiscordPlatform(fake.token, fake.api_url, fake.gateway_url, clock=clock)
        shop = Shop(database, Shelf(HOME / "tests" / "week_7"), {"discord": platform}, clock)
        people = {name: fake.add_person(name) for name in ("Fay", "Ada")}
        made = Scene(shop, fake, clock, fake.add_channel("cohort"), people["Fay"], people["Ada"])
        made.opened.append(database.run_now(_open, made, "Spring", made.channel))
        ready = asyncio.Event()
        speaking = asyncio.create_task(platform.speak(ready.set))
        await asyncio.wait_for(ready.wait(), 20)
        shop.ready.add("discord")
        try:
            yield made
            assert fake.refusals() == ()
        finally:
            speaking.cancel()
            await asyncio.gather(speaking, return_exceptions=True)


async def test_it_comes_in_its_hour_with_what_asks_for_something_once_a_week(scene: Scene) -> None:
    assert await scene.ring(-timedelta(seconds=1)) == []
    [told] = await scene.ring()
    for part in ("This week: Spring", "1 learner, on day 33, active.", "Ada", "missed the last 3 lessons"):
        assert part in told, told
    assert await scene.ring(timedelta(minutes=11)) == [told]
    assert await scene.ring(WEEK - timedelta(seconds=1)) == [told]
    assert len(await scene.ring(WEEK)) == 2


async def test_a_week_in_which_nothing_asks_for_anybody_is_quiet(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "bot")
    scene.change(silent_after=4)
    scene.shop.database.run_now(_forget_prompts)
    assert await scene.ring() == []
    assert "outcome=nothing-to-do" in caplog.text
    assert scene.next_at() == FRIDAY + WEEK


STANDING_STILL = {"paused": {"state": "paused"}, "archived": {"archived_at": FRIDAY}}


@pytest.mark.parametrize("standing", STANDING_STILL.values(), ids=STANDING_STILL)
async def test_a_cohort_that_stands_still_is_passed_over(scene: Scene, standing: dict[str, object]) -> None:
    scene.change(**standing)
    assert await scene.ring() == []
    assert scene.next_at() == FRIDAY + WEEK


async def test_a_cohort_that_has_finished_is_told_of_once_more(scene: Scene) -> None:
    scene.change(state="finished", next_lesson=None, next_due_at=None)
    [told] = await scene.ring()
    assert "on day 33, finished." in told
    assert await scene.ring(WEEK) == [told]


async def test_after_weeks_of_downtime_there_is_one(scene: Scene) -> None:
    assert len(await scene.ring(3 * WEEK + timedelta(days=2))) == 1
    assert len(await scene.ring(4 * WEEK - timedelta(seconds=1))) == 1


# killed at each step


async def test_killed_after_it_was_taken_it_is_told_a_little_later(scene: Scene) -> None:
    scene.clock.advance_to(FRIDAY)
    assert len(await scene.shop.database.run(take_digests, ["discord"], FRIDAY)) == 1  # and killed here
    assert await scene.ring(AGAIN - timedelta(seconds=1)) == []
    assert len(await scene.ring(AGAIN)) == 1


async def test_killed_before_it_was_told_it_is_not_told_this_week_and_the_next_comes(scene: Scene) -> None:
    """Whether it was told cannot be known then: rather not at all than twice."""
    scene.clock.advance_to(FRIDAY)
    [due] = await scene.shop.database.run(take_digests, ["discord"], FRIDAY)
    assert await scene.shop.database.run(move_on, due, FRIDAY)  # and killed here
    assert await scene.ring(timedelta(hours=30)) == []
    assert len(await scene.ring(WEEK)) == 1


async def test_killed_between_telling_and_what_follows_it_is_not_told_again(scene: Scene) -> None:
    """Whoever tells has nothing left to write down: the record says before the call that this week is done."""
    scene.clock.advance_to(FRIDAY)
    telling = asyncio.create_task(digest_tick(scene.shop))
    await _told(scene)
    telling.cancel()
    await asyncio.gather(telling, return_exceptions=True)
    assert len(await scene.ring(timedelta(hours=30))) == 1


async def test_a_message_of_which_nobody_knows_whether_it_arrived_is_not_sent_again(scene: Scene) -> None:
    scene.fake.plan.next_calls(POSTING, Fault(Kind.ACCEPT_THEN_DROP, 0.1), times=1)
    await scene.ring()
    assert len(await scene.ring(timedelta(hours=30))) == 1


async def test_four_processes_at_once_tell_once(scene: Scene) -> None:
    scene.clock.advance_to(FRIDAY)
    await asyncio.gather(*(digest_tick(scene.shop) for _ in range(4)))
    assert len(await scene.ring()) == 1


# to whom


async def test_who_takes_no_direct_messages_is_tried_again_within_the_day(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "bot")
    scene.fake.close_dms(scene.fay)
    assert await scene.ring() == []
    assert "outcome=untold again=True" in caplog.text
    scene.fake.world.users[int(scene.fay)].takes_dms = True
    assert await scene.ring(timedelta(minutes=59)) == []
    assert len(await scene.ring(timedelta(minutes=61))) == 1
    assert scene.next_at() == FRIDAY + WEEK


async def test_it_goes_to_the_alerts_channel_where_there_is_one(scene: Scene) -> None:
    staff = scene.fake.add_channel("staff")
    scene.change(alerts=staff)
    assert await scene.ring() == []
    [post] = scene.fake.posts(staff)
    assert "missed the last 3 lessons" in post.text
    assert scene.fake.posts(scene.channel) == ()


async def test_it_names_members_and_never_stands_in_the_cohorts_own_channel(scene: Scene) -> None:
    scene.change(alerts=scene.channel)
    assert len(await scene.ring()) == 1
    assert scene.fake.posts(scene.channel) == ()


async def test_what_was_told_in_part_is_not_told_to_others_as_well(scene: Scene) -> None:
    staff, workspace = scene.fake.add_channel("staff"), scene.fake.workspace
    long = Post("Long", tuple(Text("word " * 400) for _ in range(5)))
    scene.fake.plan.next_calls(POSTING, Fault(Kind.SLOW, 0.0), times=1)
    scene.fake.plan.next_calls(POSTING, Fault(Kind.BUSY, 0.01), times=100)
    fay = Place("discord", workspace, None, Person(scene.fay, "Fay"))
    assert await tell_first(scene.shop, [Place("discord", workspace, staff)], [fay], long)
    scene.fake.plan.heal()
    assert len(scene.fake.posts(staff)) == 1
    assert scene.fake.notes(scene.fay) == ()


async def test_one_cohort_that_cannot_be_worked_out_keeps_no_others_back(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    scene.shop.database.run_now(_open, scene, "Lost", scene.fake.add_channel("lost"))
    scene.change(zone="Atlantis/Gone")
    told = await scene.ring()
    assert ["This week: Lost" in each for each in told] == [True]
    assert "outcome=unforeseen" in caplog.text


def test_it_waits_while_the_clock_cannot_be_trusted() -> None:
    [tick] = [each for each in TICKS if each.name == "digest"]
    assert tick.plans


async def _told(scene: Scene) -> None:
    """Until the platform has the message, and whoever sent it has not heard so yet."""
    for _ in range(20_000):
        if scene.fake.notes(scene.fay):
            return
        await asyncio.sleep(0.001)
    raise AssertionError("nobody was told")


def _open(session: Session, scene: Scene, name: str, channel: str) -> int:
    """Three lessons with a prompt each are out, on Monday, Tuesday and Wednesday, and closed."""
    began = FRIDAY - timedelta(days=4)
    place = ("discord", scene.fake.workspace, channel)
    course = scene.shop.shelf.course.about.id
    new = NewCohort(*place, name, course, "Europe/Zurich", time(9), 0b11111, began.date(), 34)
    cohort = open_cohort(session, new, began)
    choose_digest(cohort, 4, time(8), began)
    for ref, called, role in ((scene.ada, "Ada", LEARNER), (scene.fay, "Fay", FACILITATOR)):
        join(session, cohort, known_member(session, "discord", scene.fake.workspace, Person(ref, called)), role, began)
    for number in range(3):
        session.add(_delivery(cohort, 31 + number, began + timedelta(days=number, hours=1)))
    session.flush()
    prompts = {31: "gap", 32: "claim", 33: "doubt"}
    for delivery in session.scalars(select(Delivery).where(Delivery.cohort_id == cohort.id)):
        session.add(_message(delivery, prompts[delivery.lesson]))
    return cohort.id


def _delivery(cohort: Cohort, lesson: int, due: datetime) -> Delivery:
    return Delivery(
        cohort_id=cohort.id,
        kind="lesson",
        local_date=due.date(),
        lesson=lesson,
        due_at=due,
        closes_at=due + timedelta(hours=24),
        state="done",
        attempt=1,
        next_try_at=due,
        posted_at=due,
    )


def _message(delivery: Delivery, prompt: str) -> Message:
    ref = f"{delivery.cohort_id}/{delivery.lesson}"
    return Message(
        delivery_id=delivery.id,
        number=1,
        prompt=prompt,
        key=f"{delivery.cohort_id}x{delivery.lesson}",
        body="{}",
        platform="discord",
        ref=ref,
        thread=f"thread {ref}",
        unread=False,
    )


def _change(session: Session, cohort: int, values: dict[str, object]) -> None:
    row = session.get_one(Cohort, cohort)
    for name, value in values.items():
        setattr(row, name, value)


def _forget_prompts(session: Session) -> None:
    """Lessons that ask nothing leave nothing to do."""
    for message in session.scalars(select(Message)):
        session.delete(message)
