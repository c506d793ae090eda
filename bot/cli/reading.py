"""`homeroom read`: the course as its readers see it, in a browser or as files."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.saying import log_to_stderr, out, problem, progress, run_to_end
from bot.config import Unusable, load_settings
from bot.curriculum.model import Course
from bot.engine.shelf import Shelf
from bot.web.reader.exporting import export_pages
from bot.web.reader.serving import serve_reader


def read(
    port: Annotated[int, typer.Option(min=0, max=65_535, help="The port on this machine; 0 takes a free one.")] = 8090,
    to_day: Annotated[
        int | None, typer.Option(min=0, help="Show what a member may see on this day, and no more.")
    ] = None,
    export: Annotated[
        Path | None, typer.Option(file_okay=False, help="Write all pages into this folder, and serve nothing.")
    ] = None,
) -> None:
    """Read the course in a browser: lessons, papers and concepts, with what still has to be verified.

    Changed files show at the next page; what does not check clean is told on stderr, and the last good course stays.
    """
    log_to_stderr()
    shelf = Shelf(load_settings().curriculum_dir)
    if export is not None:
        _export(shelf.course, to_day, export)
        return
    try:
        run_to_end(serve_reader(_watched(shelf), to_day, port, _invite))
    except OSError as error:
        if error.errno is None or "address" not in str(error).lower():
            raise
        raise Unusable(f"port {port} is taken: name another, like `homeroom read --port {port + 1}`") from None


def _watched(shelf: Shelf) -> Callable[[], Course]:
    """The course as its files stand now: a look at them costs a few milliseconds a page."""

    def course() -> Course:
        shelf.refresh()
        return shelf.course

    return course


def _export(course: Course, to_day: int | None, folder: Path) -> None:
    with ExitStack() as bar:
        try:
            number = export_pages(
                course, to_day, folder, lambda total: bar.enter_context(progress("pages written", total))
            )
        except OSError as error:
            problem(f"{folder} cannot be written ({error.strerror}): name a folder that you may write to")
            raise typer.Exit(2) from None
    out.print(f"wrote {number} files: open {folder / 'index.html'}", soft_wrap=True)


def _invite(url: str) -> None:
    out.print(f"\nThe course is open for reading: {url}\nPress Ctrl-C to close it.\n")
