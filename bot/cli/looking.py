"""`homeroom looks`: what goes out, drawn as Discord, Slack and the rehearsal room show it, as pages for authors."""

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.saying import out, problem, progress
from bot.config import load_settings
from bot.curriculum.load import load_course
from bot.scenes import ZONE, day_scenes
from bot.web.looks.exporting import export_looks


def looks(
    days: Annotated[list[int], typer.Argument(help="The lessons' days.")],
    folder: Annotated[
        Path, typer.Option("--out", file_okay=False, help="Where to write the pages; made where it is missing.")
    ] = Path("looks"),
) -> None:
    """Draw lessons as Discord and Slack show them, side by side, from the very bodies that would be sent.

    Nothing is sent and no account is needed: a small class answers in a record that is thrown away.
    """
    course = load_course(load_settings().curriculum_dir)
    missing = [day for day in days if day not in course.lessons]
    if missing:
        problem(
            f"the course has no lesson for day {missing[0]}: it has days {min(course.lessons)} to {max(course.lessons)}"
        )
        raise typer.Exit(2)
    wanted = sorted(set(days))
    try:
        with progress("days drawn", len(wanted)) as done:
            for number, day in enumerate(wanted, 1):
                page = export_looks(day, course.lessons[day].title, wanted, day_scenes(course, day), ZONE, folder)
                done(number)
    except OSError as error:
        problem(f"{folder} cannot be written ({error.strerror}): name a folder that you may write to")
        raise typer.Exit(2) from None
    out.print(f"wrote {len(wanted)} {'page' if len(wanted) == 1 else 'pages'}: open {page}", soft_wrap=True)
