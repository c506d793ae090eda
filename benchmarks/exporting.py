"""What leaves the program as a file: how long it takes and how much memory, by a cohort's members, on both databases.

answers: every submission of 60 lessons, as CSV, JSON and a workbook. Beside it, in the same run, what it takes to hold
all rows at once and write nothing. progress: the table of members and lessons as a workbook. Each is made by a process
of its own, which ends with it: what one has taken helps no other. portfolio: one member's course as a paper, from the
record to the PDF; beside it a program that sets an empty page, which is what starting a typesetter takes.

python benchmarks/exporting.py [--runs 3] [--members 30 300 1000] [--quick]
"""

import gc
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any

import psutil
from made_class import NOW, add_class
from made_record import KINDS, opened_record, settled
from measuring import Row, arguments, repeated, row, tell
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from bot.cohorts.exports import count_submissions, submission_rows
from bot.cohorts.paths import member_path
from bot.cohorts.progress import cohort_progress
from bot.config import HOME
from bot.curriculum.load import load_course
from bot.curriculum.model import Course
from bot.store.database import Database, open_engine
from bot.store.reading import open_reader, reading
from bot.store.tables import Cohort, Member
from bot.talk.drawing.portfolio import portfolio_pdf
from bot.talk.exports.files import FORMS
from bot.talk.exports.sheets import answers_export, progress_export
from bot.talk.portfolios import portfolio_of

SIZES = (30, 300, 1_000)
HELD = "all rows held"
PROGRESS = "progress as xlsx"
FILES = (HELD, *(f"answers as {form}" for form in FORMS), PROGRESS)
PRELOADED = ["bot.curriculum.load", "bot.talk.drawing.portfolio", "bot.talk.exports.sheets", "psutil", "rich.progress"]
EMPTY_PAGE = [sys.executable, "-P", "-c", "import typst; typst.Compiler(b'x').compile(format='png')"]


@dataclass(frozen=True)
class Cost:
    """Seconds, and the megabytes by which the process has grown at most."""

    seconds: float
    megabytes: float


def main() -> None:
    parser = arguments(__doc__, runs=3)
    parser.add_argument("--members", type=int, nargs="+", default=SIZES)
    parser.add_argument("--databases", nargs="+", default=KINDS, choices=KINDS)
    asked = parser.parse_args()
    runs, sizes = (1, SIZES[:1]) if asked.quick else (asked.runs, asked.members)
    course = load_course(HOME / "curriculum")
    rows = [each for kind in asked.databases for members in sizes for each in measured(course, kind, members, runs)]
    tell("exporting", f"What leaves the program as a file, 60 lessons, median of {runs}", rows)


def measured(course: Course, kind: str, members: int, runs: int) -> list[Row]:
    with opened_record(kind) as engine:
        add_class(engine, members)
        settled(engine)
        database = Database(engine)
        cohort = database.run_now(lambda session: session.get_one(Cohort, 1))
        where = f"{members:,} members, {kind}"
        told = f"{where} ({database.run_now(count_submissions, cohort):,} answers)"
        url = engine.url.render_as_string(hide_password=False)
        laps = repeated(told, runs, lambda: {file: alone(url, file) for file in FILES})
        papers = repeated(f"{where}: portfolio", runs, lambda: (paper(course, database, cohort), empty_page()))
        return [*file_rows(where, laps), paper_row(where, papers)]


def file_rows(where: str, laps: Sequence[dict[str, Cost]]) -> Iterator[Row]:
    for file in FILES[1:]:
        ours, held = [each[file] for each in laps], [each[HELD] for each in laps]
        yield row(f"{file}: {where}", "s", [e.seconds for e in ours], HELD, [e.seconds for e in held])
        yield row(f"{file}: {where}: memory", "MB", [e.megabytes for e in ours], HELD, [e.megabytes for e in held])


def paper_row(where: str, papers: Sequence[tuple[float, float]]) -> Row:
    ours, empty = zip(*papers, strict=True)
    return row(f"portfolio: {where}", "s", ours, "an empty page", empty)


# In a process of its own


def alone(url: str, file: str) -> Cost:
    """Forked from a process that has imported what is needed, and done nothing yet."""
    context = get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    with ProcessPoolExecutor(1, context) as pool:
        return pool.submit(cost_of, url, file).result()


def cost_of(url: str, file: str) -> Cost:
    """Its time, and how the program grows meanwhile, looked at every 20 ms."""
    engine = open_engine(url)
    database = Database(engine)
    cohort = database.run_now(lambda session: session.get_one(Cohort, 1))
    gc.collect()
    program, over = psutil.Process(), threading.Event()
    before = most = program.memory_info().rss

    def watch() -> None:
        nonlocal most
        while not over.wait(0.02):
            most = max(most, program.memory_info().rss)

    watching = threading.Thread(target=watch)
    watching.start()
    started = time.perf_counter()
    make(engine, database, cohort, file)
    took = time.perf_counter() - started
    most = max(most, program.memory_info().rss)
    over.set()
    watching.join()
    engine.dispose()
    return Cost(took, (most - before) / 1e6)


def make(engine: Engine, database: Database, cohort: Cohort, file: str) -> int:
    """How many bytes, or rows."""
    if file == PROGRESS:
        everybody = database.run_now(lambda session: cohort_progress(session, cohort, NOW))
        return size(FORMS["xlsx"].write(progress_export(cohort, everybody, NOW)))
    with reading(open_reader(engine), 3_600) as session:
        if file == HELD:
            return len(list(submission_rows(session, cohort)))
        return size(FORMS[file.removeprefix("answers as ")].write(answers_export(session, cohort, NOW)))


def size(pieces: Iterator[bytes]) -> int:
    return sum(map(len, pieces))


# A member's paper


def paper(course: Course, database: Database, cohort: Cohort) -> float:
    def path(session: Session) -> Any:
        return member_path(session, course, cohort, session.get_one(Member, 1), NOW)

    started = time.perf_counter()
    portfolio_pdf(portfolio_of(course, cohort, database.run_now(path), NOW))
    return time.perf_counter() - started


def empty_page() -> float:
    started = time.perf_counter()
    subprocess.run(EMPTY_PAGE, check=True)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
