"""What a tick costs with 1,000, 10,000 and 100,000 cohorts in the record and 0, 1 and 100 of them due, beside one
APScheduler job a cohort (`job_per_cohort`).

Both are woken in turn, in one process, on one database with its own settings for a crash. When they are woken:

    ours      plan_due, then claim_due until nothing is left: a row of the ledger for each lesson that is due, the
              cohort moved on to its next lesson, and the row leased to whoever sends it. A transaction for all that is
              planned, one for each eight that are claimed.
    the jobs  the due ones are read and unpickled, each is called (it does nothing), and its next_run_time is written:
              a transaction each. Nothing tells afterwards what was to be posted, or whether it was.

What ours does next, before anything leaves, has a row of its own: the lesson rendered for each and kept.

python benchmarks/ticks.py [--sizes 1000 10000 100000] [--runs 7]
"""

import gc
import time
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from datetime import time as wall_time

from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from job_per_cohort import Rung, add_in_bulk, in_memory, make_due
from made_record import KINDS, add_cohorts, add_posted_days, opened_record, settled
from measuring import Row, arguments, bar, row, tell
from sqlalchemy import Engine, delete, update

from bot.cohorts.alerts import take_alarms
from bot.cohorts.audits import take_audits
from bot.cohorts.claims import Claim
from bot.cohorts.cohorts import NewCohort, open_cohort
from bot.cohorts.deliveries import claim_due, keep_messages, plan_due, release_leases
from bot.cohorts.digests import take_digests
from bot.cohorts.edits import take_edits
from bot.cohorts.examinations import take_examinations
from bot.cohorts.feedback import untold
from bot.cohorts.jobs import take_due
from bot.cohorts.notices import due as notices_due
from bot.cohorts.nudges import unnudged
from bot.cohorts.pins import take_pins
from bot.cohorts.probes import take_probes
from bot.cohorts.receipts import unreceipted
from bot.cohorts.sweeps import take_threads
from bot.config import HOME
from bot.curriculum.load import load_course
from bot.curriculum.model import Course
from bot.engine.delivering import AT_ONCE
from bot.engine.planning import PLANNED_AT_ONCE
from bot.platforms.discord.client import DiscordPlatform
from bot.store.database import Database
from bot.store.tables import Cohort, Delivery
from bot.talk.asking import reached_everywhere
from bot.talk.drafts import lesson_drafts

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
POSTED = NOW - timedelta(days=20)
SIZES = (1_000, 10_000, 100_000)
DUE = (0, 1, 100)
LESSON = 31
PLATFORMS = ["discord", "slack"]
ADDED = 50
"""Cohorts and jobs that are added one by one."""

HELD = 1_000
"""Cohorts whose memory is looked at: to trace it makes everything several times slower, and it grows evenly."""


def planned_and_claimed(database: Database) -> list[Claim]:
    """The embedded engine's post tick, without the sending."""
    while database.run_now(plan_due, lambda _course, day: day + 1, NOW, PLANNED_AT_ONCE):
        pass
    claims: list[Claim] = []
    while found := database.run_now(claim_due, PLATFORMS, NOW, AT_ONCE):
        claims += found
    return claims


QUESTIONS: Sequence[Callable[[Database], object]] = (
    planned_and_claimed,
    lambda database: database.run_now(take_due, PLATFORMS, NOW, 500),
    lambda database: database.run_now(take_threads, "discord", NOW),
    lambda database: database.run_now(unreceipted, "discord"),
    lambda database: database.run_now(untold, "discord"),
    lambda database: database.run_now(unnudged, "discord"),
    lambda database: database.run_now(take_audits, PLATFORMS, NOW),
    lambda database: database.run_now(take_alarms, PLATFORMS, NOW),
    lambda database: database.run_now(take_probes, PLATFORMS, NOW),
    lambda database: database.run_now(take_examinations, PLATFORMS, NOW),
    lambda database: database.run_now(take_pins, PLATFORMS),
    lambda database: database.run_now(take_edits, PLATFORMS),
    lambda database: database.run_now(take_digests, PLATFORMS, NOW),
    lambda database: database.run_now(notices_due, PLATFORMS, NOW),
)
"""What the ticks of either engine ask when there is nothing to do, every 5 to 60 seconds; but for `how_far`, which each
process that listens asks once a minute for its suggestions, and which is about all cohorts."""


def how_far(database: Database) -> object:
    return database.run_now(reached_everywhere)


class Bench:
    """A record of one size, with the jobs beside it in the same database."""

    def __init__(self, kind: str, size: int, engine: Engine, runs: int) -> None:
        self.what, self.size, self.runs = f"{kind}, {size:,} cohorts", size, runs
        self.engine, self.database = engine, Database(engine)
        self.store = SQLAlchemyJobStore(engine=engine)
        self.jobs = Rung(self.store)

    def fill(self) -> None:
        add_cohorts(self.engine, 1, self.size, NOW + timedelta(hours=1))
        add_posted_days(self.engine, range(1, self.size + 1), 1, POSTED, bodies=("{}", "{}"))
        add_in_bulk(self.jobs, self.store, self.size)
        _count_on(self.engine)
        settled(self.engine)

    def adding(self) -> Row:
        """Before `fill`: a transaction each on both sides."""
        ours, theirs = [], []
        for number in range(1, ADDED + 1):
            ours.append(took(lambda number=number: self.database.run_now(open_cohort, _new(number), NOW)))
            theirs.append(took(lambda number=number: self.jobs.add(number)))
        with self.engine.begin() as connection:
            connection.execute(delete(Cohort))
        self.jobs.remove_all_jobs()
        return row(f"{self.what}: one is added", "ms", ours, "add_job, SQLAlchemyJobStore", theirs)

    def ticking(self, due: int) -> Row:
        ours, theirs = [], []
        for number in range(-1, self.runs):  # the first one warms the pages
            self._make_due(due)
            make_due(self.jobs, due)
            claims: list[Claim] = []
            found = took(lambda claims=claims: claims.extend(planned_and_claimed(self.database))), took(self.jobs.ring)
            assert len(claims) == due
            if number >= 0:
                ours.append(found[0])
                theirs.append(found[1])
        return row(f"{self.what}, {due} due: planned and claimed", "ms", ours, "jobs, SQLAlchemyJobStore", theirs)

    def keeping(self, course: Course) -> Row:
        """What is still done before a call leaves."""
        platform, values = DiscordPlatform("x.y.z"), []
        for _ in range(min(self.runs, 3)):
            self._make_due(max(DUE))
            claims = planned_and_claimed(self.database)
            values.append(took(lambda claims=claims: _keep(self.database, course, platform, claims)))
        self._make_due(0)
        return row(f"{self.what}, {max(DUE)} due: rendered and kept", "ms", values)

    def asking(self, what: str, questions: Sequence[Callable[[Database], object]], fewest: Database) -> Row:
        ours, theirs = [], []
        for number in range(-1, self.runs):
            found = [took(lambda on=on: [ask(on) for ask in questions]) for on in (self.database, fewest)]
            if number >= 0:
                ours.append(found[0])
                theirs.append(found[1])
        return row(f"{self.what}, 0 due: {what}", "ms", ours, "with the fewest cohorts", theirs)

    def starting(self) -> Row:
        """What a start asks of the record, beside a bot whose jobs are in memory, and so have to be added again."""
        runs = min(self.runs, 3) if self.size < max(SIZES) else 1
        ours = [took(lambda: start(self.database)) for _ in range(runs)]
        theirs = [took(lambda: in_memory(self.size)) for _ in range(runs)]
        return row(f"{self.what}: start", "ms", ours, "add_job, MemoryJobStore", theirs)

    def holding(self) -> Row:
        """Memory that stays taken for each cohort: how far it is, for suggestions; a job."""
        start(self.database)
        ours, theirs = held(lambda: start(self.database)), held(lambda: in_memory(self.size))
        what = f"{self.what}: memory of one"
        return row(what, "bytes", [ours / self.size], "jobs, MemoryJobStore", [theirs / self.size])

    def _make_due(self, count: int) -> None:
        """These lessons are due at NOW, whatever was planned and claimed of them before."""
        first = update(Cohort).where(Cohort.id <= max(DUE))
        with self.engine.begin() as connection:
            connection.execute(delete(Delivery).where(Delivery.state == "planned"))
            ahead = {"next_lesson": LESSON, "next_date": NOW.date(), "next_due_at": NOW + timedelta(hours=1)}
            connection.execute(first.values(**ahead))
            connection.execute(first.where(Cohort.id <= count).values(next_due_at=NOW))


def start(database: Database) -> object:
    """As `bot.engine.ticks.start`."""
    database.run_now(release_leases, "discord", 10.0, NOW)
    return how_far(database)


def took(work: Callable[[], object]) -> float:
    """Milliseconds."""
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1e3


def held(make: Callable[[], object]) -> int:
    """Bytes that what it makes keeps."""
    gc.collect()
    tracemalloc.start()
    made = make()
    gc.collect()
    current, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del made
    return current


def _count_on(engine: Engine) -> None:
    """New rows come after those that were made with their ids."""
    if engine.dialect.name == "postgresql":
        with engine.begin() as connection:
            for table in ("cohorts", "deliveries", "messages"):
                last = f"SELECT max(id) FROM {table}"
                connection.exec_driver_sql(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), ({last}))")


def _keep(database: Database, course: Course, platform: DiscordPlatform, claims: Sequence[Claim]) -> None:
    for claim in claims:
        database.run_now(keep_messages, claim, lesson_drafts(course, platform, claim.lesson, claim.key))


def _new(number: int) -> NewCohort:
    place = ("discord", f"w{number}", f"c{number}", f"Cohort {number}", "course", "UTC")
    return NewCohort(*place, wall_time(9), 127, date(2026, 1, 5), LESSON)


def measured(kind: str, sizes: Sequence[int], runs: int, course: Course, step: Callable[[], object]) -> Iterator[Row]:
    """Everything on one kind of database; `step` is called after each row."""
    with ExitStack() as stack:
        benches = [Bench(kind, size, stack.enter_context(opened_record(kind)), runs) for size in sizes]
        yield benches[0].adding()
        for bench in benches:
            bench.fill()
            for due in DUE:
                yield bench.ticking(due)
            yield bench.keeping(course)
            yield bench.asking("every question of all ticks", QUESTIONS, benches[0].database)
            yield bench.asking("how far each cohort is", (how_far,), benches[0].database)
            if kind == KINDS[0]:
                yield bench.starting()
            if kind == KINDS[0] and bench.size <= HELD:
                yield bench.holding()
            step()


def main() -> None:
    parser = arguments(__doc__, runs=3)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    asked = parser.parse_args()
    sizes, runs = ((SIZES[0],), 1) if asked.quick else (sorted(asked.sizes), asked.runs)
    course = load_course(HOME / "curriculum")
    with bar() as progress:
        task = progress.add_task("records", total=len(KINDS) * len(sizes))
        rows = [each for kind in KINDS for each in measured(kind, sizes, runs, course, lambda: progress.advance(task))]
    tell("ticks", "One tick, beside one APScheduler job a cohort", rows)


if __name__ == "__main__":
    main()
