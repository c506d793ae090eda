"""A cohort of 60 lessons with two prompts each, in which members answer as members do: what a facilitator looks at."""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from made_record import add_cohorts, add_posted_days
from sqlalchemy import Engine, insert, select

from bot.store.tables import (
    Absence,
    Delivery,
    Enrollment,
    Feedback,
    Member,
    Message,
    Reaction,
    Revision,
    Submission,
)

NOW = datetime(2026, 3, 6, 12, 0, tzinfo=UTC)
LESSONS = 60
PROMPTS = 2
ANSWERED = 0.9  # of the prompts: 108,000 submissions of 1,000 members
TEXT = "It is shown that the model does this when it is told so, and not that it wants it. " * 7
CHUNK = 5_000


def add_class(engine: Engine, members: int) -> None:
    """A cohort in which most answer most of the time, some fall silent and come back, and a few are excused."""
    add_cohorts(engine, 1, 1, NOW + timedelta(hours=1))
    add_posted_days(engine, range(1, 2), LESSONS, NOW - timedelta(hours=3), ["{}"] * (1 + PROMPTS))
    dice = random.Random(1)
    with engine.begin() as connection:
        connection.execute(Delivery.__table__.update().values(lesson=Delivery.lesson + LESSONS - 30))
        for number, each in enumerate(connection.scalars(select(Message.id).where(Message.prompt.is_not(None))).all()):
            connection.execute(
                Message.__table__.update().where(Message.id == each).values(prompt=f"p{number % PROMPTS}")
            )
        prompts = connection.execute(
            select(Message.id, Delivery.posted_at)
            .join(Delivery, Delivery.id == Message.delivery_id)
            .where(Message.prompt.is_not(None))
        ).all()
        people = [_member(number) for number in range(1, members + 1)]
        _insert(connection, Member, [*people, _member(members + 1, "fay")])
        _insert(connection, Enrollment, [_place(each["id"], "learner") for each in people])
        _insert(connection, Enrollment, [_place(members + 1, "facilitator")])
        absences = [(each, date(2026, 2, 1)) for each in range(1, members + 1, 20)]
        _insert(
            connection,
            Absence,
            [{"enrollment_id": each, "first_date": day, "last_date": day} for each, day in absences],
        )
        for rows in _chunked(_submissions(prompts, members, dice)):
            connection.execute(insert(Submission), rows)
            connection.execute(
                insert(Revision), [{"submission_id": each["id"], "revision": 0, "text": each["text"]} for each in rows]
            )
        newest = connection.scalars(select(Submission.id).order_by(Submission.id.desc()).limit(members * 2)).all()
        _insert(connection, Reaction, [_reaction(each, dice) for each in newest if dice.random() < 0.05])
        _insert(connection, Feedback, [_feedback(each, members + 1) for each in newest if dice.random() < 0.05])


def _submissions(prompts: Any, members: int, dice: random.Random) -> Iterator[dict[str, Any]]:
    number = 0
    for message, posted_at in prompts:
        for member in range(1, members + 1):
            if dice.random() < ANSWERED:
                number += 1
                sent_at = posted_at + timedelta(seconds=dice.choice((0.2, 1, 4)) * dice.randint(0, 86_400))
                if sent_at < NOW:
                    yield _submission(number, message, member, sent_at)


def _submission(number: int, message: int, member: int, sent_at: datetime) -> dict[str, Any]:
    return {
        "id": number,
        "message_id": message,
        "member_id": member,
        "platform": "discord",
        "ref": f"t{message}/{number}",
        "text": TEXT[number % 200 :],
        "revision": 0,
        "sent_at": sent_at,
        "receipted": True,
    }


def _member(number: int, ref: str | None = None) -> dict[str, Any]:
    ref = ref or f"u{number}"
    return {"id": number, "platform": "discord", "workspace": "w1", "ref": ref, "name": f"Member {number}"}


def _place(number: int, role: str) -> dict[str, Any]:
    return {"id": number, "cohort_id": 1, "member_id": number, "role": role, "joined_on": date(2026, 1, 5)}


def _reaction(submission: int, dice: random.Random) -> dict[str, Any]:
    return {"submission_id": submission, "person": f"u{dice.randint(1, 30)}", "emoji": "👍", "at": NOW}


def _feedback(submission: int, by: int) -> dict[str, Any]:
    key = f"{submission:024d}"
    texts = {"text": "Well said.", "shared": False, "kind": "note"}
    return {"submission_id": submission, "by_id": by, "platform": "discord", "key": key, "at": NOW, **texts}


def _insert(connection: Any, table: Any, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(insert(table), rows)


def _chunked(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    chunk: list[dict[str, Any]] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
