"""Every thread is read again for as long as answers come, and only what a whole reading shows is concluded from it."""

from datetime import datetime, timedelta

import pytest
from heard_events import form, gone, heard, standing
from hypothesis import given
from hypothesis import strategies as st
from made_cohorts import at, at_once, change, claimed, drafts, opened, planned, prompt_messages, release, reply
from sqlalchemy import select

from bot.cohorts.deliveries import keep_messages, mark_sent, mark_thread
from bot.cohorts.sweeps import (
    READ_BACK,
    READING,
    DueThread,
    finish,
    give_up,
    mark_gap,
    next_sweep,
    put_back,
    take_threads,
)
from bot.store.database import Database
from bot.store.tables import Cohort, Message, Submission, Tombstone

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
AT_ONCE = timedelta(0)
LAG = timedelta(seconds=60)


def everywhere(_: str) -> bool:
    return True


def taken(database: Database, now: datetime, platform: str = "discord") -> list[DueThread]:
    """Every thread that is due, in the order in which they are taken."""
    return database.run_now(take_threads, platform, now)


def quiet(database: Database, *messages: Message) -> None:
    """Nothing is unheard, and no sweep is near."""
    for message in messages:
        change(database, message, unread=False, sweep_at=at(1))


def row(database: Database, message: Message) -> Message:
    return database.run_now(lambda s: s.get_one(Message, message.id))


# When


def test_a_thread_is_read_hourly_for_two_days_then_daily_and_last_after_fourteen() -> None:
    posted, now, times = at(0), at(0), []
    while (again := next_sweep(posted, now)) is not None:
        times.append(again)
        now = again
    gaps = [later - earlier for earlier, later in zip([posted, *times], times, strict=False)]
    assert gaps == [HOUR] * 48 + [DAY] * 12
    assert times[-1] == posted + READ_BACK


@given(st.floats(0, 20 * 24 * 3600))
def test_a_late_reading_is_followed_by_one_at_the_close_and_then_by_none(seconds: float) -> None:
    posted, now = at(0), at(0) + timedelta(seconds=seconds)
    again = next_sweep(posted, now)
    assert (again is None) == (now >= posted + READ_BACK)
    assert again is None or now < again <= min(now + DAY, posted + READ_BACK)


def test_the_first_sweep_is_an_hour_after_the_thread_was_opened(database: Database, claim: Message) -> None:
    change(database, claim, unread=False)
    assert row(database, claim).sweep_at == at(0) + HOUR
    waiting = [each.message for each in taken(database, at(0, 9, 59, 59))]
    assert claim.id not in waiting
    assert [each.message for each in taken(database, at(0, 10))] == [claim.id]


# Which


def test_what_may_hold_something_unheard_comes_before_what_is_only_due(
    database: Database, claim: Message, doubt: Message
) -> None:
    change(database, claim, unread=True, sweep_at=None)
    change(database, doubt, unread=False, sweep_at=at(-100))
    assert [each.message for each in taken(database, at(0, 11))] == [claim.id, doubt.id]


def test_the_longest_overdue_comes_first(database: Database, claim: Message, doubt: Message) -> None:
    for message, sweep_at in ((claim, at(0, 10)), (doubt, at(0, 9, 30))):
        change(database, message, unread=False, sweep_at=sweep_at)
    assert [each.message for each in taken(database, at(0, 9, 45))] == [doubt.id]
    change(database, doubt, sweep_at=at(0, 9, 30))
    assert [each.message for each in taken(database, at(0, 11))] == [doubt.id, claim.id]


def test_channels_take_turns(database: Database) -> None:
    """A channel with a long backlog does not hold up the one with one thread."""
    busy = opened(database)
    release(database, at(0), tuple(f"p{number}" for number in range(5)))
    late = opened(database, start=at(1).date(), now=at(0, 20))
    release(database, at(1))
    threads = prompt_messages(database, busy, 1)
    for message in threads.values():
        change(database, message, unread=False, sweep_at=at(0))  # long before the others
    others = prompt_messages(database, late, 1)
    for message in others.values():
        change(database, message, unread=False, sweep_at=at(1))
    for message in prompt_messages(database, busy, 2).values():
        change(database, message, unread=False, sweep_at=None)
    order = [each.message for each in taken(database, at(2))]
    theirs = {message.id for message in others.values()}
    assert [message in theirs for message in order] == [False, True, False, True, False, False, False]


def test_a_thread_that_was_taken_is_nobody_elses_until_its_reader_is_given_up(
    database: Database, claim: Message, doubt: Message
) -> None:
    quiet(database, claim, doubt)
    change(database, claim, unread=True)
    now = at(0, 12)
    assert [each.message for each in taken(database, now)] == [claim.id]
    assert taken(database, now + READING - timedelta(seconds=1)) == []
    assert [each.message for each in taken(database, now + READING)] == [claim.id]


def test_readers_at_once_do_not_take_the_same_thread(database: Database) -> None:
    for _ in range(4):
        opened(database)
    release(database, at(0))
    found = at_once([lambda: database.run_now(take_threads, "discord", at(0, 9, 1), 3) for _ in range(4)])
    messages = [each.message for some in found for each in some]
    assert len(messages) == len(set(messages))
    assert len(messages) >= 6


def test_a_prompt_whose_thread_is_not_open_yet_is_not_to_be_read(database: Database) -> None:
    opened(database)
    planned(database, at(0))
    [claim] = claimed(database, at(0))
    _, prompt, _ = database.run_now(keep_messages, claim, drafts(claim))
    database.run_now(mark_sent, claim, prompt, "m1", at(0), found=True)
    assert taken(database, at(0)) == []
    database.run_now(mark_thread, prompt, "t1", at(0))
    assert taken(database, at(0), "slack") == []
    assert [each.thread for each in taken(database, at(0))] == ["t1"]


# Gaps


def test_a_gap_concerns_the_workspaces_that_were_not_heard(database: Database) -> None:
    here, there = opened(database, workspace="here"), opened(database, workspace="there")
    opened(database, platform="slack", workspace="here")
    release(database, at(0))
    taken(database, at(0))
    assert database.run_now(mark_gap, "discord", lambda workspace: workspace == "there", at(-1)) == 2
    theirs = {message.id for message in prompt_messages(database, there, 1).values()}
    assert {each.message for each in taken(database, at(0, 9, 1))} == theirs
    assert database.run_now(mark_gap, "discord", everywhere, at(-1)) == 4
    assert database.run_now(mark_gap, "discord", everywhere, at(-1)) == 0  # it is written down already
    assert len(taken(database, at(0, 9, 2))) == 4
    assert here.workspace != there.workspace


def test_a_gap_reaches_back_to_lessons_posted_after_a_moment(database: Database, claim: Message) -> None:
    taken(database, at(0))
    assert database.run_now(mark_gap, "discord", everywhere, at(0)) == 0  # posted at that moment, not after it
    assert database.run_now(mark_gap, "slack", everywhere, at(-1)) == 0
    assert database.run_now(mark_gap, "discord", everywhere, at(0, 8, 59)) == 2


def test_a_gap_while_a_thread_is_being_read_lets_it_be_read_once_more(
    database: Database, claim: Message, doubt: Message
) -> None:
    quiet(database, claim, doubt)
    change(database, claim, unread=True)
    [due] = taken(database, at(0, 10))
    database.run_now(mark_gap, "discord", everywhere, at(-1))
    database.run_now(finish, due, frozenset(), at(0, 10), AT_ONCE)
    assert claim.id in [each.message for each in taken(database, at(0, 10))]


# What a reading leaves


@pytest.mark.parametrize(("day", "again"), [(1, HOUR), (5, DAY), (14, None)])
def test_after_a_reading_the_next_time_is_set(
    database: Database, claim: Message, day: int, again: timedelta | None
) -> None:
    due = next(each for each in taken(database, at(0)) if each.message == claim.id)
    database.run_now(finish, due, frozenset(), at(day), AT_ONCE)
    assert row(database, claim).sweep_at == (at(day) + again if again else None)


def test_a_failed_reading_comes_up_later_and_one_that_is_vain_not_at_all(
    database: Database, claim: Message, doubt: Message
) -> None:
    found = {each.message: each for each in taken(database, at(0))}
    database.run_now(put_back, found[claim.id], at(0, 11))
    database.run_now(give_up, found[doubt.id])
    assert [each.message for each in taken(database, at(13))] == [claim.id]
    assert row(database, doubt).sweep_at is None
    database.run_now(mark_gap, "discord", everywhere, at(-1))
    assert doubt.id in [each.message for each in taken(database, at(13))]  # a gap looks there once more


def test_replies_that_were_known_before_a_reading_and_are_gone_after_it_are_withdrawn_and_nothing_else(
    database: Database, claim: Message, doubt: Message
) -> None:
    for ref, minute in (("old", 0), ("present", 1)):
        heard(database, reply(claim.thread, "ada", ref, ref, at(0, 10, minute)))
    heard(database, reply(doubt.thread, "ada", "elsewhere", "elsewhere", at(0, 10)))
    form(database, claim, "ada", "form", at(0, 9, 30))
    due = next(each for each in taken(database, at(0)) if each.message == claim.id)
    assert due.known == {"old": 0, "present": 0}
    heard(database, reply(claim.thread, "ada", "meanwhile", "meanwhile", at(0, 9, 45)))
    assert database.run_now(finish, due, {"present"}, at(0, 12), AT_ONCE) == 1
    assert standing(database, claim) == "form\n\nmeanwhile\n\npresent"
    assert standing(database, doubt) == "elsewhere"
    assert database.run_now(finish, due, {"present"}, at(0, 12), AT_ONCE) == 0
    assert heard(database, reply(claim.thread, "ada", "old", "heard late", at(0, 10), 7)) is None
    assert "heard late" not in standing(database, claim)


def test_a_reading_that_was_not_complete_concludes_nothing(database: Database, claim: Message) -> None:
    heard(database, reply(claim.thread, "ada", "m", "x", at(0, 10)))
    due = next(each for each in taken(database, at(0)) if each.message == claim.id)
    assert database.run_now(finish, due, None, at(0, 12), AT_ONCE) == 0
    assert standing(database, claim) == "x"


# What was written a moment ago may not show yet


def read_at(database: Database, claim: Message, now: datetime, *there: str) -> int:
    change(database, claim, unread=True)
    due = next(each for each in taken(database, now) if each.message == claim.id)
    return database.run_now(finish, due, frozenset(there), now, LAG)


def test_what_a_late_listing_did_not_show_stands_again_when_it_does(database: Database, claim: Message) -> None:
    heard(database, reply(claim.thread, "ada", "m", "just written", at(0, 10)))
    assert read_at(database, claim, at(0, 10, 0, 5)) == 1
    assert standing(database, claim) == ""
    assert row(database, claim).sweep_at == at(0, 10, 0, 5) + LAG
    assert read_at(database, claim, at(0, 10, 2), "m") == 0
    assert standing(database, claim) == "just written"
    assert database.run_now(lambda s: s.scalars(select(Tombstone)).all()) == []


def test_what_is_still_absent_once_it_must_show_is_gone_for_good(database: Database, claim: Message) -> None:
    heard(database, reply(claim.thread, "ada", "m", "deleted at once", at(0, 10)))
    assert read_at(database, claim, at(0, 10, 0, 5)) == 1
    assert read_at(database, claim, at(0, 10, 0, 30)) == 0  # still in doubt
    assert database.run_now(lambda s: s.scalars(select(Tombstone)).all()) == []
    assert read_at(database, claim, at(0, 10, 2)) == 0
    assert [each.ref for each in database.run_now(lambda s: s.scalars(select(Tombstone)).all())] == ["m"]
    assert read_at(database, claim, at(0, 10, 4), "m") == 0
    assert standing(database, claim) == ""


def test_a_deletion_that_was_told_is_never_in_doubt(database: Database, claim: Message) -> None:
    heard(database, reply(claim.thread, "ada", "m", "x", at(0, 10)), gone("m", at(0, 10, 0, 1)))
    assert read_at(database, claim, at(0, 10, 0, 2), "m") == 0  # a page that was read before the deletion
    assert standing(database, claim) == ""
    heard(database, reply(claim.thread, "ada", "n", "y", at(0, 10, 1)))
    assert read_at(database, claim, at(0, 10, 1, 1)) == 1
    heard(database, gone("n", at(0, 10, 1, 2)))
    assert read_at(database, claim, at(0, 10, 1, 3), "n") == 0
    assert standing(database, claim) == ""


def test_many_are_withdrawn_in_one_reading(database: Database, cohort: Cohort, claim: Message) -> None:
    def write(session) -> None:
        member = session.scalars(select(Submission.member_id)).first()
        session.add_all(
            Submission(
                message_id=claim.id, member_id=member, platform="discord", ref=f"n{number}",
                text="x", revision=0, sent_at=at(0, 9, 30), receipted=True,
            )
            for number in range(1_200)
        )  # fmt: skip

    heard(database, reply(claim.thread, "ada", "m", "stays", at(0, 10)))
    database.run_now(write)
    assert read_at(database, claim, at(0, 12), "m") == 1_200
    assert standing(database, claim) == "stays"
