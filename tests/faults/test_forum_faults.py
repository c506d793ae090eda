"""A cohort in a forum under faults of the network, of Discord and of its people, over real sockets."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from crash_ground import Ground, open_ground
from fault_databases import Databases
from running_bot import Bot, open_bot, until
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.chat.inbound import Person
from bot.cohorts.cohorts import FACILITATOR, join, known_member
from bot.engine.shelf import Shelf
from bot.engine.upkeep import audit_tick, probe_tick
from bot.fakes.faults import Fault, Kind
from bot.platforms.discord import forum
from bot.store.database import open_engine
from bot.store.tables import Cohort, Delivery, Message

OPENING, SAYING = "POST /channels/*/threads", "POST /channels/*/messages"
BROKEN = (Kind.DROP, Kind.ERROR, Kind.ACCEPT_THEN_DROP, Kind.ACCEPT_THEN_ERROR, Kind.LATE)
LATE_BY = 1.0
"""Real seconds that a late call takes; the clock leaps over the time in which Discord settles before it comes."""


@asynccontextmanager
async def forum_ground(databases: Databases, shelf: Shelf, kind: str = "sqlite") -> AsyncIterator[Ground]:
    """One cohort in a forum; its facilitator is the last of the people."""
    async with open_ground("discord", databases.new(kind), shelf, 1, forum=True) as ground:
        fay = ground.fake.add_person("Fay")
        engine = open_engine(ground.url)
        with Session(engine) as session, session.begin():
            cohort = session.scalars(select(Cohort)).one()
            member = known_member(session, ground.platform, cohort.workspace, Person(fay, "Fay"))
            join(session, cohort, member, FACILITATOR, ground.clock())
        engine.dispose()
        ground.people.append(fay)
        yield ground


def posts(ground: Ground) -> list[str]:
    """The threads of the lessons' posts that stand, oldest first."""
    return [each.thread for each in ground.fake.posts(ground.channels[0]) if each.thread and each.thread.isdecimal()]


def delivery(ground: Ground) -> Delivery:
    with Session(ground.record) as session:
        return session.scalars(select(Delivery).order_by(Delivery.id).limit(1)).one()


async def audit(ground: Ground, bot: Bot) -> None:
    """The next look at everything."""
    with Session(ground.record) as session:
        due = session.scalars(select(Message.audit_at).where(Message.audit_at.is_not(None))).all()
    ground.clock.advance_to(max([*due, ground.clock()]))
    await audit_tick(bot.app.shop)


def notes(ground: Ground, about: str) -> list[str]:
    return [note for note in ground.fake.notes(ground.people[-1]) if about in note]


@pytest.mark.parametrize("call", [OPENING, SAYING], ids=["post", "message"])
@pytest.mark.parametrize("broken", BROKEN)
async def test_a_call_that_broke_on_its_way_leaves_one_whole_lesson(
    shelf: Shelf, databases: Databases, kind: str, broken: Kind, call: str
) -> None:
    async with forum_ground(databases, shelf, kind) as ground, open_bot(ground) as bot:
        ground.fake.plan.next_calls(call, Fault(broken, 0.02))
        await bot.ring_until_done()
        assert ground.fake.plan.injected == {str(broken): 1}
        assert ground.tally(1).clean, ground.tally(1)


async def test_without_looking_a_post_whose_answer_was_lost_is_doubled(
    shelf: Shelf, databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: the suite sees the damage."""

    async def nothing(*_: object) -> dict[str, object]:
        return {}

    monkeypatch.setattr(forum, "find_posted", nothing)
    async with forum_ground(databases, shelf) as ground, open_bot(ground) as bot:
        ground.fake.plan.next_calls(OPENING, Fault(Kind.ACCEPT_THEN_DROP))
        await bot.ring_until_done()
        assert ground.tally(1).doubled == 1


async def test_a_forum_that_cannot_be_read_keeps_what_may_be_out_from_being_posted_again(
    shelf: Shelf, databases: Databases
) -> None:
    async with forum_ground(databases, shelf) as ground, open_bot(ground) as bot:
        ground.fake.plan.next_calls(OPENING, Fault(Kind.ACCEPT_THEN_DROP))
        await bot.ring_when_due()
        ground.fake.take_permission(ground.channels[0], "read_message_history")
        await bot.ring_when_due()
        assert delivery(ground).state == "blocked"
        ground.fake.give_permission(ground.channels[0], "read_message_history")
        await bot.try_again()
        assert ground.tally(1).clean, ground.tally(1)


async def late_double(ground: Ground, bot: Bot) -> list[str]:
    """A post that Discord opens only after a second one was opened in its place."""
    ground.fake.plan.next_calls(OPENING, Fault(Kind.LATE, LATE_BY))
    await bot.ring_when_due()
    await bot.ring_when_due()  # looks for it, and finds nothing yet
    await until(lambda: len(posts(ground)) == 2)
    assert ground.tally(1).doubled == 1
    return posts(ground)


async def test_a_post_that_came_late_goes_away_again(shelf: Shelf, databases: Databases, kind: str) -> None:
    async with forum_ground(databases, shelf, kind) as ground, open_bot(ground) as bot:
        whole, late = await late_double(ground, bot)
        await audit(ground, bot)
        assert posts(ground) == [whole]
        assert ground.fake.world.channels[int(late)].archived
        assert ground.tally(1).whole, ground.tally(1)


async def test_a_second_post_in_which_somebody_wrote_is_a_persons_to_judge(shelf: Shelf, databases: Databases) -> None:
    async with forum_ground(databases, shelf) as ground, open_bot(ground) as bot:
        whole, late = await late_double(ground, bot)
        await ground.fake.reply(ground.people[0], late, "my answer")
        for _ in range(3):
            await audit(ground, bot)
        assert posts(ground) == [whole, late]
        assert len(notes(ground, "stands twice")) == 1


async def test_a_post_that_somebody_deletes_half_way_is_told_and_not_made_again(
    shelf: Shelf, databases: Databases
) -> None:
    async with forum_ground(databases, shelf) as ground, open_bot(ground) as bot:
        ground.fake.plan.next_calls(SAYING, Fault(Kind.BUSY, 2.0))
        await bot.ring_when_due()
        (post,) = posts(ground)
        ground.fake.delete_channel(post)
        await bot.ring_when_due()
        row = delivery(ground)
        assert row.state == "dead"
        assert "the post was deleted" in (row.reason or "")
        assert posts(ground) == []


async def test_a_forum_that_demands_a_tag_gets_its_lesson_when_there_is_one(shelf: Shelf, databases: Databases) -> None:
    async with forum_ground(databases, shelf) as ground, open_bot(ground) as bot:
        place = ground.fake.world.channels[int(ground.channels[0])]
        place.requires_tag = True
        await bot.ring_when_due()
        row = delivery(ground)
        assert (row.state, "Part B" in (row.reason or "")) == ("blocked", True)
        place.tags.append({"id": "77", "name": "part b", "moderated": False, "emoji_id": None, "emoji_name": None})
        ground.clock.advance_to(ground.clock() + timedelta(minutes=6))
        await probe_tick(bot.app.shop)
        await bot.ring()
        assert ground.tally(1).clean, ground.tally(1)
        assert ground.fake.world.channels[int(posts(ground)[0])].worn == [77]


async def test_an_archived_post_takes_the_rest_of_its_lesson_and_late_answers(
    shelf: Shelf, databases: Databases
) -> None:
    async with forum_ground(databases, shelf) as ground, open_bot(ground) as bot:
        ground.fake.plan.next_calls(SAYING, Fault(Kind.BUSY, 2.0))
        await bot.ring_when_due()
        (post,) = posts(ground)
        ground.fake.archive_thread(post)
        await bot.ring_until_done()
        ground.fake.archive_thread(post)
        message = await ground.fake.reply(ground.people[0], post, "late, and it counts")
        await until(lambda: bool(ground.fake.reactions(message)))
        await bot.app.settle()
        assert ground.tally(1).clean, ground.tally(1)
        assert ground.tally(1).kept == 1
