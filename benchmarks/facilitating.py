"""What a facilitator waits for: the report and the pages of a cohort of 60 lessons, by its members, on both databases.

The whole way of `/report` is measured, from the command to the post. warm: a few members have written since the last
one; cold: nothing is added up yet. Beside it, in the same run, what it was before there were tallies: one question that
adds up every submission of the cohort. Machines are noisy: the least of the times is what a quiet one takes.

python benchmarks/facilitating.py [--members 30 300 1000 3000] [--rounds 9] [--output FILE]
"""

import argparse
import gc
import json
import random
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from made_record import KINDS, add_cohorts, add_posted_days, opened_record, settled
from rich.console import Console
from rich.table import Table
from sqlalchemy import Engine, delete, func, insert, select
from sqlalchemy.orm import Session

from bot.chat.inbound import Command, Person
from bot.cohorts.brief import brief
from bot.cohorts.progress import cohort_progress
from bot.config import HOME
from bot.curriculum.load import load_course
from bot.curriculum.lookup import Lookup
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
    Tally,
)
from bot.talk.commands import answer
from bot.web.desk.doors import Answer, Audience, Call, Shown
from bot.web.desk.pages import cohort as cohort_pages
from bot.web.desk.pages import lesson as lesson_pages
from bot.web.desk.pages import member as member_pages
from bot.web.desk.pages import search as search_pages
from bot.web.desk.rendering import Shell, rendered

NOW = datetime(2026, 3, 6, 12, 0, tzinfo=UTC)
LESSONS = 60
PROMPTS = 2
ANSWERED = 0.9  # of the prompts: 108,000 submissions of 1,000 members
FRESH = 5  # members who have written since the last report
TEXT = "It is shown that the model does this when it is told so, and not that it wants it. " * 7
COURSE = load_course(HOME / "curriculum")
LOOKUP = Lookup(COURSE)
ASKED = Command("discord", "w1", "c1", Person("fay", "Fay"), "report", {})
CHUNK = 5_000
PAGES = ("page", "lesson_page", "search_page")


def made(engine: Engine, members: int) -> None:
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


# What is timed


def report(session: Session) -> object:
    """The whole command."""
    return answer(session, COURSE, LOOKUP, ASKED, NOW)


def numbers(session: Session) -> object:
    """Progress and brief without the words."""
    cohort = session.get_one(Cohort, 1)
    return brief(session, COURSE, cohort, cohort_progress(session, cohort, NOW), NOW)


def as_before(session: Session) -> object:
    """What a report asked first of all, before there were tallies."""
    return session.execute(
        select(Submission.member_id, Submission.message_id, func.min(Submission.sent_at), func.max(Submission.sent_at))
        .join(Message, Message.id == Submission.message_id)
        .join(Delivery, Delivery.id == Message.delivery_id)
        .where(Delivery.cohort_id == 1, Submission.withdrawn_at.is_(None))
        .group_by(Submission.member_id, Submission.message_id)
    ).all()


def page(session: Session) -> str:
    """The cohort's page in the browser: brief, calendar strip, 50 rows of the map."""
    return _opened(session, cohort_pages.cohort)


def page_turned(session: Session) -> str:
    return _opened(session, cohort_pages.cohort, query={"page": "2"})


def lesson_page(session: Session) -> str:
    """The first twenty answers to each prompt of a lesson."""
    return _opened(session, lesson_pages.lesson, {"day": str(session.scalars(select(func.max(Delivery.lesson))).one())})


def member_page(session: Session) -> str:
    learner = session.scalars(select(func.min(Submission.member_id))).one()
    return _opened(session, member_pages.member, {"member": str(learner)})


def search_page(session: Session) -> str:
    """For what nobody has written: every answer of the cohort is looked through."""
    return _opened(session, search_pages.search, query={"q": "xylophone"})


def _opened(
    session: Session,
    door: Callable[[Call], Answer],
    args: dict[str, str] | None = None,
    query: dict[str, str] | None = None,
) -> str:
    facilitator = session.scalars(select(Member).order_by(Member.id).limit(1)).one()
    at = session.get_one(Cohort, 1)
    call = Call(session, COURSE, facilitator, at, Audience.FACILITATOR, NOW, "", args or {}, query or {})
    shown = door(call)
    assert isinstance(shown, Shown), shown
    return rendered(shown.template, Shell("/desk"), call=call, **shown.values)


def write(session: Session) -> None:
    """A few members' answers come and go, as heard."""
    newest = session.scalars(select(Submission).order_by(Submission.id.desc()).limit(FRESH)).all()
    for each in newest:
        each.withdrawn_at = None if each.withdrawn_at else NOW


def forget(session: Session) -> None:
    session.execute(delete(Tally))


def measured(kind: str, members: int, rounds: int) -> dict[str, Any]:
    with opened_record(kind) as engine:
        made(engine, members)
        settled(engine)
        database = Database(engine)
        submissions = database.run_now(lambda session: session.scalar(select(func.count()).select_from(Submission)))
        database.run_now(report)
        found: dict[str, Any] = {"members": members, "submissions": submissions}
        found["report_warm"] = timed(database, report, rounds, write)
        found["numbers_warm"] = timed(database, numbers, rounds, write)
        found["report_cold"] = timed(database, report, max(rounds // 3, 1), forget)
        found["one_query_over_all_before"] = timed(database, as_before, max(rounds // 3, 1), write)
        for each in (page, page_turned, lesson_page, member_page, search_page):
            found[each.__name__] = timed(database, each, rounds, write)
        found["page_peak_mb"] = peak(database, page, write)
        found["report_peak_mb"] = peak(database, report, write)
        found["report_cold_peak_mb"] = peak(database, report, forget)
        return found


def timed(
    database: Database, ask: Callable[[Session], object], rounds: int, before: Callable[[Session], None]
) -> dict[str, float]:
    took = []
    for _ in range(rounds):
        database.run_now(before)
        gc.collect()
        started = time.perf_counter()
        database.run_now(ask)
        took.append((time.perf_counter() - started) * 1e3)
    return {"median_ms": round(statistics.median(took), 1), "least_ms": round(min(took), 1)}


def peak(database: Database, ask: Callable[[Session], object], before: Callable[[Session], None]) -> float:
    """Megabytes that Python holds at most while it works, beyond what it held before."""
    database.run_now(before)
    gc.collect()
    tracemalloc.start()
    database.run_now(ask)
    megabytes = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    return round(megabytes, 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--members", type=int, nargs="+", default=[30, 300, 1_000, 3_000])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--databases", nargs="+", default=KINDS, choices=KINDS)
    parser.add_argument("--output", type=Path, help="where the figures go as well, as JSON")
    asked = parser.parse_args()
    names = ("report warm", "least", "cold", "numbers", "before", "peak MB", "page", "least", "lesson", "search")
    table = Table("database", "members", *names)
    results: dict[str, list[dict[str, Any]]] = {}
    for kind in asked.databases:
        results[kind] = [measured(kind, members, asked.rounds) for members in asked.members]
        for each in results[kind]:
            figures = ("report_warm", "report_cold", "numbers_warm", "one_query_over_all_before")
            warm, cold, bare, before = (each[name]["median_ms"] for name in figures)
            least = each["report_warm"]["least_ms"]
            row = (kind, f"{each['members']:,}", warm, least, cold, bare, before, each["report_peak_mb"])
            desk = (each["page"]["median_ms"], *(each[name]["least_ms"] for name in PAGES))
            table.add_row(*map(str, (*row, *desk)))
    Console(stderr=True).print(table)
    print(json.dumps(results, indent=1))
    if asked.output:
        asked.output.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
