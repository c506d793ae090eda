"""What breaks first at 10, 1,000 and 100,000 cohorts, and at ten million members: arithmetic on measured figures.

Measured here: messages and threads a lesson needs on each platform (the course as it is, rendered), and the bytes that
a posted lesson and an answer take on both databases, beside those of their own text. The rest is the platforms' limits,
each with its source, and multiplication; it stands in the results under "model" and "minutes late".

python benchmarks/scale_model.py [--runs 1] [--days 20] [--quick]
"""

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from made_record import KINDS, add_answers, add_cohorts, add_posted_days, opened_record, settled, size_of
from measuring import WIDTH, Row, arguments, repeated, row, tell
from rich.console import Console
from rich.table import Table
from sqlalchemy import select

from bot.cohorts.claims import Draft
from bot.config import HOME
from bot.curriculum.load import load_course
from bot.curriculum.model import Course
from bot.platforms.discord.client import DiscordPlatform
from bot.platforms.discord.limits import CALLS_PER_SECOND
from bot.platforms.slack.client import SlackPlatform
from bot.store.tables import Message
from bot.talk.drafts import lesson_drafts

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
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
    parser = arguments(__doc__, runs=1)
    parser.add_argument("--days", type=int, default=20, help="posted lessons a cohort when bytes are measured")
    asked = parser.parse_args()
    runs, days = (1, 3) if asked.quick else (asked.runs, asked.days)
    course = load_course(HOME / "curriculum")
    drafts = drafts_on(course, DiscordPlatform("x.y.z"))
    discord = lessons_on(drafts, opens_threads=True)
    slack = lessons_on(drafts_on(course, SlackPlatform("xoxb-1", "xapp-1")), opens_threads=False)
    bodies = [each.body for each in next(lesson for lesson in drafts if len(lesson) == 3)]  # a page and two prompts
    answer = bodies[0][:ANSWER]
    disks = {
        kind: repeated(f"bytes on {kind}", runs, lambda kind=kind: bytes_on_disk(kind, days, bodies, answer))
        for kind in KINDS
    }
    scaled = model(discord, slack, {kind: _medians(laps) for kind, laps in disks.items()})
    show(scaled)
    late = {
        f"{cohorts:,}": {name: lateness(cohorts, dues, discord.calls) for name, dues in PATTERNS.items()}
        for cohorts in SIZES
    }
    lessons = {"Discord": {"posts": discord.posts, "threads": discord.threads}, "Slack": {"posts": slack.posts}}
    rows = list(disk_rows(disks, sum(len(body.encode()) for body in bodies), len(answer.encode())))
    tell("scale_model", "What a row takes on disk", rows, a_lesson=lessons, model=scaled, minutes_late=late)


def disk_rows(disks: dict[str, list[dict[str, float]]], lesson: int, answer: int) -> Iterator[Row]:
    """lesson, answer: bytes of their own text."""
    for kind, laps in disks.items():
        for what, own in (("lesson", lesson), ("answer", answer)):
            yield row(f"{what} on {kind}", "bytes", [each[what] for each in laps], "its own text", [own] * len(laps))


def show(scaled: Sequence[dict[str, Any]]) -> None:
    table = Table("what", *(f"{each['cohorts']:,}" for each in scaled), title="Scale model", title_justify="left")
    for name in scaled[0]:
        table.add_row(name.replace("_", " "), *(f"{each[name]:,}" for each in scaled))
    Console(width=WIDTH).print(table)


def _medians(laps: Sequence[dict[str, float]]) -> dict[str, float]:
    return {name: statistics.median(each[name] for each in laps) for name in laps[0]}


if __name__ == "__main__":
    main()
