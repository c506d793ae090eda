"""The record as the command line reaches it: one transaction, on a database that is up to date."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, TypeVar

import typer
from sqlalchemy.orm import Session

from bot.cli.saying import problem
from bot.cohorts.cohorts import find_by_name
from bot.config import load_settings
from bot.store import schema
from bot.store.database import Database, open_engine
from bot.store.tables import Cohort

T = TypeVar("T")
AsJson = Annotated[bool, typer.Option("--json", help="Machine-readable output on stdout.")]


def on_record(function: Callable[[Session], T]) -> T:
    """What the function returns, in one transaction. A SQLite file is brought up to date first; on PostgreSQL tables
    that are not end the command."""
    engine = open_engine(load_settings().database_url)
    if engine.dialect.name == "sqlite":
        schema.migrate(engine)
    elif not schema.is_current(engine):
        problem("the database's tables are not up to date: run `homeroom migrate`")
        raise typer.Exit(2)
    try:
        return Database(engine).run_now(function)
    finally:
        engine.dispose()


def find_one(name: str) -> Cohort:
    """The one cohort of that name or id; else a sentence, and the end of the command."""
    found = on_record(lambda session: find_by_name(session, name))
    if len(found) == 1:
        return found[0]
    several = "several cohorts are called that: use the id from `homeroom cohort list`"
    problem(several if found else f"there is no cohort called {name}: `homeroom cohort list` shows what there is")
    raise typer.Exit(2)


def moment(at: datetime | None) -> str | None:
    """A moment for machines, in UTC."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}" if at else None
