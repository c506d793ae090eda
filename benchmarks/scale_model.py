"""What breaks first at 10, 1,000 and 100,000 cohorts, and at ten million members: arithmetic on measured figures.

Measured here: messages and threads a lesson needs on each platform (the course as it is, rendered), bytes a posted
lesson and an answer take on both databases, what a cohort's report costs. The rest is the platforms' limits, each
with its source, and multiplication.  python benchmarks/scale_model.py [--days 60]
"""

import argparse
import json
import statistics
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from made_record import KINDS, add_answers, add_cohorts, add_posted_days, opened_record, settled, size_of
from rich.console import Console
from rich.table import Table
from sqlalchemy import select

from bot.cohorts.claims import Draft
from bot.cohorts.progress import cohort_progress
from bot.config import HOME
from bot.curriculum.load import load_course
from bot.curriculum.model import Course
from bot.engine.delivering import lesson_drafts
from bot.platforms.discord.client import DiscordPlatform
from bot.platforms.slack.client import SlackPlatform
from bot.store.database import Database
from bot.store.tables import Cohort, Message

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
CALLS_PER_SECOND = 45  # of Discord's 50 for one bot over all routes (its documentation on rate limits)
GUILDS_PER_SHARD = 2_500  # beyond it Discord requires another shard (its documentation on the gateway)
IDENTIFIES_A_DAY = 1_000  # over it the token is reset (the same)
POSTS_PER_CHANNEL = 1.0  # a second, Slack's chat.postMessage (its documentation on rate limits)
SIZES = (10, 1_000, 100_000, 400_000)
MEMBERS = 25
ANSWER = 600  # letters
SAMPLES = 1_000  # lessons of each share that are looked at
DAYS_A_YEAR = 4 * 60
"""A channel that takes course after course has at most four courses of sixty days a year."""


@dataclass(frozen=True)
class Lesson:
    """What one lesson needs on a platform, on average over the course: calls that post, and calls that open threads."""

    posts: float
    threads: float

    @property
    def calls(self) -> float:
        return self.posts + self.threads


def drafts_on(course: Course, platform: Any) -> list[list[Draft]]:
    return [lesson_drafts(course, platform, day, "k" * 32) for day in course.lessons]


def lessons_on(drafts: list[list[Draft]], opens_threads: bool) -> Lesson:
    prompts = statistics.mean(sum(each.prompt is not None for each in lesson) for lesson in drafts)
    return Lesson(statistics.mean(map(len, drafts)), prompts if opens_threads else 0.0)


def bytes_on_disk(kind: str, days: int, bodies: list[str], text: str) -> dict[str, float]:
    """Bytes that one posted lesson of these messages and one such answer take, indexes included."""
    with opened_record(kind) as engine:
        add_cohorts(engine, 1, 200, NOW + timedelta(hours=1))
        empty = size_of(engine)
        add_posted_days(engine, range(1, 201), days, NOW - timedelta(days=1), bodies)
        settled(engine)
        posted = size_of(engine)
        with engine.connect() as connection:
            messages = list(connection.scalars(select(Message.id).where(Message.prompt.is_not(None)).limit(200)))
        add_answers(engine, 100, 1, messages, text)
        settled(engine)
        answered = size_of(engine)
    return {"lesson": (posted - empty) / (200 * days), "answer": (answered - posted) / (200 * 100)}


def report_cost(kind: str, members: int, days: int) -> float:
    """Milliseconds of the numbers behind one cohort's report: median of nine."""
    with opened_record(kind) as engine:
        add_cohorts(engine, 1, 1, NOW + timedelta(hours=1))
        add_posted_days(engine, range(1, 2), days, NOW - timedelta(days=1))
        with engine.connect() as connection:
            messages = list(connection.scalars(select(Message.id).where(Message.prompt.is_not(None))))
        add_answers(engine, members, 1, messages, "word " * 120)
        settled(engine)
        database = Database(engine)
        took = []
        for _ in range(9):
            started = time.perf_counter()
            database.run_now(lambda session: cohort_progress(session, session.get_one(Cohort, 1), NOW))
            took.append((time.perf_counter() - started) * 1e3)
        return statistics.median(took)


def model(discord: Lesson, slack: Lesson, sizes: dict[str, dict[str, float]]) -> list[dict[str, Any]]:
    """One row a size: what it needs beside what there is."""
    rows = []
    for cohorts in SIZES:
        members = cohorts * MEMBERS
        threads_open_48h, threads_14d = cohorts * discord.threads * 2, cohorts * discord.threads * 10
        answers = members * discord.threads * DAYS_A_YEAR
        postgresql = sizes["postgresql"]
        rows.append(
            {
                "cohorts": cohorts,
                "members": members,
                "burst_minutes_if_all_at_09:00": round(cohorts * discord.calls / CALLS_PER_SECOND / 60, 1),
                "shards": max(1, -(-cohorts // GUILDS_PER_SHARD)),
                "sweep_calls_per_second": round((threads_open_48h / 3_600 + threads_14d / 86_400) * 2, 1),
                "receipt_calls_per_second_if_all_answer_in_8_h": round(members * discord.threads / (8 * 3_600), 1),
                "slack_seconds_a_lesson_in_one_channel": round(slack.posts / POSTS_PER_CHANNEL, 1),
                "rows_a_year": round(cohorts * DAYS_A_YEAR * (1 + discord.posts) + answers * 2),
                "GB_a_year": round(
                    (cohorts * DAYS_A_YEAR * postgresql["lesson"] + answers * postgresql["answer"]) / 1e9, 1
                ),
            }
        )
    return rows


def lateness(cohorts: int, dues: list[int], calls: float) -> dict[str, float]:
    """A day's lessons through one queue at Discord's limit, by simulation: minutes late, median, 99th and worst.
    dues: the minutes of the day at which equal shares of the cohorts are due."""
    share, per_minute = cohorts / len(dues), CALLS_PER_SECOND * 60 / calls
    late, free = [], 0.0
    for due in sorted(dues):
        free = max(free, due)
        for number in range(SAMPLES):
            late.append(free + share * (number + 1) / SAMPLES / per_minute - due)
        free += share / per_minute
    late.sort()
    marks = {"median": 0.5, "p99": 0.99, "worst": 1.0}
    return {name: round(late[min(int(len(late) * mark), len(late) - 1)], 1) for name, mark in marks.items()}


PATTERNS = {
    "all at one 09:00": [540],
    "09:00 in 24 zones": [hour * 60 for hour in range(24)],
    "08:00 to 10:00 by quarters, in 24 zones": [
        hour * 60 + quarter for hour in range(24) for quarter in (0, 15, 30, 45)
    ],
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=20, help="posted lessons a cohort when bytes are measured")
    asked = parser.parse_args()
    course = load_course(HOME / "curriculum")
    drafts = drafts_on(course, DiscordPlatform("x.y.z"))
    discord = lessons_on(drafts, opens_threads=True)
    slack = lessons_on(drafts_on(course, SlackPlatform("xoxb-1", "xapp-1")), opens_threads=False)
    ordinary = next(lesson for lesson in drafts if len(lesson) == 3)  # a page and two prompts
    answer = ordinary[0].body[:ANSWER]
    sizes = {kind: bytes_on_disk(kind, asked.days, [each.body for each in ordinary], answer) for kind in KINDS}
    reports = {kind: {members: round(report_cost(kind, members, 60), 1) for members in (25, 1_000)} for kind in KINDS}
    rows = model(discord, slack, sizes)
    table = Table(*("what", *(f"{row['cohorts']:,}" for row in rows)))
    for name in rows[0]:
        table.add_row(name.replace("_", " "), *(f"{row[name]:,}" for row in rows))
    Console(stderr=True).print(table)
    bursts = {
        f"{cohorts:,}": {name: lateness(cohorts, dues, discord.calls) for name, dues in PATTERNS.items()}
        for cohorts in SIZES
    }
    measured = {
        "a lesson on Discord": {"posts": round(discord.posts, 2), "threads": round(discord.threads, 2)},
        "a lesson on Slack": {"posts": round(slack.posts, 2)},
        "bytes on disk": {kind: {name: round(value) for name, value in each.items()} for kind, each in sizes.items()},
        "report ms by members": reports,
    }
    print(json.dumps({"measured": measured, "model": rows, "minutes late": bursts}, indent=1))


if __name__ == "__main__":
    main()
