"""Every number of progress and of the brief is what plain SQL says that shares nothing with them."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from typing import Any

import pytest
from sqlalchemy import bindparam, insert, text
from sqlalchemy.orm import Session

from bot.cohorts.brief import Brief, brief
from bot.cohorts.progress import Progress, State, cohort_progress
from bot.config import HOME
from bot.curriculum.load import load_course
from bot.curriculum.model import Course
from bot.store.columns import UtcDateTime
from bot.store.database import Database
from bot.store.tables import (
    Absence,
    Cohort,
    Delivery,
    Enrollment,
    Feedback,
    Member,
    Message,
    Reaction,
    SkippedLesson,
    Submission,
)

MONDAY = date(2026, 2, 2)
LESSONS = 20
NOW = datetime(2026, 2, 21, 15, tzinfo=UTC)
TODAY = NOW.date()
SEEDS = range(3)
AT_MOST = 4

LEDGER = """
WITH lesson AS (
    SELECT d.id, d.lesson, d.local_date, d.posted_at, {ends} AS ends,
        (SELECT count(*) FROM messages m WHERE m.delivery_id = d.id AND m.prompt IS NOT NULL AND m.ref IS NOT NULL)
            AS asked
    FROM deliveries d WHERE d.cohort_id = 1 AND d.kind = 'lesson' AND d.state <> 'skipped'
), learner AS (
    SELECT e.id AS place, e.member_id AS member, e.joined_on FROM enrollments e
    WHERE e.cohort_id = 1 AND e.role = 'learner' AND e.left_on IS NULL
), answer AS (
    SELECT s.member_id AS member, s.message_id AS message, m.delivery_id AS delivery, min(s.sent_at) AS at
    FROM submissions s JOIN messages m ON m.id = s.message_id JOIN deliveries d ON d.id = m.delivery_id
    WHERE s.withdrawn_at IS NULL AND d.cohort_id = 1 AND d.state <> 'skipped' AND m.ref IS NOT NULL
        AND m.prompt IS NOT NULL AND s.member_id IN (SELECT member FROM learner)
    GROUP BY s.member_id, s.message_id, m.delivery_id
), cell AS (
    SELECT l.member, l.joined_on, lesson.id AS delivery, lesson.lesson, lesson.local_date, lesson.posted_at,
        lesson.ends, lesson.asked,
        (SELECT count(*) FROM answer a WHERE a.member = l.member AND a.delivery = lesson.id) AS answered,
        (SELECT max(a.at) FROM answer a WHERE a.member = l.member AND a.delivery = lesson.id) AS last_at,
        EXISTS (SELECT 1 FROM absences b WHERE b.enrollment_id = l.place
            AND lesson.local_date BETWEEN b.first_date AND b.last_date) AS away
    FROM learner l CROSS JOIN lesson
), told AS (
    SELECT cell.*, CASE
        WHEN asked > 0 AND answered = asked THEN CASE WHEN last_at <= ends THEN 'done' ELSE 'late' END
        WHEN local_date < joined_on THEN NULL
        WHEN away THEN 'excused'
        WHEN posted_at IS NULL THEN 'not yet open'
        WHEN asked = 0 THEN NULL
        WHEN :now <= ends THEN 'open'
        ELSE 'missed' END AS state
    FROM cell
), row_of AS (
    SELECT l.member,
        (SELECT count(*) FROM told t WHERE t.member = l.member AND t.state IN ('done', 'late') AND t.local_date >
            COALESCE((SELECT max(u.local_date) FROM told u WHERE u.member = l.member AND u.state = 'missed'),
                '1900-01-01')
        ) AS streak,
        (SELECT count(*) FROM told t WHERE t.member = l.member AND t.state = 'missed' AND t.local_date >
            COALESCE((SELECT max(u.local_date) FROM told u WHERE u.member = l.member AND u.state IN ('done', 'late')),
                '1900-01-01')
        ) AS missed,
        EXISTS (SELECT 1 FROM absences b WHERE b.enrollment_id = l.place
            AND :today BETWEEN b.first_date AND b.last_date) AS away
    FROM learner l
)
"""
STATES = "SELECT member, state, count(*) FROM told WHERE state IS NOT NULL GROUP BY member, state"
ROWS = "SELECT member, streak, missed FROM row_of"
LAST = """SELECT s.member_id, max(s.sent_at) FROM submissions s JOIN messages m ON m.id = s.message_id
    JOIN deliveries d ON d.id = m.delivery_id WHERE d.cohort_id = 1 AND s.withdrawn_at IS NULL GROUP BY s.member_id"""
SILENT = """SELECT r.member, r.missed FROM row_of r JOIN members m ON m.id = r.member, cohorts c
    WHERE c.id = 1 AND r.missed >= c.silent_after AND NOT r.away ORDER BY lower(m.name), m.id"""
RETURNED = """, sign AS (
    SELECT s.member_id AS member, min(s.sent_at) AS at FROM submissions s JOIN messages m ON m.id = s.message_id
    JOIN deliveries d ON d.id = m.delivery_id WHERE d.cohort_id = 1 AND s.withdrawn_at IS NULL
    GROUP BY s.member_id, s.message_id
), step AS (
    SELECT member, at, lag(at) OVER (PARTITION BY member ORDER BY at) AS before FROM sign
), come AS (
    SELECT s.member, s.at, (SELECT count(*) FROM told t WHERE t.member = s.member AND t.state IN ('late', 'missed')
        AND t.ends < s.at AND (s.before IS NULL OR t.ends >= s.before)) AS missed
    FROM step s WHERE s.at >= :week_ago
)
SELECT c.member, c.missed FROM come c JOIN row_of r ON r.member = c.member JOIN members m ON m.id = c.member,
    cohorts k
WHERE k.id = 1 AND c.missed >= k.silent_after AND NOT (r.missed >= k.silent_after AND NOT r.away)
    AND c.at = (SELECT max(d.at) FROM come d WHERE d.member = c.member AND d.missed >= k.silent_after)
ORDER BY lower(m.name), m.id"""
WAITING = """SELECT (SELECT min(s.id) FROM submissions s WHERE s.member_id = a.member AND s.message_id = a.message
        AND s.withdrawn_at IS NULL AND s.sent_at = a.at) FROM answer a
WHERE a.at >= :two_weeks_ago AND a.at < :day_ago
    AND NOT EXISTS (SELECT 1 FROM feedback f JOIN submissions s ON s.id = f.submission_id
        WHERE s.member_id = a.member AND s.message_id = a.message)
    AND NOT EXISTS (SELECT 1 FROM reactions r JOIN submissions s ON s.id = r.submission_id
        JOIN members m ON m.ref = r.person JOIN enrollments e ON e.member_id = m.id
        WHERE s.member_id = a.member AND s.message_id = a.message AND s.withdrawn_at IS NULL
            AND e.cohort_id = 1 AND e.role = 'facilitator')
ORDER BY a.at, 1"""
THIN = """SELECT lesson, prompt, answered, asked FROM (
    SELECT c.lesson, c.local_date, m.number, m.prompt, count(*) AS asked,
        sum(CASE WHEN EXISTS (SELECT 1 FROM answer a WHERE a.member = c.member AND a.message = m.id) THEN 1 ELSE 0 END)
            AS answered
    FROM cell c JOIN messages m ON m.delivery_id = c.delivery AND m.prompt IS NOT NULL AND m.ref IS NOT NULL
    WHERE c.posted_at IS NOT NULL AND c.ends >= :two_weeks_ago AND c.ends < :now AND NOT c.away
        AND c.local_date >= c.joined_on
    GROUP BY c.lesson, c.local_date, m.number, m.prompt
) counted WHERE answered * 2 < asked ORDER BY local_date, number"""
ALOUD = """, written AS (
    SELECT a.member, a.message, a.at,
        (SELECT sum((length(s.text) + 1) / 2) FROM submissions s WHERE s.member_id = a.member
            AND s.message_id = a.message AND s.withdrawn_at IS NULL) AS words,
        (SELECT count(DISTINCT r.person) FROM reactions r JOIN submissions s ON s.id = r.submission_id
            WHERE s.member_id = a.member AND s.message_id = a.message AND s.withdrawn_at IS NULL) AS reactions,
        (SELECT min(s.id) FROM submissions s WHERE s.member_id = a.member AND s.message_id = a.message
            AND s.withdrawn_at IS NULL AND s.sent_at = a.at) AS submission,
        (SELECT {asked} FROM messages m WHERE m.id = a.message) AS asked
    FROM answer a WHERE a.at >= :week_ago
), chosen AS (
    SELECT * FROM written w WHERE reactions > 0 OR words * 3 >= asked * 2
        OR asked IS NULL AND 2 * (SELECT count(*) FROM written v WHERE v.message = w.message AND v.words > w.words)
            < (SELECT count(*) FROM written v WHERE v.message = w.message)
    ORDER BY reactions DESC, at DESC LIMIT :at_most
)
SELECT submission, words, asked, reactions FROM chosen ORDER BY at, submission"""


@dataclass(frozen=True)
class Facts:
    """A record with a cohort in it, what the program says of it, and what SQL is asked with."""

    database: Database
    course: Course
    everybody: tuple[Progress, ...]
    brief: Brief

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        on_sqlite = self.database.engine.dialect.name == "sqlite"
        a_day_later = "strftime('%Y-%m-%d %H:%M:%S.000000', d.posted_at, '+1 day')"
        ends = f"max(d.closes_at, COALESCE({a_day_later}, ''))"
        ends = ends if on_sqlite else "GREATEST(d.closes_at, d.posted_at + INTERVAL '24 hours')"
        asked = "CASE " + " ".join(
            f"WHEN m.prompt = '{prompt.id}' THEN {prompt.length.max}"
            for lesson in self.course.lessons.values()
            for prompt in lesson.prompts
            if prompt.length.unit == "words"
        )
        moments = {"now": 0, "day_ago": 1, "week_ago": 7, "two_weeks_ago": 14}
        given: dict[str, Any] = {"today": TODAY, "at_most": AT_MOST}
        sql = LEDGER.replace("{ends}", ends) + query.replace("{asked}", f"{asked} END")
        with self.database.engine.connect() as connection:
            statement = text(sql)
            for name, days in moments.items():
                if f":{name}" in sql:
                    value = NOW - timedelta(days=days)
                    statement = statement.bindparams(bindparam(name, value, type_=UtcDateTime()))
            named = {name: value for name, value in given.items() if f":{name}" in sql}
            return [tuple(row) for row in connection.execute(statement, named)]


@pytest.fixture(scope="module")
def course() -> Course:
    return load_course(HOME / "curriculum")


@pytest.fixture(params=SEEDS)
def facts(database: Database, course: Course, request: pytest.FixtureRequest) -> Facts:
    dice = random.Random(request.param)
    with database.engine.begin() as connection:
        for table, rows in made(course, dice):
            connection.execute(insert(table), rows)
    found = [database.run_now(told, course) for _ in range(2)]
    assert found[0] == found[1], "from tallies it is the same"
    return Facts(database, course, *found[1])


def told(session: Session, course: Course) -> tuple[tuple[Progress, ...], Brief]:
    cohort = session.get_one(Cohort, 1)
    everybody = cohort_progress(session, cohort, NOW)
    return everybody, brief(session, course, cohort, everybody, NOW, AT_MOST)


def made(course: Course, dice: random.Random) -> Iterator[tuple[Any, list[dict[str, Any]]]]:
    """Two cohorts of the same members; lessons posted late, skipped, refused, not out, and one that asks nothing."""
    yield Cohort, [_cohort(1), _cohort(2)]
    ledger = [
        _delivery(cohort * 100 + number, cohort, number, dice) for cohort in (1, 2) for number in range(LESSONS + 2)
    ]
    yield Delivery, ledger
    messages = [each for delivery in ledger for each in _messages(course, delivery, dice)]
    yield Message, messages
    people = [
        {"id": n, "platform": "discord", "workspace": "w", "ref": f"u{n}", "name": f"M {n % 7}"} for n in range(1, 31)
    ]
    yield Member, people
    places = [_place(n, cohort, dice) for cohort in (1, 2) for n in range(1, 31)]
    yield Enrollment, places
    days = [MONDAY + timedelta(days=n) for n in range(LESSONS + 2)]
    firsts = [(each["id"], dice.choice(days)) for each in places if dice.random() < 0.3]
    spans = [
        {"enrollment_id": i, "first_date": day, "last_date": day + timedelta(days=dice.choice([0, 2, 9]))}
        for i, day in firsts
    ]
    yield Absence, spans
    submissions = list(_submissions(messages, ledger, dice))
    yield Submission, submissions
    chosen = [each["id"] for each in submissions if dice.random() < 0.2]
    yield Feedback, [_feedback(each, dice) for each in chosen[::2]]
    yield (
        Reaction,
        [
            {"submission_id": each, "person": f"u{n}", "emoji": dice.choice(["a", "b"]), "at": NOW}
            for each in chosen[1::2]
            for n in {dice.choice([1, 2, 3, 28, 29, 30]) for _ in range(3)}
        ],
    )
    yield SkippedLesson, [{"cohort_id": 1, "lesson": 30}, {"cohort_id": 1, "lesson": 3}, {"cohort_id": 2, "lesson": 31}]


def _cohort(number: int) -> dict[str, Any]:
    return {
        "id": number, "key": str(number), "platform": "discord", "workspace": "w", "channel": str(number),
        "name": str(number), "course": "course", "zone": "UTC", "post_time": time(9), "weekdays": 127,
        "start_date": MONDAY, "next_lesson": LESSONS + 3, "next_date": None, "next_due_at": None, "state": "active",
        "created_at": NOW, "silent_after": 1 + number,
    }  # fmt: skip


def _delivery(id_: int, cohort: int, number: int, dice: random.Random) -> dict[str, Any]:
    due = datetime.combine(MONDAY + timedelta(days=number), time(9), UTC)
    state = "planned" if number >= LESSONS else dice.choices(["done", "blocked", "dead", "skipped"], [12, 1, 1, 1])[0]
    out = state in ("done", "skipped") and number < LESSONS
    late = timedelta(hours=dice.choice([0, 0, 0, 50]))
    return {
        "id": id_, "cohort_id": cohort, "kind": "lesson", "local_date": due.date(), "lesson": number + 1, "due_at": due,
        "closes_at": due + timedelta(hours=39), "state": state, "attempt": 1, "next_try_at": due,
        "posted_at": min(due + late, NOW) if out else None, "reason": None if out else "refused",
    }  # fmt: skip


def _messages(course: Course, delivery: dict[str, Any], dice: random.Random) -> Iterator[dict[str, Any]]:
    asks = [prompt.id for prompt in course.lessons[delivery["lesson"]].prompts] if dice.random() < 0.95 else []
    for number, prompt in enumerate([None, *asks]):
        id_ = delivery["id"] * 10 + number
        out = delivery["posted_at"] is not None and dice.random() < 0.97
        yield {
            "id": id_, "delivery_id": delivery["id"], "number": number, "prompt": prompt, "key": f"k{id_}",
            "body": "{}", "platform": "discord", "ref": f"r{id_}" if out else None, "thread": None, "unread": False,
            "audits": 0,
        }  # fmt: skip


def _place(number: int, cohort: int, dice: random.Random) -> dict[str, Any]:
    role = "facilitator" if number >= 29 else "observer" if number == 28 else "learner"
    joined = MONDAY + timedelta(days=dice.choice([-9, -9, -9, 6, 15]))
    left = joined + timedelta(days=dice.randint(0, 20)) if dice.random() < 0.1 else None
    return {
        "id": cohort * 100 + number, "cohort_id": cohort, "member_id": number, "role": role, "joined_on": joined,
        "left_on": left,
    }  # fmt: skip


def _submissions(
    messages: list[dict[str, Any]], ledger: list[dict[str, Any]], dice: random.Random
) -> Iterator[dict[str, Any]]:
    """Everybody has days on which they write and days on which they do not."""
    number, posted = count(1), {each["id"]: each["posted_at"] or each["due_at"] for each in ledger}
    keen = {member: [dice.random() < dice.choice([0.4, 0.9]) for _ in range(8)] for member in range(1, 31)}
    for message in messages:
        few = dice.random() < 0.2
        for member in range(1, 31):
            writes = keen[member][message["delivery_id"] % 100 // 3] and dice.random() < (0.3 if few else 0.9)
            for _ in range(dice.choice([1, 1, 1, 2]) if message["prompt"] and writes else 0):
                later = timedelta(
                    hours=dice.choice([1, 1, 1, 3]) * dice.randint(0, 60), microseconds=dice.randint(0, 999_999)
                )
                sent_at, id_ = posted[message["delivery_id"]] + later, next(number)
                if sent_at < NOW:
                    yield {
                        "id": id_, "message_id": message["id"], "member_id": member, "platform": "discord",
                        "ref": f"s{id_}", "text": " ".join("w" * dice.randint(1, 130)), "revision": 0,
                        "sent_at": sent_at, "withdrawn_at": NOW if dice.random() < 0.1 else None, "receipted": True,
                    }  # fmt: skip


def _feedback(submission: int, dice: random.Random) -> dict[str, Any]:
    return {
        "submission_id": submission, "by_id": 29, "platform": "discord", "key": f"f{submission}", "text": "x",
        "shared": False, "kind": dice.choice(["note", "praise"]), "at": NOW,
    }  # fmt: skip


def test_every_number_is_what_sql_says(facts: Facts) -> None:
    """All on one record, which is what takes the time."""
    everybody = {each.member: each for each in facts.everybody}
    counted = {(member, state): number for member, state, number in facts.ask(STATES)}
    assert {(m, s.value): n for m, each in everybody.items() for s in State if (n := each.count(s))} == counted
    by_row = {(m, each.streak, each.missed_in_a_row) for m, each in everybody.items()}
    assert by_row == set(facts.ask(ROWS))
    last = {member: _moment(at) for member, at in facts.ask(LAST) if member in everybody}
    assert {m: each.last_answer for m, each in everybody.items() if each.last_answer} == last

    told = facts.brief
    assert [(each.member, each.missed) for each in told.silent] == facts.ask(SILENT)
    assert [(each.member, each.missed) for each in told.returned] == facts.ask(RETURNED)
    waiting = [row[0] for row in facts.ask(WAITING)]
    assert ([each.submission for each in told.waiting], told.waiting_in_all) == (waiting[:AT_MOST], len(waiting))
    assert [(each.lesson, each.prompt, each.answered, each.asked) for each in told.thin] == facts.ask(THIN)
    aloud = [(each.submission, each.words, each.asked, each.reactions) for each in told.aloud]
    assert aloud == facts.ask(ALOUD)
    assert told.silent or told.returned, "nothing was compared"
    assert told.waiting, "nothing was compared"
    assert told.thin, "nothing was compared"
    assert told.aloud, "nothing was compared"

    learners = facts.ask("SELECT count(*) FROM learner")[0][0]
    where = facts.ask(
        "SELECT lesson, local_date FROM lesson WHERE posted_at IS NOT NULL ORDER BY local_date DESC LIMIT 1"
    )
    stuck = facts.ask(
        "SELECT lesson, reason FROM deliveries WHERE cohort_id = 1 AND state IN ('blocked', 'dead') ORDER BY local_date"
    )
    on_hand = facts.ask(
        "SELECT count(*) FROM deliveries WHERE cohort_id = 1 AND state IN ('planned', 'blocked') AND posted_at IS NULL"
    )[0][0]
    standing = told.standing
    assert (standing.learners, standing.lesson, str(standing.local_date)) == (learners, where[0][0], str(where[0][1]))
    assert standing.stuck == tuple(stuck)
    assert standing.left == on_hand + 60 - (LESSONS + 2) - 1


def _moment(at: datetime | str) -> datetime:
    return datetime.fromisoformat(at).replace(tzinfo=UTC) if isinstance(at, str) else at.astimezone(UTC)
