"""An invitation stands once in its channel, whatever is lost on the way and wherever the program dies."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from crash_ground import Ground, open_ground
from fault_databases import Databases
from running_bot import HISTORY, POSTING, Bot, open_bot
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.chat.inbound import Person
from bot.cohorts.cohorts import known_member
from bot.cohorts.notices import LEASE, ask_for
from bot.engine import noticing
from bot.engine.noticing import notice_tick
from bot.engine.shelf import Shelf
from bot.fakes.faults import Fault, Kind
from bot.store.database import open_engine
from bot.store.tables import AuditEntry, Cohort, Notice

RETRIES = {"discord": 4, "slack": 0}
"""How often the platform's client tries by itself before a call counts as unclear."""

LOST = {
    Kind.DROP: Fault(Kind.DROP),
    Kind.ERROR: Fault(Kind.ERROR),
    Kind.ACCEPT_THEN_DROP: Fault(Kind.ACCEPT_THEN_DROP),
}


class Killed(BaseException):
    """The process is gone: nothing after it runs."""


def asked(ground: Ground) -> None:
    """A facilitator has pressed *Invite members*."""

    def ask(session: Session) -> None:
        cohort = session.scalars(select(Cohort)).one()
        ask_for(session, cohort, known_member(session, ground.platform, cohort.workspace, BY), ground.clock())

    write(ground, ask)


def write(ground: Ground, change: Callable[[Session], None]) -> None:
    """What another process does to the record."""
    engine = open_engine(ground.url)
    with Session(engine) as session, session.begin():
        change(session)
    engine.dispose()


BY = Person("1" * 18, "Fay")


def standing(ground: Ground) -> int:
    return sum("join" in post.raw for post in ground.fake.posts(ground.channels[0]))


def rows(ground: Ground) -> list[Notice]:
    with Session(ground.record) as session:
        return list(session.scalars(select(Notice)))


async def ring(bot: Bot) -> None:
    await asyncio.wait_for(notice_tick(bot.app.shop), 30)


async def ring_until_told(bot: Bot) -> None:
    for _ in range(4):
        await ring(bot)
        bot.ground.clock.advance_to(bot.ground.clock() + LEASE + timedelta(seconds=1))


async def test_an_invitation_is_posted_once_and_carries_its_key(
    shelf: Shelf, databases: Databases, kind: str, platform: str
) -> None:
    async with open_ground(platform, databases.new(kind), shelf, 1) as ground, open_bot(ground) as bot:
        asked(ground)
        asked(ground)
        await ring_until_told(bot)
        [row] = rows(ground)
        assert row.told_at is not None
        assert standing(ground) == 1
        assert row.key in ground.fake.posts(ground.channels[0])[0].raw
        assert ground.fake.refusals() == ()


async def test_in_a_forum_it_is_a_post_of_its_own(shelf: Shelf, databases: Databases) -> None:
    async with (
        open_ground("discord", databases.new("sqlite"), shelf, 1, forum=True, nonce_seconds=0.0) as ground,
        open_bot(ground) as bot,
    ):
        asked(ground)
        call = ground.fake.plan.next_calls
        call("POST /channels/*/threads", LOST[Kind.ACCEPT_THEN_DROP], times=1)
        await ring_until_told(bot)
        assert rows(ground)[0].told_at is not None
        assert len(ground.fake.posts(ground.channels[0])) == 1
        assert ground.fake.refusals() == ()


@pytest.mark.parametrize("lost", [Kind.DROP, Kind.ACCEPT_THEN_DROP])
async def test_an_answer_that_is_lost_doubles_nothing(
    shelf: Shelf, databases: Databases, platform: str, lost: Kind
) -> None:
    """Whether it was carried out or not; long after the platform has forgotten the nonce."""
    fault = LOST[lost]
    async with (
        open_ground(platform, databases.new("sqlite"), shelf, 1, nonce_seconds=5.0) as ground,
        open_bot(ground) as bot,
    ):
        asked(ground)
        ground.fake.plan.next_calls(POSTING[platform], fault, times=1 + RETRIES[platform])
        await ring_until_told(bot)
        assert ground.fake.plan.injected[fault.kind] > 0
        assert (standing(ground), rows(ground)[0].told_at is not None) == (1, True)


STEPS = ("mark_trying", "post", "mark_told")


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", STEPS)
async def test_wherever_the_program_dies_the_next_one_goes_on(
    shelf: Shelf, databases: Databases, platform: str, step: str, after: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = databases.new("sqlite")
    async with open_ground(platform, url, shelf, 1, nonce_seconds=5.0) as ground:
        asked(ground)
        with monkeypatch.context() as patched:
            async with open_bot(ground) as bot:
                _die_at(patched, bot, step, after)
                with pytest.raises(Killed):
                    await ring(bot)
        async with open_bot(ground) as bot:
            await ring(bot)
            assert standing(ground) <= 1
            ground.clock.advance_to(ground.clock() + LEASE + timedelta(seconds=1))
            await ring_until_told(bot)
            assert (standing(ground), rows(ground)[0].told_at is not None) == (1, True)


async def test_without_the_look_into_the_channel_it_would_stand_twice(
    shelf: Shelf, databases: Databases, platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: what the tests above show does not hold by itself."""

    async def blind(*_: Any) -> bool:
        return False

    monkeypatch.setattr(noticing, "_stands", blind)
    async with (
        open_ground(platform, databases.new("sqlite"), shelf, 1, nonce_seconds=5.0) as ground,
        open_bot(ground) as bot,
    ):
        asked(ground)
        ground.fake.plan.next_calls(POSTING[platform], LOST[Kind.ACCEPT_THEN_DROP], times=1 + RETRIES[platform])
        await ring_until_told(bot)
        assert standing(ground) == 2


async def test_where_the_history_cannot_be_read_nothing_is_said_again(
    shelf: Shelf, databases: Databases, platform: str
) -> None:
    async with (
        open_ground(platform, databases.new("sqlite"), shelf, 1, nonce_seconds=5.0) as ground,
        open_bot(ground) as bot,
    ):
        asked(ground)
        ground.fake.plan.next_calls(POSTING[platform], LOST[Kind.ACCEPT_THEN_DROP], times=1 + RETRIES[platform])
        ground.fake.plan.often(HISTORY[platform], LOST[Kind.ERROR], 1.0)
        await ring_until_told(bot)
        assert (standing(ground), rows(ground)[0].told_at) == (1, None)
        ground.fake.plan.heal()
        await ring_until_told(bot)
        assert (standing(ground), rows(ground)[0].told_at is not None) == (1, True)


async def test_two_processes_at_once_say_it_once(shelf: Shelf, databases: Databases, kind: str, platform: str) -> None:
    async with (
        open_ground(platform, databases.new(kind), shelf, 1, nonce_seconds=0.0) as ground,
        open_bot(ground) as bot,
    ):
        asked(ground)
        await asyncio.gather(*(ring(bot) for _ in range(6)))
        assert (standing(ground), rows(ground)[0].told_at is not None) == (1, True)


async def test_what_was_asked_for_long_ago_may_stand_already(shelf: Shelf, databases: Databases, platform: str) -> None:
    """A backup from before it was tried: the record knows of no try, the channel does."""
    async with (
        open_ground(platform, databases.new("sqlite"), shelf, 1, nonce_seconds=0.0) as ground,
        open_bot(ground) as bot,
    ):
        asked(ground)
        await ring(bot)
        write(ground, _forget_that_it_was_tried)
        ground.clock.advance_to(ground.clock() + timedelta(minutes=5))
        await ring(bot)
        assert (standing(ground), rows(ground)[0].told_at is not None) == (1, True)


async def test_a_channel_that_refuses_for_good_is_told_and_not_asked_again(
    shelf: Shelf, databases: Databases, platform: str
) -> None:
    async with open_ground(platform, databases.new("sqlite"), shelf, 1) as ground, open_bot(ground) as bot:
        asked(ground)
        _shut(ground)
        await ring_until_told(bot)
        assert rows(ground) == []
        with Session(ground.record) as session:
            assert [entry.action for entry in session.scalars(select(AuditEntry))] == ["invited"]


async def test_a_cohort_that_has_ended_invites_nobody(shelf: Shelf, databases: Databases) -> None:
    async with open_ground("slack", databases.new("sqlite"), shelf, 1) as ground, open_bot(ground) as bot:
        asked(ground)
        write(ground, _finish)
        await ring(bot)
        assert (rows(ground), standing(ground)) == ([], 0)


def _forget_that_it_was_tried(session: Session) -> None:
    restored = session.scalars(select(Notice)).one()
    restored.tried_at = restored.told_at = None


def _finish(session: Session) -> None:
    session.scalars(select(Cohort)).one().state = "finished"


def _shut(ground: Ground) -> None:
    if ground.platform == "discord":
        ground.fake.delete_channel(ground.channels[0])
    else:
        ground.fake.archive_channel(ground.channels[0])


def _die_at(patched: pytest.MonkeyPatch, bot: Bot, step: str, after: bool) -> None:
    """The step (a transaction by its function, or the call) is the last thing that happens, or the first that does
    not."""
    [platform], database = bot.app.shop.platforms.values(), bot.app.shop.database
    run, post = database.run, platform.post

    async def dying_run(function: Callable[..., Any], *args: Any) -> Any:
        if function.__name__ != step:
            return await run(function, *args)
        if after:
            await run(function, *args)
        raise Killed

    async def dying_post(*args: Any) -> Any:
        if after:
            await post(*args)
        raise Killed

    patched.setattr(database, "run", dying_run)
    if step == "post":
        patched.setattr(platform, "post", dying_post)
