"""A message is looked up three times, by one process at a time; the copy with answers stays, and none of those goes."""

from datetime import datetime, timedelta

import pytest
from made_cohorts import at, at_once, change, deliveries, opened, planned, prompt_messages, release, reply
from sqlalchemy import select

from bot.chat.port import Copy
from bot.cohorts.audits import (
    LOOKS,
    Audited,
    Search,
    Verdict,
    end_audits,
    judge,
    move_record,
    put_off,
    take_audits,
)
from bot.cohorts.submissions import record
from bot.store.database import Database
from bot.store.tables import Cohort, Message

MINUTES = [timedelta(minutes=each) for each in (2, 15, 120)]


def taken(database: Database, now: datetime, **more: object) -> list[Search]:
    return database.run_now(take_audits, ["discord"], now, **more)


def audited(ref: str = "b", *, answered: bool = False) -> Audited:
    return Audited(1, 31, "claim", "k", ref, "t", answered)


def test_looks_are_later_each_time() -> None:
    assert list(LOOKS) == MINUTES == sorted(set(LOOKS))


def test_every_message_is_looked_up_after_two_fifteen_and_a_hundred_and_twenty_minutes(
    database: Database, cohort: Cohort
) -> None:
    looked: list[timedelta] = []
    for minute in range(300):
        now = at(0) + timedelta(minutes=minute)
        for search in taken(database, now):
            assert (search.cohort, search.channel, search.since) == (cohort.id, cohort.channel, at(0))
            assert [each.prompt for each in search.messages] == [None, "claim", "doubt"]
            looked.append(now - at(0))
    assert looked == MINUTES


def test_a_look_that_was_missed_is_not_made_up_for(database: Database, cohort: Cohort) -> None:
    assert len(taken(database, at(0, 9, 40))) == 1
    assert taken(database, at(0, 10, 59)) == []
    assert len(taken(database, at(0, 11, 0))) == 1
    assert taken(database, at(9)) == []


def test_two_processes_never_look_up_the_same_message(database: Database, cohort: Cohort) -> None:
    results = at_once([lambda: taken(database, at(0, 9, 2)) for _ in range(6)])
    found = [each.message for searches in results for search in searches for each in search.messages]
    assert len(found) == len(set(found)) == 3


def test_lessons_of_one_channel_are_looked_up_in_one_reading(database: Database, cohort: Cohort) -> None:
    release(database, at(1))
    everything = database.run_now(lambda s: list(s.scalars(select(Message))))
    for message in everything:
        change(database, message, audit_at=at(1, 9, 2), audits=0)
    [search] = taken(database, at(1, 9, 2))
    assert (len(search.messages), search.since) == (6, at(0))


def test_only_so_many_lessons_are_taken_and_only_of_these_platforms(database: Database) -> None:
    for platform in ("discord", "discord", "discord", "slack"):
        opened(database, platform=platform)
    release(database, at(0))
    assert [len(taken(database, at(0, 9, 2), limit=2)) for _ in range(3)] == [2, 1, 0]


def test_what_failed_is_looked_up_later_only_when_no_further_look_is_to_come(
    database: Database, cohort: Cohort
) -> None:
    [search] = taken(database, at(0, 9, 2))
    ids = [each.message for each in search.messages]
    database.run_now(put_off, ids, at(0, 9, 2))
    assert taken(database, at(0, 9, 14)) == []
    assert len(taken(database, at(0, 11))) == 1
    database.run_now(put_off, ids, at(0, 11))
    assert taken(database, at(0, 12, 44)) == []
    assert len(taken(database, at(0, 12, 45))) == 1
    assert taken(database, at(9)) == []


def test_what_a_person_was_told_of_is_not_looked_up_again(database: Database, cohort: Cohort) -> None:
    [search] = taken(database, at(0, 9, 2))
    database.run_now(end_audits, [search.messages[0].message])
    [again] = taken(database, at(0, 9, 15))
    assert [each.message for each in again.messages] == [each.message for each in search.messages[1:]]


A, B, C = Copy("a"), Copy("b"), Copy("c")
A1, B1, C1 = Copy("a", 1), Copy("b", 1), Copy("c", 2)

CASES: dict[str, tuple[Audited, tuple[Copy, ...], Verdict]] = {
    "one": (audited(), (B,), Verdict(B)),
    "one that is not recorded": (audited(), (A,), Verdict(A)),
    "two": (audited(), (A, B), Verdict(B, extra=(A,))),
    "answers under the recorded one": (audited(), (A, B1), Verdict(B1, extra=(A,))),
    "answers under the other one": (audited(), (A1, B), Verdict(A1, extra=(B,))),
    "answers under both": (audited(), (A1, B1), Verdict(B1, torn=(A1,))),
    "the recorded one gone": (audited(), (A, C), Verdict(A, extra=(C,))),
    "the recorded one gone, answers under one": (audited(), (A, C1), Verdict(C1, extra=(A,))),
    "answers under two that are not recorded": (audited(), (A1, B, C1), Verdict(A1, extra=(B,), torn=(C1,))),
    "the platform counts late": (audited(answered=True), (A, B), Verdict(B, extra=(A,))),
    "the platform counts late, answers under both": (audited(answered=True), (A1, B), Verdict(B, torn=(A1,))),
    "the answered one gone": (audited(answered=True), (A,), Verdict(None, torn=(A,))),
}


@pytest.mark.parametrize(("found", "copies", "verdict"), CASES.values(), ids=CASES.keys())
def test_the_copy_with_answers_stays(found: Audited, copies: tuple[Copy, ...], verdict: Verdict) -> None:
    assert judge(found, copies) == verdict


@pytest.mark.parametrize(("found", "copies", "verdict"), CASES.values(), ids=CASES.keys())
def test_no_copy_with_answers_is_removed_and_none_is_forgotten(
    found: Audited, copies: tuple[Copy, ...], verdict: Verdict
) -> None:
    assert not any(copy.replies or (copy.message == found.ref and found.answered) for copy in verdict.extra)
    kept = () if verdict.keep is None else (verdict.keep,)
    assert sorted(copy.message for copy in (*kept, *verdict.extra, *verdict.torn)) == [copy.message for copy in copies]


def test_a_moved_record_has_the_new_thread_and_it_is_to_be_read(database: Database, cohort: Cohort) -> None:
    claim = _claim(database)
    assert database.run_now(move_record, claim, "new", "new thread") is True
    moved = prompt_messages(database, cohort, 1)["claim"]
    assert (moved.ref, moved.thread, moved.unread) == ("new", "new thread", True)
    assert database.run_now(move_record, claim, "newer", "newer thread") is False
    database.run_now(record, reply("new thread", "ada", "r1", "words", at(0, 9, 3)))
    assert _claim(database, 15).answered is True


def test_a_record_with_answers_does_not_move_away_from_them(database: Database, cohort: Cohort) -> None:
    """A complete reading of the other thread would take them for deleted."""
    claim = _claim(database)
    database.run_now(record, reply(claim.thread, "ada", "r1", "words", at(0, 9, 2)))
    assert database.run_now(move_record, claim, "new", "new thread") is False
    assert prompt_messages(database, cohort, 1)["claim"].ref == claim.ref


@pytest.mark.parametrize("same", ["ref", "thread"])
def test_a_record_does_not_move_to_what_is_another_messages(database: Database, cohort: Cohort, same: str) -> None:
    claim, doubt = _claim(database), prompt_messages(database, cohort, 1)["doubt"]
    new = {"ref": "new", "thread": "new thread", same: getattr(doubt, same)}
    assert database.run_now(move_record, claim, new["ref"], new["thread"]) is False
    assert prompt_messages(database, cohort, 1)["claim"].ref == claim.ref


def test_nothing_is_looked_up_before_it_is_out(database: Database) -> None:
    cohort = opened(database)
    planned(database, at(0))
    assert len(deliveries(database, cohort)) == 1
    assert taken(database, at(5)) == []


def _claim(database: Database, minute: int = 2) -> Audited:
    [search] = taken(database, at(0, 9, minute))
    return next(each for each in search.messages if each.prompt == "claim")
