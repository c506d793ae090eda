"""What a facilitator waits for: the report, the pages and the picture of a cohort of 60 lessons, by its members, on
both databases.

The whole way of `/report` is measured, from the command to the post. warm: a few members have written since the last
one; cold: nothing is added up yet. Beside each, in the same run, what a report asked before there were tallies: one
question that adds up every submission of the cohort, with nothing made of its rows. Beside the picture, a program that
sets an empty page: what starting a typesetter takes.

python benchmarks/facilitating.py [--runs 7] [--members 30 300 1000 3000] [--quick]
"""

import gc
import subprocess
import time
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from exporting import EMPTY_PAGE
from made_class import NOW, add_class
from made_record import KINDS, opened_record, settled
from measuring import Row, arguments, repeated, row, tell
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from bot.chat.inbound import Command, Person
from bot.cohorts.progress import cohort_progress
from bot.config import HOME
from bot.curriculum.load import load_course
from bot.curriculum.lookup import Lookup
from bot.store.database import Database
from bot.store.tables import Cohort, Delivery, Member, Message, Submission, Tally
from bot.talk.commands import answer
from bot.talk.drawing.heat_map import heat_map, page_of
from bot.web.desk.doors import Answer, Audience, Call, Shown
from bot.web.desk.pages import cohort as cohort_pages
from bot.web.desk.pages import lesson as lesson_pages
from bot.web.desk.pages import member as member_pages
from bot.web.desk.pages import search as search_pages
from bot.web.desk.rendering import Shell, rendered

SIZES = (30, 300, 1_000, 3_000)
AIMED = 1_000  # members for whom the aims are: a cohort has dozens, a course at a university hundreds
FRESH = 5  # members who have written since the last report
COURSE = load_course(HOME / "curriculum")
LOOKUP = Lookup(COURSE)
ASKED = Command("discord", "w1", "c1", Person("fay", "Fay"), "report", {})

Asking = Callable[[Session], object]


@dataclass(frozen=True)
class Thing:
    """What is waited for. first: what happens in the record before it; at_most: the aim for AIMED members, in ms."""

    what: str
    do: Callable[[Database], object]
    first: Callable[[Session], None]
    beside: str
    at_most: float | None = None


# What is timed


def report(session: Session) -> object:
    """The whole command."""
    return answer(session, COURSE, LOOKUP, ASKED, NOW)


def one_query(session: Session) -> object:
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


def lesson_page(session: Session) -> str:
    """The first twenty answers to each prompt of a lesson."""
    return _opened(session, lesson_pages.lesson, {"day": str(session.scalars(select(func.max(Delivery.lesson))).one())})


def member_page(session: Session) -> str:
    learner = session.scalars(select(func.min(Submission.member_id))).one()
    return _opened(session, member_pages.member, {"member": str(learner)})


def search_page(session: Session) -> str:
    """For what nobody has written: every answer of the cohort is looked through."""
    return _opened(session, search_pages.search, query={"q": "xylophone"})


def picture(database: Database) -> object:
    """From the record to the PNG: one page of the heat map, set by a program of its own."""
    shown = page_of("Cohort", database.run_now(lambda s: cohort_progress(s, s.get_one(Cohort, 1), NOW)), 1, 2)
    assert shown is not None, "the first page is always there"
    return heat_map(COURSE, shown)


def empty_page(database: Database) -> object:
    return subprocess.run(EMPTY_PAGE, check=True)


def write(session: Session) -> None:
    """A few members' answers come and go, as heard."""
    newest = session.scalars(select(Submission).order_by(Submission.id.desc()).limit(FRESH)).all()
    for each in newest:
        each.withdrawn_at = None if each.withdrawn_at else NOW


def forget(session: Session) -> None:
    session.execute(delete(Tally))


def asking(what: Asking) -> Callable[[Database], object]:
    return lambda database: database.run_now(what)


QUERY, EMPTY = "one query over all", "an empty page"
BASELINES = {
    QUERY: Thing(QUERY, asking(one_query), write, ""),
    EMPTY: Thing(EMPTY, empty_page, write, ""),
}
THINGS = (
    Thing("report, warm", asking(report), write, QUERY, at_most=150),
    Thing("report, cold", asking(report), forget, QUERY),
    Thing("page", asking(page), write, QUERY, at_most=300),
    Thing("page of a lesson", asking(lesson_page), write, QUERY),
    Thing("page of a member", asking(member_page), write, QUERY),
    Thing("search in all answers", asking(search_page), write, QUERY),
    Thing("picture", picture, write, EMPTY, at_most=500),
)


def main() -> None:
    parser = arguments(__doc__, runs=5)
    parser.add_argument("--members", type=int, nargs="+", default=SIZES)
    parser.add_argument("--databases", nargs="+", default=KINDS, choices=KINDS)
    asked = parser.parse_args()
    runs, sizes = (1, SIZES[:1]) if asked.quick else (asked.runs, asked.members)
    rows = [each for kind in asked.databases for members in sizes for each in measured(kind, members, runs)]
    tell("facilitating", f"What a facilitator waits for, 60 lessons, median of {runs}", rows)


def measured(kind: str, members: int, runs: int) -> list[Row]:
    with opened_record(kind) as engine:
        add_class(engine, members)
        settled(engine)
        database = Database(engine)
        answers = database.run_now(lambda session: session.scalar(select(func.count()).select_from(Submission)))
        where = f"{members:,} members, {kind}"
        database.run_now(report)
        laps = repeated(f"{where} ({answers:,} answers)", runs, lambda: lap(database))
        return [*time_rows(where, members, laps), memory_row(where, database)]


def lap(database: Database) -> dict[str, float]:
    """Milliseconds of everything, once each."""
    return {each.what: timed(database, each) for each in (*BASELINES.values(), *THINGS)}


def timed(database: Database, thing: Thing) -> float:
    database.run_now(thing.first)
    gc.collect()
    started = time.perf_counter()
    thing.do(database)
    return (time.perf_counter() - started) * 1e3


def time_rows(where: str, members: int, laps: Sequence[dict[str, float]]) -> Iterator[Row]:
    for thing in THINGS:
        ours, other = [each[thing.what] for each in laps], [each[thing.beside] for each in laps]
        aim = thing.at_most if members == AIMED else None
        yield row(f"{thing.what}: {where}", "ms", ours, thing.beside, other, at_most=aim)


def memory_row(where: str, database: Database) -> Row:
    ours, other = ([peak(database, ask)] for ask in (report, one_query))
    return row(f"report's memory: {where}", "MB", ours, QUERY, other)


def peak(database: Database, ask: Asking) -> float:
    """Megabytes that Python holds at most while it works, beyond what it held before."""
    database.run_now(write)
    gc.collect()
    tracemalloc.start()
    database.run_now(ask)
    megabytes = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    return megabytes


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


if __name__ == "__main__":
    main()
