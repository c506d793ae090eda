"""Cohorts from the command line: open, list, show, try again, report; `catch-up` stands beside."""

from datetime import datetime
from typing import Annotated, Any

import typer
from rich.table import Table
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.chat.markdown import plain, to_pieces
from bot.cli.catching_up import catch_up
from bot.cli.records import AsJson, find_one, moment, on_record
from bot.cli.saying import out, problem, say_json
from bot.clock import system_clock
from bot.cohorts.brief import Brief, brief
from bot.cohorts.calendar import to_weekdays, weekday_names
from bot.cohorts.cohorts import NewCohort, Taken, all_cohorts, open_cohort
from bot.cohorts.deliveries import retry_stuck
from bot.cohorts.progress import Progress, State, cohort_progress
from bot.config import load_settings
from bot.curriculum.load import load_course
from bot.curriculum.model import Course
from bot.store.tables import Cohort, Delivery
from bot.talk.brief_words import need_words, standing_words
from bot.talk.cohort_commands import Unclear, to_date, to_time, to_zone
from bot.talk.reports import brief_row, report_rows

PLATFORMS = ("discord", "slack", "simulator")
cohort = typer.Typer(name="cohort", add_completion=False, help="Open, list and look at cohorts.", no_args_is_help=True)
cohort.command()(catch_up)


@cohort.command()
def create(
    name: Annotated[str, typer.Argument(help="What the cohort is called.")],
    platform: Annotated[str, typer.Option(help="discord, slack or simulator.")],
    channel: Annotated[str, typer.Option(help="The channel's id.")],
    workspace: Annotated[str, typer.Option(help="The server's (guild's) or workspace's id.")],
    zone: Annotated[str, typer.Option(help="The cohort's time zone, like Europe/Zurich.")] = "UTC",
    at: Annotated[str, typer.Option("--time", help="When the lesson is posted, like 09:00.")] = "09:00",
    days: Annotated[str, typer.Option(help="Lesson days, like mon-fri.")] = "mon-fri",
    start: Annotated[str | None, typer.Option(help="The first lesson's date; today when left out.")] = None,
    first: Annotated[int | None, typer.Option(help="The lesson to start with.")] = None,
    as_json: AsJson = False,
) -> None:
    """Open a cohort."""
    if platform not in PLATFORMS:
        problem(f"{platform} is not a platform: write {', '.join(PLATFORMS)}")
        raise typer.Exit(2)
    course = load_course(load_settings().curriculum_dir)
    lesson = min(course.lessons) if first is None else first
    if lesson not in course.lessons:
        problem(f"no lesson for day {lesson}: the course has days {min(course.lessons)} to {max(course.lessons)}")
        raise typer.Exit(2)
    now = system_clock()
    try:
        begin = to_date(start) if start else now.date()
        new = NewCohort(
            platform,
            workspace,
            channel,
            name,
            course.about.id,
            to_zone(zone),
            to_time(at),
            to_weekdays(days),
            begin,
            lesson,
        )
        opened = on_record(lambda session: open_cohort(session, new, now))
    except Taken as taken:
        problem(
            f"{'the channel has a cohort' if taken.what == 'channel' else f'there is a cohort called {name}'} already"
        )
        raise typer.Exit(2) from None
    except (Unclear, ValueError) as error:
        problem(str(error))
        raise typer.Exit(2) from None
    _say(_row(opened), as_json)


@cohort.command("list")
def list_(
    archived: Annotated[bool, typer.Option(help="Those that were put away as well.")] = False, as_json: AsJson = False
) -> None:
    """List every cohort."""
    rows = [_row(each) for each in on_record(lambda session: all_cohorts(session, archived=archived))]
    if as_json:
        say_json(rows)
        return
    if not rows:
        out.print("no cohorts yet: open one with `homeroom cohort create`, or with /cohort create in its channel")
        return
    table = Table(*("id", "name", "platform", "channel", "state", "next lesson", "next due (UTC)"))
    for row in rows:
        table.add_row(
            *(str(row[key]) for key in ("id", "name", "platform", "channel", "state", "next_lesson", "next_due_at"))
        )
    out.print(table)


@cohort.command()
def show(name: Annotated[str, typer.Argument(help="The cohort's name or id.")], as_json: AsJson = False) -> None:
    """Show one cohort with what has been posted."""
    cohort = find_one(name)
    deliveries = on_record(lambda session: _deliveries(session, cohort))
    if as_json:
        say_json({**_row(cohort), "deliveries": deliveries})
        return
    _say(_row(cohort), as_json=False)
    table = Table("date", "day", "state", "posted (UTC)", "reason")
    for each in deliveries:
        table.add_row(*(str(each[key] or "") for key in ("local_date", "lesson", "state", "posted_at", "reason")))
    out.print(table)


@cohort.command()
def retry(name: Annotated[str, typer.Argument(help="The cohort's name or id.")]) -> None:
    """Try again what is blocked or given up, once its reason is cured. Nothing that is out is posted twice."""
    cohort, now = find_one(name), system_clock()
    number = on_record(lambda session: retry_stuck(session, cohort.id, now))
    out.print(f"{number} {'post' if number == 1 else 'posts'} will be tried again")


def report(name: Annotated[str, typer.Argument(help="The cohort's name or id.")], as_json: AsJson = False) -> None:
    """Show how every member of a cohort fares, by name."""
    cohort, now = find_one(name), system_clock()
    course = load_course(load_settings().curriculum_dir)
    everybody, told = on_record(lambda session: _report_of(session, course, cohort, now))
    if as_json:
        say_json({"cohort": cohort.name, "brief": brief_row(told), "members": report_rows(everybody)})
        return
    out.print(_said(standing_words(cohort, told.standing)), _said(need_words(course, cohort, told, now, {})), sep="\n")
    _print_report(cohort, everybody)


def _report_of(session: Session, course: Course, cohort: Cohort, now: datetime) -> tuple[tuple[Progress, ...], Brief]:
    everybody = cohort_progress(session, cohort, now)
    return everybody, brief(session, course, cohort, everybody, now)


def _said(markdown: str) -> str:
    return plain(to_pieces(markdown))


def _print_report(cohort: Cohort, everybody: tuple[Progress, ...]) -> None:
    if not everybody:
        out.print(f"{cohort.name}: nobody has joined yet")
        return
    table = Table("member", *(state.value for state in State), "streak", "last answer (UTC)", title=cohort.name)
    for each in everybody:
        last = f"{each.last_answer:%Y-%m-%d %H:%M}" if each.last_answer else ""
        table.add_row(each.name, *(str(each.count(state)) for state in State), str(each.streak), last)
    out.print(table)


def _deliveries(session: Session, cohort: Cohort) -> list[dict[str, Any]]:
    rows = session.scalars(select(Delivery).where(Delivery.cohort_id == cohort.id).order_by(Delivery.local_date))
    return [
        {
            "local_date": each.local_date.isoformat(),
            "lesson": each.lesson,
            "state": each.state,
            "posted_at": moment(each.posted_at),
            "reason": each.reason,
        }
        for each in rows
    ]


def _row(cohort: Cohort) -> dict[str, Any]:
    return {
        "id": cohort.id,
        "name": cohort.name,
        "platform": cohort.platform,
        "workspace": cohort.workspace,
        "channel": cohort.channel,
        "state": cohort.state,
        "zone": cohort.zone,
        "time": f"{cohort.post_time:%H:%M}",
        "days": weekday_names(cohort.weekdays),
        "next_lesson": cohort.next_lesson,
        "next_due_at": moment(cohort.next_due_at),
    }


def _say(row: dict[str, Any], as_json: bool) -> None:
    if as_json:
        say_json(row)
        return
    for key, value in row.items():
        out.print(f"{key.replace('_', ' '):<12} {value}")
