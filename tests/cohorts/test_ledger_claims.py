"""Who may send what and when: one holder at a time, each cohort in order, and nobody tries for ever."""

from datetime import date, timedelta

import pytest
from made_cohorts import (
    at,
    at_once,
    change,
    claimed,
    deliveries,
    drafts,
    opened,
    planned,
    send,
)

from bot.cohorts.claims import GIVE_UP_AFTER, Claim
from bot.cohorts.deliveries import (
    LEASE,
    claim_due,
    keep_messages,
    mark_done,
    mark_failed,
    mark_sent,
    mark_stuck,
    mark_trying,
    outgoing,
    release_leases,
    retry_stuck,
)
from bot.store.database import Database
from bot.store.tables import Cohort

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


def test_nothing_is_claimed_before_its_time_or_for_another_platform(database: Database, cohort: Cohort) -> None:
    assert claimed(database, at(0) - TICK) == []
    assert claimed(database, at(0), "slack") == []
    assert database.run_now(claim_due, [], at(0)) == []
    assert len(database.run_now(claim_due, ["slack", "discord"], at(0))) == 1


def test_a_lease_holds_to_its_last_instant_and_then_the_next_comes_with_a_higher_fence(
    database: Database, claim: Claim
) -> None:
    assert claimed(database, at(0) + LEASE) == []
    [next_one] = claimed(database, at(0) + LEASE + TICK)
    assert (next_one.delivery, next_one.fence) == (claim.delivery, 2)


def test_every_message_that_is_tried_renews_the_lease(database: Database, claim: Claim) -> None:
    [first, *_] = database.run_now(keep_messages, claim, drafts(claim))
    database.run_now(mark_trying, claim, first, at(0) + MINUTE)
    assert claimed(database, at(0) + LEASE + TICK) == []
    assert len(claimed(database, at(0) + MINUTE + LEASE + TICK)) == 1


def test_a_failure_is_tried_again_at_its_time_and_says_why(database: Database, cohort: Cohort, claim: Claim) -> None:
    assert database.run_now(mark_failed, claim, "unclear: 502", at(0, 9, 10))
    [row] = deliveries(database, cohort)
    assert (row.state, row.lease_until, row.next_try_at, row.reason) == ("planned", None, at(0, 9, 10), "unclear: 502")
    assert claimed(database, at(0, 9, 10) - TICK) == []
    assert [again.fence for again in claimed(database, at(0, 9, 10))] == [2]


def test_after_the_last_attempt_it_is_given_up_and_a_person_begins_a_new_round(
    database: Database, cohort: Cohort
) -> None:
    now, rounds = at(0), []
    for _ in range(2):
        tries = []
        while claims := claimed(database, now):
            [claim] = claims
            tries.append(claim.tries)
            assert database.run_now(mark_failed, claim, "unclear", now) == (len(tries) < GIVE_UP_AFTER)
        rounds.append(tries)
        assert [row.state for row in deliveries(database, cohort)] == ["dead"]
        assert database.run_now(retry_stuck, cohort.id, now) == 1
    assert rounds == [list(range(1, GIVE_UP_AFTER + 1))] * 2


@pytest.mark.parametrize("state", ["blocked", "dead"])
def test_what_only_a_person_can_cure_waits_for_the_person(
    database: Database, cohort: Cohort, claim: Claim, state: str
) -> None:
    message = database.run_now(keep_messages, claim, drafts(claim))[0]
    database.run_now(mark_trying, claim, message, at(0))
    database.run_now(mark_stuck, claim, state, "missing_permission: 50013", at(0))
    [row] = deliveries(database, cohort)
    assert (row.state, row.lease_until, row.reason) == (state, None, "missing_permission: 50013")
    assert claimed(database, at(9)) == []
    assert database.run_now(retry_stuck, cohort.id + 1, at(9)) == 0
    assert database.run_now(retry_stuck, cohort.id, at(9)) == 1
    [again] = claimed(database, at(9))
    assert (again.delivery, again.tries) == (claim.delivery, 1)
    assert database.run_now(outgoing, again)[0].tried_at == at(0)  # the same row: it still looks before it posts


def test_only_what_is_stuck_is_tried_again(database: Database, cohort: Cohort, claim: Claim) -> None:
    send(database, claim, at(0))
    planned(database, at(2))
    change(database, deliveries(database, cohort)[1], state="skipped")
    assert database.run_now(retry_stuck, cohort.id, at(3)) == 0


@pytest.mark.parametrize("reason", ["x" * 5_000, "bad\x00word", "half \ud800", "@everyone'; --"])
def test_any_reason_can_be_written_down(database: Database, cohort: Cohort, claim: Claim, reason: str) -> None:
    assert database.run_now(mark_failed, claim, reason, at(0))
    [again] = claimed(database, at(0))
    database.run_now(mark_stuck, again, "blocked", reason, at(0))
    kept = deliveries(database, cohort)[0].reason or ""
    assert kept == reason[:200].replace("\x00", "␀").replace("\ud800", "\ufffd")


def test_a_cohorts_lessons_go_out_in_order(database: Database) -> None:
    opened(database)
    other = opened(database)
    planned(database, at(2))
    first = claimed(database, at(2))
    assert [(claim.lesson, claim.due_at) for claim in first] == [(1, at(0)), (1, at(0))]
    mine = next(claim for claim in first if claim.cohort != other.id)
    database.run_now(mark_failed, mine, "unclear", at(3))
    assert claimed(database, at(2)) == []  # the second day waits for the first, which waits for its time
    send(database, next(claim for claim in first if claim.cohort == other.id), at(2))
    assert [(claim.cohort, claim.lesson) for claim in claimed(database, at(2))] == [(other.id, 2)]


def test_a_stuck_lesson_does_not_hold_up_the_next(database: Database, cohort: Cohort, claim: Claim) -> None:
    database.run_now(mark_stuck, claim, "dead", "refused", at(0))
    planned(database, at(1))
    assert [next_one.lesson for next_one in claimed(database, at(1))] == [2]


def test_a_stuck_cohort_does_not_hold_up_another(database: Database, claim: Claim) -> None:
    fine = opened(database, now=at(0, 8), start=date(2026, 9, 7))
    planned(database, at(0))
    assert [next_one.cohort for next_one in claimed(database, at(0))] == [fine.id]


def test_a_limit_takes_what_waits_longest(database: Database, cohort: Cohort, claim: Claim) -> None:
    database.run_now(mark_failed, claim, "busy", at(0, 9, 30))
    for _ in range(3):
        opened(database, now=at(0, 8))
    planned(database, at(0))
    assert len(claimed(database, at(0, 10), limit=2)) == 2
    assert [c.cohort == cohort.id for c in claimed(database, at(0, 10), limit=2)] == [False, True]


@pytest.mark.parametrize("together", range(3))
def test_many_claimers_at_once_take_each_delivery_once(database: Database, together: int) -> None:
    for _ in range(5):
        opened(database)
    planned(database, at(2))
    claims = [claim for batch in at_once([lambda: claimed(database, at(2)) for _ in range(6)]) for claim in batch]
    assert sorted(claim.cohort for claim in claims) == sorted({claim.cohort for claim in claims})
    assert [(claim.lesson, claim.fence) for claim in claims] == [(1, 1)] * 5


def test_many_senders_at_once_post_every_lesson_once_and_in_order(database: Database) -> None:
    """Six workers over four cohorts that are three days behind; what is "posted" is what a channel would show."""
    cohorts = [opened(database) for _ in range(4)]
    shown: list[tuple[int, int, int]] = []

    def work() -> None:
        for _ in range(40):
            planned(database, at(2, 12))
            for claim in claimed(database, at(2, 12), limit=2):
                for message in database.run_now(keep_messages, claim, drafts(claim)):
                    database.run_now(mark_trying, claim, message, at(2, 12))
                    shown.append((claim.cohort, claim.lesson, message.number))
                    ref = f"{claim.delivery}/{message.number}"
                    database.run_now(mark_sent, claim, message, ref, at(2, 12), found=False)
                database.run_now(mark_done, claim)
            if not any(row.state == "planned" for cohort in cohorts for row in deliveries(database, cohort)):
                return

    at_once([work for _ in range(6)])
    for cohort in cohorts:
        assert [each[1:] for each in shown if each[0] == cohort.id] == [(d, n) for d in (1, 2, 3) for n in range(3)]


def test_two_who_keep_messages_at_once_keep_them_once(database: Database, claim: Claim) -> None:
    kept = at_once([lambda: database.run_now(keep_messages, claim, drafts(claim)) for _ in range(4)])
    assert kept == [kept[0]] * 4
    assert len(kept[0]) == 3


def test_after_a_restart_a_lease_is_let_go_but_what_may_be_out_settles_first(
    database: Database, cohort: Cohort, claim: Claim
) -> None:
    message = database.run_now(keep_messages, claim, drafts(claim))[0]
    database.run_now(mark_trying, claim, message, at(0, 9, 1))
    restart = at(0, 9, 1, 2)
    assert database.run_now(release_leases, "slack", 60, restart) == 0
    assert database.run_now(release_leases, "discord", 10, restart) == 1
    assert database.run_now(release_leases, "discord", 10, restart) == 0
    assert claimed(database, at(0, 9, 1, 10) - TICK) == []
    assert [again.fence for again in claimed(database, at(0, 9, 1, 10))] == [2]


def test_a_clock_that_went_back_does_not_make_a_restart_wait(database: Database, claim: Claim) -> None:
    earlier = at(-1)
    assert database.run_now(release_leases, "discord", 10, earlier) == 1
    assert len(claimed(database, at(0))) == 1


def test_a_restart_does_not_hurry_what_waits_for_its_time(database: Database, cohort: Cohort, claim: Claim) -> None:
    database.run_now(mark_failed, claim, "busy", at(0, 9, 30))
    assert database.run_now(release_leases, "discord", 10, at(0, 9, 2)) == 0
    assert claimed(database, at(0, 9, 30) - TICK) == []
