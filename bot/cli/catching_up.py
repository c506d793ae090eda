"""`homeroom cohort catch-up`: what a start now would post of what was missed, before anything is posted."""

from datetime import datetime
from typing import Annotated, Any

import typer
from rich.table import Table
from sqlalchemy.orm import Session

from bot.cli.records import AsJson, find_one, moment, on_record
from bot.cli.saying import out, problem, say_json
from bot.clock import system_clock
from bot.cohorts.catchup import Fate, Policy, missed_by, moved_on, preview, standstill
from bot.cohorts.cohorts import all_cohorts
from bot.config import load_settings
from bot.curriculum.load import load_course
from bot.curriculum.model import Course
from bot.store.tables import Cohort


def catch_up(
    name: Annotated[str | None, typer.Argument(help="The cohort's name or id.")] = None,
    everyone: Annotated[bool, typer.Option("--all", help="Every cohort that has missed lessons.")] = False,
    policy: Annotated[Policy | None, typer.Option(help="What another policy than the cohort's own would do.")] = None,
    choose: Annotated[bool, typer.Option("--set", help="Make --policy the policy of these cohorts.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show what `homeroom run` would post now of what is due, without posting anything."""
    if (name is None) != everyone or (choose and policy is None):
        problem("name a cohort, or give --all" if not choose or policy else "--set needs --policy")
        raise typer.Exit(2)
    course, now = load_course(load_settings().curriculum_dir), system_clock()
    only = find_one(name).id if name is not None else None
    foreseen = on_record(lambda session: _foreseen(session, course, only, policy, choose, now))
    if as_json:
        say_json([each for each, _ in foreseen] if everyone else foreseen[0][0])
        return
    for told, fates in foreseen:
        _print(told, fates)
    if not foreseen:
        out.print("no cohort has missed a lesson")


def _foreseen(
    session: Session, course: Course, only: int | None, policy: Policy | None, choose: bool, now: datetime
) -> list[tuple[dict[str, Any], tuple[Fate, ...]]]:
    found = []
    for cohort in all_cohorts(session):
        if only not in (None, cohort.id):
            continue
        fates = preview(session, cohort, lambda _, day: course.day_after(day), now, policy)
        if only is None and not missed_by(cohort, fates, now):
            continue
        if choose and policy is not None:
            cohort.catch_up = policy.value
        told = _told(cohort, fates, policy or Policy(cohort.catch_up), now)
        found.append(({**told, "blocked": standstill(session, cohort)}, fates))
    return found


def _told(cohort: Cohort, fates: tuple[Fate, ...], policy: Policy, now: datetime) -> dict[str, Any]:
    return {
        "cohort": cohort.name,
        "id": cohort.id,
        "state": cohort.state,
        "policy": policy.value,
        "missed": len(missed_by(cohort, fates, now)),
        "lessons": [_row(fate, moved_on(fates)) for fate in fates],
    }


def _row(fate: Fate, later: tuple[int, ...]) -> dict[str, Any]:
    """`lesson` was to come on `date`; `posted` is the lesson that does."""
    return {
        "lesson": fate.due.lesson,
        "date": fate.due.local_date.isoformat(),
        "due": moment(fate.due.due_at),
        "posted": fate.lesson if fate.at is not None else None,
        "at": moment(fate.at),
        "outcome": _outcome(fate, later),
    }


def _outcome(fate: Fate, later: tuple[int, ...]) -> str:
    moved = ", its lesson comes on a later date" if fate.due.lesson in later else ""
    if fate.at is None:
        return f"skipped{moved}" if moved else "skipped"
    if fate.lesson != fate.due.lesson:
        return f"day {fate.lesson} is posted{moved}"
    return "carried to its end" if fate.due.begun else "posted"


def _print(told: dict[str, Any], fates: tuple[Fate, ...]) -> None:
    title = f"{told['cohort']} · {told['policy']} · {told['missed']} missed"
    if not fates:
        out.print(f"{told['cohort']}: nothing is due{' while it is paused' if told['state'] == 'paused' else ''}")
        return
    table = Table("date", "day", "due (UTC)", "what becomes of it", "from (UTC)", title=title)
    for row in told["lessons"]:
        table.add_row(row["date"], str(row["lesson"]), row["due"], row["outcome"], row["at"] or "")
    out.print(table)
    if told["blocked"]:
        out.print(f"nothing is posted until this is cured: {told['blocked']}", soft_wrap=True)
