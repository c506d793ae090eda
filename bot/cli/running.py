"""What operators use: rehearse, run, examine, migrate, simulate."""

import asyncio
import signal
from collections.abc import Coroutine
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, TypeVar

import typer
from sqlalchemy import Engine

from bot import simulate as simulation
from bot.app import build_app, build_platforms, run_app, sqlite_file
from bot.cli.saying import log_to_stderr, out, problem, progress, say_json
from bot.clock import system_clock
from bot.config import Unusable, load_settings, platform_problem
from bot.demo import run_demo
from bot.doctor import examine
from bot.engine.instance import only_instance
from bot.engine.shelf import Shelf
from bot.store import schema
from bot.store.database import open_engine

T = TypeVar("T")
AsJson = Annotated[bool, typer.Option("--json", help="Machine-readable output on stdout.")]


def demo(
    port: Annotated[int | None, typer.Option(help="The page's port; WEB_PORT when left out.")] = None,
) -> None:
    """Rehearse: the whole bot with a chat page in place of Discord or Slack. No account, no token, nothing kept."""
    log_to_stderr()
    settings = load_settings()
    if port is not None:
        settings = settings.model_copy(update={"web_port": port})
    with TemporaryDirectory(prefix="homeroom-demo-") as folder:
        try:
            _run(run_demo(settings, Path(folder), _invite))
        except OSError as error:
            if error.errno is None or "address" not in str(error).lower():
                raise
            raise Unusable(
                f"port {settings.web_port} is taken: run `homeroom demo --port 8081`, or set WEB_PORT"
            ) from None


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
            _run(run_app(app))
        finally:
            engine.dispose()


def doctor(as_json: AsJson = False) -> None:
    """Look at token, intents, scopes, permissions, database, course and the next three posts. Exit code 1 if any of
    them needs a cure."""
    findings = _run(examine(load_settings(), system_clock()))
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
    schema.migrate(engine, to)
    out.print(f"{engine.url.render_as_string(hide_password=True)} is at {to}")


def simulate(
    days: Annotated[int, typer.Option(min=1, help="Lesson days.")] = 5,
    members: Annotated[int, typer.Option(min=1, max=500, help="Members who answer.")] = 12,
    platform: Annotated[str, typer.Option(help="simulator, discord or slack.")] = "simulator",
    seed: Annotated[int, typer.Option(help="What the members do follows from it.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Run a whole course on a shifted clock with scripted members; exit code 1 if a post or an answer is amiss.

    discord and slack run over local sockets against strict stand-ins of the two services.
    """
    if platform not in simulation.PLATFORMS:
        raise Unusable(f"{platform} is not a platform: write {', '.join(simulation.PLATFORMS)}")
    folder = load_settings().curriculum_dir
    with progress(f"{platform}: lesson days", days) as done:
        try:
            outcome = _run(simulation.simulate(folder, days, members, platform, seed, done))
        except simulation.TooLong as error:
            raise Unusable(str(error)) from None
    if as_json:
        say_json(vars(outcome))
    else:
        for key, value in vars(outcome).items():
            out.print(f"{key.replace('_', ' '):<16} {value}")
    perfect = not outcome.missing and not outcome.doubled and outcome.answers_kept == outcome.answers_written
    raise typer.Exit(0 if perfect else 1)


def _invite(url: str) -> None:
    out.print(f"\nHomeroom's rehearsal room is open: {url}\nPress Ctrl-C to close it.\n")


def _make_current(engine: Engine) -> None:
    if sqlite_file(engine) is not None:
        schema.migrate(engine)
    elif not schema.is_current(engine):
        raise Unusable("the database's tables are not up to date: run `homeroom migrate`")


def _run(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end, or until SIGTERM or Ctrl-C, which let what is under way finish."""

    async def until_told() -> T:
        task = asyncio.ensure_future(work)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, task.cancel)
        return await task

    try:
        return asyncio.run(until_told())
    except asyncio.CancelledError:
        problem("stopped")
        raise typer.Exit(0) from None
