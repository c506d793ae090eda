"""A cohort's roster from a CSV file: first what would happen, then with --apply what did."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from bot.cli.records import AsJson, find_one, on_record
from bot.cli.saying import err, out, problem, say_json
from bot.clock import system_clock
from bot.cohorts.roster_files import MOST_BYTES, read_roster
from bot.cohorts.rosters import RosterPlan, apply, dry_run
from bot.store.tables import Cohort

MOST_LISTED = 50
"""People of each kind that are shown by name; all of them are in the JSON."""


def roster(
    name: Annotated[str, typer.Argument(metavar="COHORT", help="The cohort's name or id.")],
    file: Annotated[Path, typer.Argument(help="A CSV file with the columns id, name, role, joined.", dir_okay=False)],
    do: Annotated[bool, typer.Option("--apply", help="Do it; else only what would happen is shown.")] = False,
    as_json: AsJson = False,
) -> None:
    """Take people into a cohort and change roles, from a CSV file. Nobody is ever removed."""
    try:
        with file.open("rb") as opened:
            raw = opened.read(MOST_BYTES + 1)
    except OSError as error:
        problem(f"{file} cannot be read: {error.strerror}")
        raise typer.Exit(2) from None
    cohort, now = find_one(name), system_clock()
    sheet = read_roster(raw, cohort.platform)
    with err.status(f"{len(sheet.rows)} people"):
        plan = on_record(
            lambda session: (
                apply(session, session.get_one(Cohort, cohort.id), sheet, None, now)
                if do
                else dry_run(session, session.get_one(Cohort, cohort.id), sheet)
            )
        )
    done = do and not plan.problems
    if as_json:
        say_json({"cohort": cohort.name, "applied": done, **_as_json(plan)})
    else:
        _print(cohort, plan, done)
    if plan.problems:
        raise typer.Exit(1)


def _print(cohort: Cohort, plan: RosterPlan, done: bool) -> None:
    for each in plan.problems:
        problem(f"line {each.line}: {each.says}")
    if plan.problems:
        problem("nothing was changed: mend these lines first")
        return
    table = Table("what", "id", "name", "role", title=cohort.name)
    for what, rows in (("added", plan.added), ("came back", plan.back)):
        for row in rows[:MOST_LISTED]:
            table.add_row(what, row.ref, row.name, row.role)
        if len(rows) > MOST_LISTED:
            table.add_row(what, "…", f"and {len(rows) - MOST_LISTED} more", "")
    for change in plan.changed[:MOST_LISTED]:
        table.add_row("new role", change.row.ref, change.name, f"{change.before} → {change.row.role}")
    if table.row_count:
        out.print(table)
    if plan.ignored:
        out.print(f"columns that mean nothing here: {', '.join(plan.ignored)}")
    out.print(f"{plan.says}, {len(plan.unchanged)} unchanged" + ("" if done else "; nothing done yet, --apply does it"))


def _as_json(plan: RosterPlan) -> dict[str, Any]:
    def row(each: Any) -> dict[str, Any]:
        return {"line": each.line, "id": each.ref, "name": each.name, "role": each.role, "joined": each.joined}

    return {
        "added": [row(each) for each in plan.added],
        "back": [row(each) for each in plan.back],
        "changed": [{**row(each.row), "name": each.name, "before": each.before} for each in plan.changed],
        "unchanged": len(plan.unchanged),
        "problems": [{"line": each.line, "says": each.says} for each in plan.problems],
        "ignored": list(plan.ignored),
    }
