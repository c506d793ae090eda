"""Every subcommand in one place; `homeroom --help` is its table of contents."""

import sys

import typer
from sqlalchemy.exc import SQLAlchemyError

from bot.chat.port import BadToken
from bot.cli import cohorts, course, running
from bot.cli.saying import problem
from bot.config import Unusable
from bot.curriculum.problems import CourseErrors
from bot.engine.instance import AlreadyRunning

app = typer.Typer(
    name="homeroom",
    help="A study cohort inside Discord or Slack: a lesson a day, answers kept, nobody lost.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("demo")(running.demo)
app.command("run")(running.run)
app.command("doctor")(running.doctor)
app.command("migrate")(running.migrate)
app.command("simulate")(running.simulate)
app.command("check")(course.check)
app.command("preview")(course.preview)
app.command("lookup")(course.lookup)
app.command("schema")(course.schema)
app.command("report")(cohorts.report)
app.add_typer(cohorts.app, name="cohort")


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
    except SQLAlchemyError as error:
        problem(f"the database cannot be used ({type(error).__name__}): check DATABASE_URL, or run `homeroom doctor`")
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
