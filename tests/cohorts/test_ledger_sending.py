"""The send protocol, step by step: one holder at a time, an old holder writes nothing, nothing is lost or doubled."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from made_cohorts import (
    at,
    change,
    claimed,
    deliveries,
    drafts,
    opened,
    planned,
    prompt_messages,
    release,
    send,
)
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.cohorts.claims import Claim, Draft, Fenced, delivery_key, message_key
from bot.cohorts.deliveries import (
    LEASE,
    keep_messages,
    mark_done,
    mark_failed,
    mark_refused,
    mark_sent,
    mark_stuck,
    mark_thread,
    mark_trying,
    outgoing,
    retry_stuck,
)
from bot.store.database import Database
from bot.store.tables import Cohort, Delivery, Message

TICK = timedelta(microseconds=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def cohort(database: Database) -> Cohort:
    """One cohort whose first lesson has been planned at nine."""
    cohort = opened(database)
    planned(database, at(0))
    return cohort


@pytest.fixture
def claim(database: Database, cohort: Cohort) -> Claim:
    [claim] = claimed(database, at(0))
    return claim


def test_a_claim_says_what_is_to_be_sent_where(database: Database, cohort: Cohort, claim: Claim) -> None:
    [row] = deliveries(database, cohort)
    assert (claim.delivery, claim.fence, claim.tries) == (row.id, 1, 1)
    assert (claim.cohort, claim.platform, claim.channel, claim.course) == (
        cohort.id,
        "discord",
        cohort.channel,
        "course",
    )
    assert (claim.lesson, claim.due_at, claim.zone) == (1, at(0), "Europe/Zurich")
    assert (row.attempt, row.lease_until) == (1, at(0) + LEASE)


def test_the_whole_protocol_leaves_everything_standing(database: Database, cohort: Cohort, claim: Claim) -> None:
    assert database.run_now(outgoing, claim) == []
    kept = database.run_now(keep_messages, claim, drafts(claim))
    assert [(m.number, m.prompt) for m in kept] == [(0, None), (1, "claim"), (2, "doubt")]
    assert {(m.tried_at, m.ref, m.thread) for m in kept} == {(None, None, None)}
    send(database, claim, at(0, 9, 1))
    [row] = deliveries(database, cohort)
    assert (row.state, row.lease_until, row.reason, row.posted_at) == ("done", None, None, at(0, 9, 1))
    there = database.run_now(outgoing, claim)
    assert [m.ref for m in there] == [f"{row.id}/{n}" for n in range(3)]
    assert [m.thread for m in there] == [None, f"thread {row.id}/1", f"thread {row.id}/2"]
    assert [m.tried_at for m in there] == [at(0, 9, 1)] * 3
    assert claimed(database, at(5)) == []


def test_what_is_kept_once_is_sent_by_every_later_attempt_to_the_byte(database: Database, claim: Claim) -> None:
    kept = database.run_now(keep_messages, claim, drafts(claim))
    [later] = claimed(database, at(0) + 2 * LEASE)
    other = [replace(draft, body='{"content": "rewritten"}') for draft in drafts(later)]
    assert database.run_now(keep_messages, later, other) == kept
    assert database.run_now(keep_messages, later, []) == kept


def test_a_body_with_anything_in_it_is_kept(database: Database, claim: Claim) -> None:
    body = '{"content": "' + "é😀@everyone<!channel>\u202e" * 40_000 + '"}'
    [kept] = database.run_now(keep_messages, claim, [Draft("k" * 25, body, None)])
    assert kept.body == body


def test_the_moment_of_the_first_try_stays(database: Database, claim: Claim) -> None:
    [first, *_] = database.run_now(keep_messages, claim, drafts(claim))
    assert database.run_now(mark_trying, claim, first, at(0, 9, 1)) == at(0, 9, 1)
    assert database.run_now(mark_trying, claim, first, at(0, 9, 2)) == at(0, 9, 1)
    database.run_now(mark_refused, claim, first)
    assert database.run_now(outgoing, claim)[0].tried_at is None
    assert database.run_now(mark_trying, claim, first, at(0, 9, 3)) == at(0, 9, 3)


def test_the_first_reference_stays_and_so_does_the_first_posting(
    database: Database, cohort: Cohort, claim: Claim
) -> None:
    kept = database.run_now(keep_messages, claim, drafts(claim))
    for number, ref, now in ((0, "m0", at(0, 9, 1)), (0, "other", at(0, 9, 2)), (1, "m1", at(0, 9, 3))):
        database.run_now(mark_sent, claim, kept[number], ref, now, found=False)
    assert [m.ref for m in database.run_now(outgoing, claim)] == ["m0", "m1", None]
    assert deliveries(database, cohort)[0].posted_at == at(0, 9, 1)


def test_the_first_thread_stays_and_is_to_be_read(database: Database, cohort: Cohort, claim: Claim) -> None:
    _, prompt, _ = database.run_now(keep_messages, claim, drafts(claim))
    database.run_now(mark_thread, prompt, "t1", at(0))
    assert prompt_messages(database, cohort, 1)["claim"].unread
    database.run_now(mark_thread, prompt, "t2", at(0))
    assert prompt_messages(database, cohort, 1)["claim"].thread == "t1"


def test_a_prompt_found_by_looking_is_to_be_read_and_one_just_sent_is_not(
    database: Database, cohort: Cohort, claim: Claim
) -> None:
    page, claim_prompt, doubt = database.run_now(keep_messages, claim, drafts(claim))
    database.run_now(mark_sent, claim, page, "m0", at(0), found=True)
    database.run_now(mark_sent, claim, claim_prompt, "m1", at(0), found=True)
    database.run_now(mark_sent, claim, doubt, "m2", at(0), found=False)
    unread = database.run_now(lambda s: s.scalars(select(Message.ref).where(Message.unread)).all())
    assert unread == ["m1"]


FENCED_STEPS = {
    "keep_messages": lambda s, claim, message: keep_messages(s, claim, drafts(claim)),
    "mark_trying": lambda s, claim, message: mark_trying(s, claim, message, at(0, 10)),
    "mark_refused": lambda s, claim, message: mark_refused(s, claim, message),
    "mark_done": lambda s, claim, message: mark_done(s, claim),
    "mark_failed": lambda s, claim, message: mark_failed(s, claim, "old", at(9)),
    "mark_stuck": lambda s, claim, message: mark_stuck(s, claim, "dead", "old", at(0)),
}


@pytest.mark.parametrize("since", ["claimed", "done", "blocked", "dead", "skipped", "retried"])
def test_an_old_holder_writes_nothing(database: Database, cohort: Cohort, claim: Claim, since: str) -> None:
    message = database.run_now(keep_messages, claim, drafts(claim))[0]
    database.run_now(mark_trying, claim, message, at(0))
    _move_on(database, cohort, claim, since)
    before = _everything(database)
    for name, step in FENCED_STEPS.items():
        with pytest.raises(Fenced):
            database.run_now(step, claim, message)
        assert _everything(database) == before, name


@pytest.mark.parametrize("end", ["mark_done", "mark_stuck"])
def test_a_holder_that_has_ended_writes_nothing_more(database: Database, claim: Claim, end: str) -> None:
    message = database.run_now(keep_messages, claim, drafts(claim))[0]
    database.run_now(FENCED_STEPS[end], claim, message)
    before = _everything(database)
    for step in FENCED_STEPS.values():
        with pytest.raises(Fenced):
            database.run_now(step, claim, message)
    assert _everything(database) == before


def test_an_old_holder_may_still_say_what_the_platform_told_it(
    database: Database, cohort: Cohort, claim: Claim
) -> None:
    page, prompt, _ = database.run_now(keep_messages, claim, drafts(claim))
    database.run_now(mark_trying, claim, page, at(0))
    [later] = claimed(database, at(0) + 2 * LEASE)
    database.run_now(mark_sent, claim, page, "m0", at(0, 9, 5), found=False)
    database.run_now(mark_thread, prompt, "t1", at(0))
    there = database.run_now(outgoing, later)
    assert (there[0].ref, there[1].thread) == ("m0", "t1")
    assert deliveries(database, cohort)[0].posted_at == at(0, 9, 5)


def test_nobody_posts_what_an_earlier_holder_turned_out_to_have_posted(database: Database, claim: Claim) -> None:
    page, *_ = database.run_now(keep_messages, claim, drafts(claim))
    database.run_now(mark_trying, claim, page, at(0))
    [later] = claimed(database, at(0) + 2 * LEASE)
    stale = database.run_now(outgoing, later)[0]
    database.run_now(mark_sent, claim, page, "m0", at(0, 9, 5), found=False)
    with pytest.raises(Fenced):
        database.run_now(mark_trying, later, stale, at(0, 9, 6))
    assert _lease(database) == at(0) + 3 * LEASE  # not renewed either: whoever comes next goes on behind it


def test_a_fence_is_never_used_twice_also_not_after_a_person_said_try_again(
    database: Database, cohort: Cohort, claim: Claim
) -> None:
    """The first holder is stopped, others fail, a person cures it and says so, the first holder wakes."""
    fences, now = [claim.fence], at(0)
    for _ in range(3):
        now += 2 * LEASE
        [later] = claimed(database, now)
        fences.append(later.fence)
        database.run_now(mark_stuck, later, "blocked", "missing_permission: 50013", at(0))
        database.run_now(retry_stuck, cohort.id, now)
    assert len(set(fences)) == len(fences)
    assert fences == sorted(fences)


def test_message_keys_are_stable_unique_and_of_the_right_letters() -> None:
    days = [date(2026, 9, 7) + timedelta(days=n) for n in range(60)]
    keys = {
        message_key(delivery_key(cohort, kind, day), part)
        for cohort in ("a" * 32, "b" * 32)
        for kind in ("lesson", "review")
        for day in days
        for part in ("lesson", "prompt:a", "prompt:b")
    }
    assert len(keys) == 2 * 2 * 60 * 3
    assert all(len(key) == 24 and set(key) <= set("abcdefghijklmnopqrstuvwxyz234567") for key in keys)
    # written out: a change would make every post that is out unknown to its own ledger
    assert message_key(delivery_key("a" * 32, "lesson", days[0]), "prompt:a") == "toontr5uzaueliqmt7r3s2x4"


def test_the_key_depends_on_the_date_and_not_on_the_row(database: Database, cohort: Cohort, claim: Claim) -> None:
    assert claim.key == delivery_key(cohort.key, "lesson", date(2026, 9, 7))
    [tomorrow] = [c for c in release(database, at(1)) if c.lesson == 2]
    assert tomorrow.key == delivery_key(cohort.key, "lesson", date(2026, 9, 8))


@pytest.mark.parametrize("same", ["key", "ref", "thread", "number"])
def test_the_schema_refuses_two_messages_of_one_key_reference_thread_or_number(
    database: Database, claim: Claim, same: str
) -> None:
    send(database, claim, at(0))
    values = {"key": "new", "ref": "new", "thread": "new", "number": 9}
    there = database.run_now(outgoing, claim)[1]
    values[same] = getattr(there, same)
    row = Message(delivery_id=claim.delivery, platform="discord", body="", unread=False, **values)
    with pytest.raises(IntegrityError):
        database.run_now(lambda s: s.add(row))


def test_a_cohort_takes_its_ledger_along_when_it_goes(database: Database, cohort: Cohort, claim: Claim) -> None:
    send(database, claim, at(0))
    database.run_now(lambda s: s.delete(s.get_one(Cohort, cohort.id)))
    assert _everything(database) == []


def _move_on(database: Database, cohort: Cohort, claim: Claim, since: str) -> None:
    """What may have become of a delivery while its holder slept."""
    [later] = claimed(database, at(0) + 2 * LEASE)
    if since == "done":
        database.run_now(mark_done, later)
    elif since in ("blocked", "dead"):
        database.run_now(mark_stuck, later, since, "new", at(0))
    elif since == "skipped":
        change(database, deliveries(database, cohort)[0], state="skipped")
    elif since == "retried":
        database.run_now(mark_stuck, later, "blocked", "new", at(0))
        database.run_now(retry_stuck, cohort.id, at(1))
        assert len(claimed(database, at(1))) == 1


def _everything(database: Database) -> list[object]:
    def read(session: Session) -> list[object]:
        rows: list[object] = []
        for table in (Delivery.__table__, Message.__table__):
            rows += [tuple(row) for row in session.execute(select(table).order_by(table.c.id))]
        return rows

    return database.run_now(read)


def _lease(database: Database) -> datetime | None:
    return database.run_now(lambda s: s.scalars(select(Delivery.lease_until)).one())
