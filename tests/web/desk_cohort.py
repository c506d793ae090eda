"""A cohort of any size, weeks into the course, as its facilitators meet it: made in bulk."""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from bot.cohorts.audit import Action, write_down
from bot.config import HOME
from bot.curriculum.load import load_course
from bot.curriculum.model import Course
from bot.health import Health
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
    Revision,
    Submission,
)
from bot.web.desk.serving import desk_routes
from bot.web.server import open_server

START = date(2026, 7, 6)
"""A Monday."""

NAMES = (
    "Ada Lovelace", "Ben Okafor", "Chiara Rossi", "Dmitri Ivanov", "Elif Şahin", "Farah Haddad", "Gabriel Costa",
    "Hana Kim", "Ingrid Solheim", "Jamal Wright", "Kofi Mensah", "Lena Vogt", "Mateo Ruiz", "Noor Al-Amin",
    "Oluwaseun Adeyemi-Richardson", "Priya Natarajan", "Quentin Dubois", "Rosa Delgado", "Sven Lindqvist", "Tomoko Ito",
    "Umar Siddiqui", "Vera Novak", "Wen Zhang", "Yael Cohen",
)  # fmt: skip
PROSE = (
    "The paper shows that the behaviour survives training, and not that it would arise by itself. What I would want to"
    " see is a model that was never told to hide anything. The trigger is planted, so that the finding is about how"
    " long a known backdoor lasts. In my own work the same would look like a flag that nobody remembers to take out. I"
    " am not sure that larger models hide it better; the curve in the third figure has two points."
)
WORDS = PROSE.split(" ")
RTL = "אבישג בת־שבע מגדלי־אור הגדולה מאוד " * 4
LONG = "Wolfeschlegelsteinhausenbergerdorff" * 5
HOSTILE = "<script>alert(1)</script>\"'`{{7*7}}</textarea></title><img src=x onerror=alert(1)>\u202e"


@dataclass(frozen=True)
class Seeded:
    """Ids of rows. learner: somebody with answers in every week; silent: somebody who stopped."""

    cohort: int
    facilitator: int
    observer: int
    learner: int
    silent: int


@cache
def whole_course() -> Course:
    return load_course(HOME / "curriculum")


def now_on(day: int) -> datetime:
    """In the afternoon of the date on which a lesson day was posted, five a week."""
    return datetime.combine(_date_of(day), time(13, 30), tzinfo=UTC)


def seed(session: Session, people: int, days: int, *, name: str = "Spring in Zürich", odd: bool = False) -> Seeded:
    """`people` learners, `days` lessons out, seven of ten prompts answered. odd: names and answers that pages break
    on."""
    chance, course, now = random.Random(7), whole_course(), now_on(days)
    cohort = _cohort(session, name, course, days)
    staff = [_member(session, cohort, ref, who) for ref, who in (("fay", "Fay Okonkwo"), ("oli", "Oli Berg"))]
    for member, role in zip(staff, ("facilitator", "observer"), strict=True):
        session.add(Enrollment(cohort_id=cohort.id, member_id=member.id, role=role, joined_on=START, left_on=None))
    session.flush()
    names = [*_names(people)]
    if odd:
        names[:4] = [RTL, LONG, HOSTILE, "  "][: len(names)]
    base = cohort.id * 100_000
    rows = [
        {"platform": "discord", "workspace": "w", "ref": f"u{base + n}", "name": who} for n, who in enumerate(names)
    ]
    members = _inserted(session, Member, rows)
    enrollments = _inserted(
        session,
        Enrollment,
        [
            {"cohort_id": cohort.id, "member_id": each, "role": "learner", "joined_on": _date_of(1 + 6 * (n % 9 == 8))}
            for n, each in enumerate(members)
        ],
    )
    for place, each in enumerate(enrollments):
        if place % 5 == 3 and days > 9:
            session.add(Absence(enrollment_id=each, first_date=_date_of(7), last_date=_date_of(9)))
    messages = _release(session, cohort, course, days)
    _write(session, members, messages, days, chance, odd)
    _say(session, cohort, staff[0], members, now)
    session.flush()
    return Seeded(cohort.id, staff[0].id, staff[1].id, members[0] if members else 0, members[1] if people > 1 else 0)


@asynccontextmanager
async def opened(database: Database, now: datetime) -> AsyncIterator[str]:
    """The desk of the whole course on a socket; its address."""

    async def well() -> Health:
        return Health()

    async def metrics() -> bytes:
        return b""

    links = {"discord": lambda ref, workspace: f"https://chat.example/{ref}"}
    routes = desk_routes(database, whole_course, lambda: now, "http://127.0.0.1", links)
    async with open_server("127.0.0.1", 0, well, metrics, routes) as port:
        yield f"http://127.0.0.1:{port}"


def _date_of(day: int) -> date:
    return START + timedelta(days=(day - 1) // 5 * 7 + (day - 1) % 5)


def _names(people: int) -> list[str]:
    return [NAMES[n] if n < len(NAMES) else f"{NAMES[n % len(NAMES)]} {n // len(NAMES) + 1}" for n in range(people)]


def _cohort(session: Session, name: str, course: Course, days: int) -> Cohort:
    due = datetime.combine(_date_of(days + 1), time(7), tzinfo=UTC)
    left = days < course.about.days
    cohort = Cohort(
        key=f"{name:.32}", platform="discord", workspace="w", channel=f"c-{name}"[:60], name=name,
        course=course.about.id,
        zone="Europe/Zurich", post_time=time(9), weekdays=31, start_date=START, next_lesson=days + 1 if left else None,
        next_date=due.date() if left else None, next_due_at=due if left else None,
        state="active" if left else "finished", created_at=due - timedelta(days=200),
    )  # fmt: skip
    session.add(cohort)
    session.flush()
    return cohort


def _member(session: Session, cohort: Cohort, ref: str, name: str) -> Member:
    member = session.query(Member).filter_by(platform="discord", workspace="w", ref=ref).one_or_none()
    if member is None:
        member = Member(platform="discord", workspace="w", ref=ref, name=name)
        session.add(member)
        session.flush()
    return member


def _inserted(session: Session, table: Any, rows: list[dict[str, Any]]) -> list[int]:
    if not rows:
        return []
    return list(session.scalars(insert(table).returning(table.id, sort_by_parameter_order=True), rows))


def _release(session: Session, cohort: Cohort, course: Course, days: int) -> list[tuple[int, int]]:
    """(day, message) of every prompt that is out."""
    deliveries = _inserted(
        session,
        Delivery,
        [
            {
                "cohort_id": cohort.id, "kind": "lesson", "local_date": _date_of(day), "lesson": day,
                "due_at": _out(day), "closes_at": _out(day + 1) + timedelta(hours=15), "state": "done", "attempt": 1,
                "next_try_at": _out(day), "posted_at": _out(day),
            }
            for day in range(1, days + 1)
        ],
    )  # fmt: skip
    asked = [
        (day, delivery, number, prompt.id)
        for day, delivery in enumerate(deliveries, 1)
        for number, prompt in enumerate(course.lessons[day].prompts, 1)
    ]
    messages = _inserted(
        session,
        Message,
        [
            {
                "delivery_id": delivery, "number": number, "prompt": prompt, "key": f"k{delivery}-{number}",
                "body": "{}", "platform": "discord", "ref": f"m{delivery}-{number}", "thread": f"t{delivery}-{number}",
                "unread": False, "audits": 0,
            }
            for _, delivery, number, prompt in asked
        ],
    )  # fmt: skip
    return [(day, message) for (day, *_), message in zip(asked, messages, strict=True)]


def _out(day: int) -> datetime:
    return datetime.combine(_date_of(day), time(7), tzinfo=UTC)


def _write(
    session: Session, members: list[int], messages: list[tuple[int, int]], days: int, chance: random.Random, odd: bool
) -> None:
    rows = []
    for place, member in enumerate(members):
        stops = days - 4 if place % 8 == 1 else days
        for day, message in messages:
            if day > stops or (place and chance.random() < (0.12 if place % 8 != 5 else 0.6)):
                continue
            at = _out(day) + timedelta(hours=chance.choice([1, 3, 5, 26, 60]))
            if at > now_on(days):
                continue
            first = chance.randrange(40)
            text = HOSTILE if odd and place == 2 else " ".join((WORDS * 3)[first : first + chance.randrange(12, 110)])
            rows.append(
                {"message_id": message, "member_id": member, "platform": "discord", "ref": f"s{message}-{member}",
                 "text": text, "revision": 0, "sent_at": at, "receipted": True}
            )  # fmt: skip
    ids = _inserted(session, Submission, rows)
    session.execute(
        insert(Revision),
        [{"submission_id": i, "revision": 0, "text": row["text"]} for i, row in zip(ids, rows, strict=True)],
    ) if rows else None
    for number, (id_, row) in enumerate(zip(ids, rows, strict=True)):
        if number % 9 == 0 and len(ids) < 5_000:
            for turn in (1, 2):
                moment = int((row["sent_at"] + timedelta(hours=20 * turn)).timestamp() * 1_000_000)
                text = f"{row['text']} (Changed {turn}.)"
                session.add(Revision(submission_id=id_, revision=moment, text=text))
                submission = session.get_one(Submission, id_)
                submission.text, submission.revision = text, moment
        if number % 4 == 0 and len(ids) < 5_000:
            for person in range(1 + number % 5):
                session.add(Reaction(submission_id=id_, person=f"p{person}", emoji="👍", at=row["sent_at"]))
    session.flush()


def _say(session: Session, cohort: Cohort, by: Member, members: list[int], now: datetime) -> None:
    answers = session.query(Submission).filter(Submission.member_id.in_(members[:40])).order_by(Submission.id).all()
    for number, each in enumerate(answers):
        if number % 3 == 0 and each.sent_at < now - timedelta(days=2):
            kind = "praise" if number % 6 == 0 else "note"
            text = "" if kind == "praise" else "Good. Say which figure you mean; the reader cannot tell."
            session.add(
                Feedback(submission_id=each.id, by_id=by.id, platform="discord", key=f"f{each.id}", text=text,
                         shared=number % 2 == 0, kind=kind, at=each.sent_at + timedelta(hours=5),
                         told_at=each.sent_at + timedelta(hours=6))
            )  # fmt: skip
    for number, member in enumerate(members[:70]):
        about = session.get_one(Member, member)
        action, says = [(Action.EXCUSED, "day 7, 2026-07-14"), (Action.FEEDBACK, "day 8, prompt a: a note in private"),
                        (Action.PATH_READ, "everything written in this cohort")][number % 3]  # fmt: skip
        write_down(session, cohort, by, action, says, now - timedelta(hours=70 - number), about=about)
