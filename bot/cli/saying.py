"""How the command line speaks: results to stdout, everything else to stderr."""

import asyncio
import json
import logging
import signal
import sys
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import typer
from rich.console import Console

from bot.config import load_settings
from bot.logs import start_logging

T = TypeVar("T")

out = Console(highlight=False, markup=False)
err = Console(stderr=True, highlight=False, markup=False)


def problem(text: str) -> None:
    """A problem and its cure, to stderr."""
    err.print(text, style="bold red" if err.is_terminal else None, soft_wrap=True)


def say_json(value: Any) -> None:
    """One JSON value on stdout, as it is."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=None, default=str) + "\n")


@contextmanager
def progress(title: str, total: int) -> Iterator[Any]:
    """A bar on stderr while something takes its time: call what comes out with the number done. Nothing is drawn when
    stderr is not a terminal."""
    # Late: most commands draw none.
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, disable=not err.is_terminal, transient=True) as bar:
        task = bar.add_task(title, total=total)
        yield lambda done: bar.update(task, completed=done)


def log_to_stderr(level: int = logging.INFO) -> None:
    """One line an outcome, as LOG_FORMAT says. Raises Unusable when the settings are."""
    settings = load_settings()
    start_logging(level, as_json=settings.log_format == "json", secrets=settings.secrets)


def run_to_end(work: Coroutine[Any, Any, T]) -> T:
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
