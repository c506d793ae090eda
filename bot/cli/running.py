"""What operators use: run, examine, migrate."""

from typing import Annotated

import typer
from sqlalchemy import Engine

from bot.app import (
    App,
    build_app,
    build_platforms,
    build_scaled_app,
    calendar_pages,
    desk_pages,
    install_pages,
    run_app,
    serve_pages,
    sqlite_file,
)
from bot.cli.saying import log_to_stderr, out, run_to_end, say_json
from bot.cli.starting import making_what_stays
from bot.clock import SteeredClock, system_clock
from bot.config import Settings, Unusable, load_settings, platform_problem
from bot.doctor import examine
from bot.engine.instance import only_instance
from bot.engine.sharing import DatabaseSharing
from bot.engine.shelf import Shelf
from bot.engine.steering import steer
from bot.engine.ticks import Role
from bot.store import schema
from bot.store.database import Database, open_engine

AsJson = Annotated[bool, typer.Option("--json", help="Machine-readable output on stdout.")]


def run(
    role: Annotated[
        Role,
        typer.Option(
            help="What this process does. all: everything. On PostgreSQL several processes may share the work: gateway "
            "hears the platforms, worker posts and looks after what is out, web serves pages and Slack's HTTP mode; "
            "each of them as often as you like."
        ),
    ] = Role.ALL,
) -> None:
    """Run the bot on every platform that the settings name."""
    log_to_stderr()
    settings = load_settings()
    trouble = platform_problem(settings) if role is not Role.WEB else None
    if trouble:
        raise Unusable(trouble)
    engine = open_engine(settings.database_url)
    if engine.dialect.name == "sqlite" and role is not Role.ALL:
        raise Unusable(
            f"--role {role} needs PostgreSQL, because SQLite is for one process: set DATABASE_URL=postgresql://…, or"
            " leave --role away"
        )
    try:
        with only_instance(sqlite_file(engine)):
            _make_current(engine)
            app = _put_together(engine, settings, role)
            pages = [*install_pages(settings, engine, app), *desk_pages(app), *calendar_pages(app)]
            run_to_end(run_app(app, serve_pages(app, settings.web_host, settings.web_port, pages)))
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
    from alembic.util import CommandError  # late, like the queue: `run` reads this file as well

    from bot.engine import queue

    engine = open_engine(load_settings().database_url)
    try:
        schema.migrate(engine, to)
        if engine.dialect.name == "postgresql":
            (queue.remove if to == "base" else queue.install)(engine)
    except CommandError as error:
        raise Unusable(f"{to} is not a revision of the tables ({error}): write head, base, or one that is") from None
    finally:
        engine.dispose()
    out.print(f"{engine.url.render_as_string(hide_password=True)} is at {to}")


def _make_current(engine: Engine) -> None:
    if engine.dialect.name == "sqlite":
        if not schema.is_current(engine):
            schema.migrate(engine)
        return
    from bot.engine import queue  # late: only PostgreSQL has one

    if not schema.is_current(engine) or not queue.is_installed(engine):
        raise Unusable("the database's tables are not up to date: run `homeroom migrate`")


def _put_together(engine: Engine, settings: Settings, role: Role) -> App:
    """On SQLite one process does everything and goes by its own clock; processes on one PostgreSQL go by its clock."""
    with making_what_stays():
        shelf = Shelf(settings.curriculum_dir)
    if engine.dialect.name == "sqlite":
        sharing = DatabaseSharing(Database(engine), system_clock, alone=True)
        platforms = build_platforms(settings, system_clock, sharing, engine=engine)
        return build_app(engine, shelf, platforms, system_clock, address=settings.public_url)
    clock = SteeredClock()
    steer(engine, clock)
    sharing = DatabaseSharing(Database(engine), clock, alone=False)
    platforms = build_platforms(settings, clock, sharing, role, engine)
    if role is Role.GATEWAY and not platforms:
        raise Unusable(
            "there is nothing for a gateway to hear: Slack's HTTP mode is heard by `homeroom run --role web`"
        )
    concurrency, address = settings.worker_concurrency, settings.public_url
    return build_scaled_app(engine, shelf, platforms, clock, role, concurrency, address)
