"""What operators use: run, examine, migrate."""

from typing import Annotated

import typer
from alembic.util import CommandError
from sqlalchemy import Engine

from bot.app import build_app, build_platforms, run_app, sqlite_file
from bot.cli.saying import log_to_stderr, out, run_to_end, say_json
from bot.clock import system_clock
from bot.config import Unusable, load_settings, platform_problem
from bot.doctor import examine
from bot.engine.instance import only_instance
from bot.engine.shelf import Shelf
from bot.store import schema
from bot.store.database import open_engine

AsJson = Annotated[bool, typer.Option("--json", help="Machine-readable output on stdout.")]


def run() -> None:
    """Run the bot on every platform that the settings name."""
    log_to_stderr()
    settings = load_settings()
    trouble = platform_problem(settings)
    if trouble:
        raise Unusable(trouble)
    engine = open_engine(settings.database_url)
    with only_instance(sqlite_file(engine)):
        _make_current(engine)
        app = build_app(engine, Shelf(settings.curriculum_dir), build_platforms(settings), system_clock)
        try:
            run_to_end(run_app(app))
        finally:
            engine.dispose()


def doctor(as_json: AsJson = False) -> None:
    """Look at token, intents, scopes, permissions, database, course and the next three posts. Exit code 1 if any of
    them needs a cure."""
    findings = run_to_end(examine(load_settings(), system_clock()))
    if as_json:
        say_json([{"subject": f.subject, "well": f.well, "says": f.says, "cure": f.cure} for f in findings])
    else:
        for each in findings:
            out.print(f"{'ok  ' if each.well else 'CURE'} {each.subject}: {each.says}", soft_wrap=True)
            if not each.well:
                out.print(f"     → {each.cure}", soft_wrap=True)
    raise typer.Exit(0 if all(each.well for each in findings) else 1)


def migrate(
    to: Annotated[str, typer.Argument(help="head, base, or a revision.")] = "head",
) -> None:
    """Bring the database's tables up to date."""
    engine = open_engine(load_settings().database_url)
    try:
        schema.migrate(engine, to)
    except CommandError as error:
        raise Unusable(f"{to} is not a revision of the tables ({error}): write head, base, or one that is") from None
    out.print(f"{engine.url.render_as_string(hide_password=True)} is at {to}")


def _make_current(engine: Engine) -> None:
    if sqlite_file(engine) is not None:
        schema.migrate(engine)
    elif not schema.is_current(engine):
        raise Unusable("the database's tables are not up to date: run `homeroom migrate`")
