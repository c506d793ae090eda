"""Every subcommand in one place; `homeroom --help` is its table of contents.

A subcommand's module is imported when it is called: `homeroom run` does not wait for what only `simulate` needs.
"""

import sys
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from bot.chat.port import BadToken
from bot.cli.saying import problem
from bot.cli.starting import making_what_stays
from bot.config import Unusable
from bot.curriculum.problems import CourseErrors
from bot.engine.instance import AlreadyRunning

SUBCOMMANDS = {
    "demo": "bot.cli.rehearsing",
    "run": "bot.cli.running",
    "doctor": "bot.cli.running",
    "migrate": "bot.cli.running",
    "check": "bot.cli.course",
    "preview": "bot.cli.course",
    "looks": "bot.cli.looking",
    "lookup": "bot.cli.course",
    "course": "bot.cli.authoring",
    "lesson": "bot.cli.authoring",
    "read": "bot.cli.reading",
    "schema": "bot.cli.course",
    "cohort": "bot.cli.cohorts",
    "roster": "bot.cli.roster",
    "report": "bot.cli.cohorts",
    "export": "bot.cli.exporting",
    "letters": "bot.cli.letters",
    "simulate": "bot.cli.rehearsing",
    "backup": "bot.cli.keeping",
    "restore": "bot.cli.keeping",
}


class Subcommands(TyperGroup):
    """Finds a subcommand in its module."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(SUBCOMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in SUBCOMMANDS:
            return None
        with making_what_stays():
            found = getattr(import_module(SUBCOMMANDS[cmd_name]), cmd_name)
        if isinstance(found, typer.Typer):
            return get_command(found)
        alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        alone.command(cmd_name)(found)
        return get_command(alone)


app = typer.Typer(
    name="homeroom",
    cls=Subcommands,
    help="A study cohort inside Discord or Slack: a lesson a day, answers kept, nobody lost.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def _homeroom() -> None:
    """A study cohort inside Discord or Slack: a lesson a day, answers kept, nobody lost."""


def main() -> None:
    """Run; what a person can cure ends in one sentence and exit code 2, without a traceback."""
    try:
        app()
    except (Unusable, BadToken, AlreadyRunning) as error:
        problem(str(error))
        sys.exit(2)
    except CourseErrors as errors:
        problem(str(errors))
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    except _database_error() as error:
        problem(f"the database cannot be used ({type(error).__name__}): check DATABASE_URL, or run `homeroom doctor`")
        sys.exit(2)


def _database_error() -> type[Exception]:
    """Asked for only when something was raised: a tenth of `homeroom check` would be spent on a library without use."""
    return import_module("sqlalchemy.exc").SQLAlchemyError  # type: ignore[no-any-return]
