"""An invitation is asked for once, taken by one, and written down."""

from datetime import timedelta

import pytest
from made_cohorts import at, at_once, learner, opened, reread
from sqlalchemy import select

from bot.cohorts import notices
from bot.cohorts.archiving import archive, unarchive
from bot.cohorts.notices import LEASE, PAUSE, Call
from bot.store.database import Database
from bot.store.tables import AuditEntry, Cohort, Member, Notice


@pytest.fixture
def fay(database: Database, cohort: Cohort) -> Member:
    return learner(database, cohort, "fay", at(0), "facilitator")


def asked(database: Database, cohort: Cohort, fay: Member, now=None) -> bool:
    def ask(session) -> bool:
        here, by = session.get_one(Cohort, cohort.id), session.get_one(Member, fay.id)
        return notices.ask_for(session, here, by, now or at(1)) is not None

    return database.run_now(ask)


def due(database: Database, now=None, platform: str = "discord") -> list[Call]:
    return list(database.run_now(notices.due, [platform], now or at(1)))


def rows(database: Database, table=Notice) -> list:
    return list(database.run_now(lambda session: session.scalars(select(table)).all()))


def test_pressing_twice_within_ten_minutes_is_one_invitation(database: Database, cohort: Cohort, fay: Member):
    assert asked(database, cohort, fay)
    assert not asked(database, cohort, fay, at(1) + PAUSE - timedelta(seconds=1))
    assert asked(database, cohort, fay, at(1) + PAUSE)
    assert [entry.action for entry in rows(database, AuditEntry)] == ["invited", "invited"]


def test_many_who_press_at_once_ask_once(database: Database, cohort: Cohort, fay: Member):
    answers = at_once([lambda: asked(database, cohort, fay)] * 6)
    assert sorted(answers) == [False] * 5 + [True]


def test_what_is_shown_to_all_is_shown_once_however_many_press_at_once(database: Database, cohort: Cohort, fay: Member):
    def share(what: str, here: Cohort = cohort) -> bool:
        def kept(session) -> bool:
            by = session.get_one(Member, fay.id)
            return notices.share_once(session, session.get_one(Cohort, here.id), what, by, at(1))

        return database.run_now(kept)

    assert sorted(at_once([lambda: share("a message")] * 6)) == [False] * 5 + [True]
    assert share("another message")
    assert share("a message", opened(database))
    assert due(database) == [], "no tick says it once more"
    assert asked(database, cohort, fay), "and it is no invitation"


def test_another_cohorts_invitation_is_its_own(database: Database, cohort: Cohort, fay: Member):
    other = opened(database)
    assert asked(database, cohort, fay)
    assert asked(database, other, fay)
    assert len({row.key for row in rows(database)}) == 2


def test_one_that_is_being_tried_is_nobody_elses_until_its_time_is_over(
    database: Database, cohort: Cohort, fay: Member
):
    asked(database, cohort, fay)
    [call] = due(database)
    assert not call.may_be_out(at(1))
    assert database.run_now(notices.mark_trying, call, at(1))
    assert due(database) == []
    assert not database.run_now(notices.mark_trying, call, at(1)), "a second one who saw it free comes too late"
    [again] = due(database, at(1) + LEASE)
    assert again.may_be_out(at(1) + LEASE)
    assert database.run_now(notices.mark_trying, again, at(1) + LEASE)
    assert not database.run_now(notices.mark_trying, call, at(1) + LEASE)


def test_many_who_try_at_once_are_one(database: Database, cohort: Cohort, fay: Member):
    asked(database, cohort, fay)
    [call] = due(database)
    answers = at_once([lambda: database.run_now(notices.mark_trying, call, at(1))] * 6)
    assert sorted(answers) == [False] * 5 + [True]


def test_what_stands_is_done_and_cannot_be_dropped(database: Database, cohort: Cohort, fay: Member):
    asked(database, cohort, fay)
    [call] = due(database)
    database.run_now(notices.mark_told, call, at(1))
    assert due(database, at(2)) == []
    assert not database.run_now(notices.drop, call)
    assert len(rows(database)) == 1


def test_another_platforms_are_left_alone(database: Database, cohort: Cohort, fay: Member):
    asked(database, cohort, fay)
    assert due(database, platform="slack") == []


# archived


def put_away(database: Database, cohort: Cohort, now=None) -> bool:
    return database.run_now(lambda session: archive(session, session.get_one(Cohort, cohort.id), None, now or at(1)))


def taken_out(database: Database, cohort: Cohort) -> bool:
    return database.run_now(lambda session: unarchive(session, session.get_one(Cohort, cohort.id), None, at(3)))


def test_archiving_is_done_once_and_written_down(database: Database, cohort: Cohort):
    assert sorted(at_once([lambda: put_away(database, cohort)] * 4)) == [False] * 3 + [True]
    found = reread(database, cohort)
    assert (found.state, found.archived_at) == ("finished", at(1))
    assert [entry.says for entry in rows(database, AuditEntry)] == ["archived; it was active"]


def test_a_digest_rests_with_its_cohort_and_comes_again(database: Database, cohort: Cohort):
    def choose(session) -> None:
        here = session.get_one(Cohort, cohort.id)
        here.digest_day, here.digest_time, here.next_digest_at = 0, at(0).time(), at(7)

    database.run_now(choose)
    put_away(database, cohort)
    assert reread(database, cohort).next_digest_at is None
    assert taken_out(database, cohort)
    assert reread(database, cohort).next_digest_at is not None
    assert not taken_out(database, cohort)
