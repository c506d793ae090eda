"""The bot without an account: the rehearsal room, and a whole course on a shifted clock."""

import logging
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from bot import simulate as simulation
from bot.cli.saying import log_to_stderr, out, progress, run_to_end, say_json
from bot.config import Unusable, load_settings
from bot.demo import run_demo

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
            run_to_end(run_demo(settings, Path(folder), _invite))
        except OSError as error:
            if error.errno is None or "address" not in str(error).lower():
                raise
            raise Unusable(
                f"port {settings.web_port} is taken: run `homeroom demo --port 8081`, or set WEB_PORT"
            ) from None


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
    log_to_stderr(logging.ERROR)
    if platform not in simulation.PLATFORMS:
        raise Unusable(f"{platform} is not a platform: write {', '.join(simulation.PLATFORMS)}")
    folder = load_settings().curriculum_dir
    with progress(f"{platform}: lesson days", days) as done:
        try:
            outcome = run_to_end(simulation.simulate(folder, days, members, platform, seed, done))
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
