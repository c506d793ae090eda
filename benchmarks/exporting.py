"""What leaves the program as a file: how long it takes and how much memory, by a cohort's members, on both databases.

answers: every submission of 60 lessons, as CSV, JSON and a workbook. Beside it, in the same run, what it would take to
hold all rows at once. picture: one page of the heat map, from the record to the PNG; its program's own memory is told
apart. Machines are noisy: the least of the times is what a quiet one takes.

python benchmarks/exporting.py [--members 300 1000] [--rounds 5] [--output FILE]
"""

import argparse
import gc
import json
import resource
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import psutil
from facilitating import COURSE, NOW, made
from made_record import KINDS, opened_record, settled
from rich.console import Console
from rich.table import Table
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from bot.cohorts.exports import count_submissions, submission_rows
from bot.cohorts.paths import member_path
from bot.cohorts.progress import cohort_progress
from bot.store.database import Database
from bot.store.reading import open_reader, reading
from bot.store.tables import Cohort, Member
from bot.talk.drawing.heat_map import heat_map, page_of
from bot.talk.drawing.portfolio import portfolio_pdf
from bot.talk.exports.files import FORMS
from bot.talk.exports.sheets import answers_export, progress_export
from bot.talk.portfolios import portfolio_of


def measured(kind: str, members: int, rounds: int) -> dict[str, Any]:
    with opened_record(kind) as engine:
        made(engine, members)
        settled(engine)
        database = Database(engine)
        cohort = database.run_now(lambda session: session.get_one(Cohort, 1))
        found: dict[str, Any] = {"members": members, "submissions": database.run_now(count_submissions, cohort)}
        for form in FORMS:
            found[form] = once(lambda form=form: answers(engine, cohort, form))
        found["progress_xlsx"] = once(lambda: progress(database, cohort))
        found["picture"] = again(lambda: picture(database, cohort), rounds)
        found["portfolio"] = again(lambda: paper(database, cohort), rounds)
        found["all_rows_held"] = once(lambda: held(engine, cohort))  # last: what it takes is not given back
        found["drawing_program_mb"] = round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)
        return found


def answers(engine: Engine, cohort: Cohort, form: str) -> int:
    with reading(open_reader(engine), 3_600) as session:
        return size(FORMS[form].write(answers_export(session, cohort, NOW)))


def held(engine: Engine, cohort: Cohort) -> int:
    with reading(open_reader(engine), 3_600) as session:
        return len(list(submission_rows(session, cohort)))


def progress(database: Database, cohort: Cohort) -> int:
    everybody = database.run_now(lambda session: cohort_progress(session, cohort, NOW))
    return size(FORMS["xlsx"].write(progress_export(cohort, everybody, NOW)))


def picture(database: Database, cohort: Cohort) -> int:
    page = page_of("Cohort", database.run_now(lambda session: cohort_progress(session, cohort, NOW)), 1, 2)
    assert page is not None
    return len(heat_map(COURSE, page).png)


def paper(database: Database, cohort: Cohort) -> int:
    def path(session: Session) -> Any:
        return member_path(session, COURSE, cohort, session.get_one(Member, 1), NOW)

    return len(portfolio_pdf(portfolio_of(COURSE, cohort, database.run_now(path), NOW)))


def size(pieces: Iterator[bytes]) -> int:
    return sum(map(len, pieces))


def once(do: Callable[[], int]) -> dict[str, float]:
    """Its time, and the megabytes by which the program grows meanwhile, looked at every 20 ms."""
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
    do()
    took = time.perf_counter() - started
    over.set()
    watching.join()
    return {"seconds": round(took, 2), "grown_mb": round((most - before) / 1e6, 1)}


def again(do: Callable[[], int], rounds: int) -> dict[str, float]:
    do()
    took = []
    for _ in range(rounds):
        gc.collect()
        started = time.perf_counter()
        do()
        took.append((time.perf_counter() - started) * 1e3)
    return {"median_ms": round(statistics.median(took)), "least_ms": round(min(took))}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--members", type=int, nargs="+", default=[300, 1_000])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--databases", nargs="+", default=KINDS, choices=KINDS)
    parser.add_argument("--output", type=Path, help="where the figures go as well, as JSON")
    asked = parser.parse_args()
    table = Table("database", "members", "submissions", "csv", "json", "xlsx", "held", "picture ms", "portfolio ms")
    results: dict[str, list[dict[str, Any]]] = {}
    for kind in asked.databases:
        results[kind] = [measured(kind, members, asked.rounds) for members in asked.members]
        for each in results[kind]:
            files = [each[name] for name in ("csv", "json", "xlsx", "all_rows_held")]
            drawn = [f"{each[name]['median_ms']} (least {each[name]['least_ms']})" for name in ("picture", "portfolio")]
            told = [f"{one['seconds']} s, {one['grown_mb']} MB" for one in files]
            table.add_row(kind, f"{each['members']:,}", f"{each['submissions']:,}", *told, *drawn)
    Console(stderr=True).print(table)
    print(json.dumps(results, indent=1))
    if asked.output:
        asked.output.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
