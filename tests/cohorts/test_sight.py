"""How far somebody may see from a channel, in one question, is what the separate questions say."""

from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy.orm import Session

from bot.chat.inbound import Person
from bot.cohorts.cohorts import (
    FACILITATOR,
    LEARNER,
    OBSERVER,
    NewCohort,
    find_cohort,
    is_facilitator,
    join,
    known_member,
    leave,
    open_cohort,
)
from bot.cohorts.sight import Sight, find_sight
from bot.cohorts.skips import past
from bot.store.database import Database
from bot.store.tables import Cohort, Delivery, SkippedLesson
from bot.talk.asking import reached

NOW = datetime(2026, 9, 7, 6, 0, tzinfo=UTC)
ROLES = {"ada": LEARNER, "fay": FACILITATOR, "oda": OBSERVER}
PEOPLE = (*ROLES, "gone", "eve")
"""`gone` facilitated and has left, `eve` never came."""


def test_nobody_sees_anything_of_a_channel_without_a_cohort(database: Database) -> None:
    database.run_now(opened)
    seen = database.read_now(
        lambda s: [find_sight(s, "chat", "elsewhere", "ada"), find_sight(s, "other", "room", "ada")]
    )
    assert seen == [None, None]


@pytest.mark.parametrize("lessons", [0, 3])
@pytest.mark.parametrize("state", ["active", "paused", "finished", "archived"])
@pytest.mark.parametrize("skipped", [(), (2, 9)], ids=["nothing skipped", "skipped"])
def test_it_says_what_the_separate_questions_say(
    database: Database, lessons: int, state: str, skipped: tuple[int, ...]
) -> None:
    def change(session: Session) -> None:
        cohort = opened(session)
        post(session, cohort, lessons)
        session.add_all(SkippedLesson(cohort_id=cohort.id, lesson=day) for day in skipped)
        if state == "archived":
            cohort.archived_at = NOW
        else:
            cohort.state = state
        cohort.next_lesson = None if state == "finished" else cohort.next_lesson

    database.run_now(change)
    seen, told = database.read_now(lambda s: (sights(s), separately(s)))
    assert seen == told


def test_where_a_second_cohort_has_followed_only_the_second_counts(database: Database) -> None:
    def follow(session: Session) -> None:
        first = opened(session)
        post(session, first, 7)
        first.state, first.next_lesson = "finished", None
        second = opened(session, "Autumn")
        post(session, second, 2)

    database.run_now(follow)
    seen, told = database.read_now(lambda s: (sights(s), separately(s)))
    assert seen == told
    assert seen["ada"] == Sight(facilitates=False, up_to_day=2)


def sights(session: Session) -> dict[str, Sight | None]:
    return {ref: find_sight(session, "chat", "room", ref) for ref in PEOPLE}


def separately(session: Session) -> dict[str, Sight | None]:
    cohort = find_cohort(session, "chat", "room")
    assert cohort is not None
    day = past(session, cohort, reached(session, cohort))
    return {ref: Sight(is_facilitator(session, cohort, Person(ref, ref)), day) for ref in PEOPLE}


def opened(session: Session, name: str = "Spring") -> Cohort:
    new = NewCohort("chat", "school", "room", name, "course", "UTC", time(9), 127, NOW.date(), 1)
    cohort = open_cohort(session, new, NOW)
    for ref in PEOPLE:  # the same references elsewhere are other people
        known_member(session, "chat", "another school", Person(ref, ref))
    for ref in (*ROLES, "gone"):
        member = known_member(session, "chat", "school", Person(ref, ref))
        join(session, cohort, member, ROLES.get(ref, FACILITATOR), NOW)
        if ref == "gone":
            leave(session, cohort, member, NOW)
    return cohort


def post(session: Session, cohort: Cohort, lessons: int) -> None:
    """So many are out, and one more is planned and not out yet."""
    for day in range(1, lessons + 2):
        at = NOW + timedelta(days=day)
        done = {"state": "done", "posted_at": at} if day <= lessons else {"state": "planned"}
        session.add(
            Delivery(
                cohort_id=cohort.id,
                kind="lesson",
                local_date=at.date(),
                lesson=day,
                due_at=at,
                closes_at=at,
                attempt=0,
                next_try_at=at,
                **done,
            )
        )
