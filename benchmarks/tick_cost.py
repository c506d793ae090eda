"""What an idle tick costs with 1,000 and with 100,000 cohorts in the table, none of them due, on both databases.

Both sizes are measured in one run, round by round in turn, so that a noisy machine disturbs both alike; compare the
ratio.  python benchmarks/tick_cost.py [--sizes 1000 100000] [--rounds 200]
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from made_record import KINDS, add_cohorts, add_posted_days, opened_record, settled
from rich.console import Console
from rich.table import Table

from bot.cohorts.alerts import take_alarms
from bot.cohorts.audits import take_audits
from bot.cohorts.deliveries import claim_due, plan_due
from bot.cohorts.jobs import take_due
from bot.cohorts.probes import take_probes
from bot.cohorts.receipts import unreceipted
from bot.cohorts.sweeps import take_threads
from bot.store.database import Database

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
PLATFORMS = ["discord", "slack"]
POSTED = NOW - timedelta(days=20)
QUESTIONS: dict[str, Callable[[Database], object]] = {
    "plan": lambda database: database.run_now(plan_due, lambda _course, day: day + 1, NOW),
    "claim": lambda database: database.run_now(claim_due, PLATFORMS, NOW),
    "jobs": lambda database: database.run_now(take_due, PLATFORMS, NOW, 500),
    "threads": lambda database: database.run_now(take_threads, "discord", NOW),
    "receipts": lambda database: database.run_now(unreceipted, "discord"),
    "audits": lambda database: database.run_now(take_audits, PLATFORMS, NOW),
    "alarms": lambda database: database.run_now(take_alarms, PLATFORMS, NOW),
    "probes": lambda database: database.run_now(take_probes, PLATFORMS, NOW),
}
"""Everything that the ticks of either engine ask when there is nothing to do."""


def measured(sizes: list[int], rounds: int, kind: str) -> dict[int, dict[str, float]]:
    """size → milliseconds: median and 90th percentile of one idle tick."""
    with ExitStack() as stack:
        databases = {}
        for size in sizes:
            engine = stack.enter_context(opened_record(kind))
            add_cohorts(engine, 1, size, NOW + timedelta(hours=1))
            add_posted_days(engine, range(1, size + 1), 2, POSTED)
            settled(engine)
            databases[size] = Database(engine)
        took: dict[int, list[float]] = {size: [] for size in sizes}
        for number in range(rounds + 20):
            for size, database in databases.items():
                started = time.perf_counter()
                for ask in QUESTIONS.values():
                    ask(database)
                if number >= 20:  # the first rounds warm the pages
                    took[size].append((time.perf_counter() - started) * 1e3)
    return {size: spread(values) for size, values in took.items()}


def spread(values: list[float]) -> dict[str, float]:
    return {"median_ms": round(statistics.median(values), 3), "p90_ms": round(statistics.quantiles(values, n=10)[8], 3)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs=2, default=[1_000, 100_000])
    parser.add_argument("--rounds", type=int, default=200)
    asked = parser.parse_args()
    table = Table("database", "cohorts", "median ms", "p90 ms", "ratio")
    results = {}
    for kind in KINDS:
        found = measured(asked.sizes, asked.rounds, kind)
        small, large = (found[size] for size in asked.sizes)
        ratio = round(large["median_ms"] / small["median_ms"], 2)
        results[kind] = {"sizes": {str(size): each for size, each in found.items()}, "ratio": ratio}
        for size, each in found.items():
            shown = f"{ratio}" if size == asked.sizes[1] else ""
            table.add_row(kind, f"{size:,}", str(each["median_ms"]), str(each["p90_ms"]), shown)
    Console(stderr=True).print(table)
    print(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
