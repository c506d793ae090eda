"""`homeroom export`: a cohort's progress and answers as tables, a member's portfolio as a paper."""

import os
import sys
from collections.abc import Callable, Iterable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.records import find_one, on_record
from bot.cli.saying import out, problem, progress
from bot.clock import system_clock
from bot.cohorts.audit import Action, write_down
from bot.cohorts.exports import members_called
from bot.cohorts.paths import member_path
from bot.cohorts.progress import cohort_progress
from bot.config import Unusable, load_settings
from bot.curriculum.load import load_course
from bot.store.database import open_engine
from bot.store.files import beside
from bot.store.problems import BackupError
from bot.store.reading import open_reader, reading
from bot.store.tables import Cohort, Member
from bot.talk.drawing.portfolio import portfolio_pdf
from bot.talk.drawing.typesetting import CannotSet
from bot.talk.exports.files import FORMS, file_name
from bot.talk.exports.sheets import Export, answers_export, counted, progress_export
from bot.talk.portfolios import Portfolio, portfolio_markdown, portfolio_of

PATIENCE = 3600.0
"""Seconds that the database may take over an export."""


class Tables(StrEnum):
    CSV = "csv"
    XLSX = "xlsx"
    JSON = "json"


class Papers(StrEnum):
    MD = "md"
    PDF = "pdf"


CohortName = Annotated[str, typer.Argument(help="The cohort's name or id.", metavar="COHORT")]
Into = Annotated[str | None, typer.Option("--out", help="The file to write, or - for stdout. [default: named for you]")]
Force = Annotated[bool, typer.Option("--force", help="Write over a file that is there.")]
Table = Annotated[Tables, typer.Option("--format", help="xlsx is best for Excel; csv is UTF-8 with commas.")]
export = typer.Typer(name="export", add_completion=False, help="Take a cohort's work out.", no_args_is_help=True)


@export.command("progress")
def progress_(
    name: CohortName,
    form: Table = Tables.CSV,
    by: Annotated[
        str, typer.Option(help="lesson or member: what a row of a CSV file is; the others hold both.")
    ] = "lesson",
    to: Into = None,
    force: Force = False,
) -> None:
    """Everybody's lessons and their states."""
    if by not in ("lesson", "member"):
        problem(f"a row cannot be a {by}: write --by lesson or --by member")
        raise typer.Exit(2)
    cohort, now = find_one(name), system_clock()
    target = _target(to, file_name(cohort.name, "progress", form), form)
    everybody = on_record(lambda session: cohort_progress(session, cohort, now))
    exported = progress_export(cohort, everybody, now)
    if by == "member" and form is Tables.CSV:
        exported = Export(exported.what, exported.cohort, exported.made_at, exported.sheets[:1])
    _write_down(cohort, f"progress as {form}")
    _write_table(exported, form, target, force)


@export.command()
def answers(name: CohortName, form: Table = Tables.CSV, to: Into = None, force: Force = False) -> None:
    """Every answer with what was said about it."""
    cohort, now = find_one(name), system_clock()
    target = _target(to, file_name(cohort.name, "answers", form), form)
    _write_down(cohort, f"answers as {form}")
    engine = open_engine(load_settings().database_url)
    try:
        with reading(open_reader(engine), PATIENCE) as session:
            _write_table(answers_export(session, cohort, now), form, target, force)
    finally:
        engine.dispose()


@export.command()
def portfolio(
    name: CohortName,
    member: Annotated[str, typer.Option(help="The member's name, or their id on the platform.")],
    form: Annotated[Papers, typer.Option("--format", help="md or pdf.")] = Papers.PDF,
    to: Into = None,
    force: Force = False,
) -> None:
    """All that a member has written, as a paper. It is written down that you took it, and they can see that."""
    cohort = find_one(name)
    found = _find_member(cohort, member)
    target = _target(to, file_name(found.name, "portfolio", form), form)
    course = load_course(load_settings().curriculum_dir)
    now = system_clock()
    path = on_record(lambda session: member_path(session, course, cohort, found, now))
    assert path is not None, "they were found in the cohort"
    _write_down(cohort, f"portfolio as {form}", Action.EXPORTED, found)
    _write_down(cohort, "everything written in this cohort", Action.PATH_READ, found)
    _write(_paper(portfolio_of(course, cohort, path, now), form), target, force)


def _paper(made: Portfolio, form: Papers) -> Iterable[bytes]:
    if form is Papers.MD:
        return (f"{line}\n".encode() for line in portfolio_markdown(made))
    try:
        return [portfolio_pdf(made)]
    except CannotSet as error:
        raise Unusable(f"the portfolio could not be set ({error}): try again, or take --format md") from None


def _find_member(cohort: Cohort, called: str) -> Member:
    found = on_record(lambda session: members_called(session, cohort, called))
    if len(found) == 1:
        return found[0]
    if found:
        problem(f"several members are called {called}: use one of the ids {', '.join(each.ref for each in found)}")
    else:
        problem(f"nobody in {cohort.name} is called {called}: `homeroom report {cohort.id}` shows who is there")
    raise typer.Exit(2)


def _target(to: str | None, named: str, form: str) -> Path | None:
    """None for stdout."""
    if to == "-":
        if form in (Tables.XLSX, Papers.PDF) and sys.stdout.isatty():
            problem(f"a terminal cannot show {form}: name a file with --out, or leave --out away")
            raise typer.Exit(2)
        return None
    return Path(to or named)


def _write_down(cohort: Cohort, says: str, action: Action = Action.EXPORTED, about: Member | None = None) -> None:
    """Before anything leaves: by an operator, who is no member."""
    now = system_clock()
    on_record(lambda session: write_down(session, cohort, None, action, says, now, about))


def _write_table(exported: Export, form: Tables, target: Path | None, force: bool) -> None:
    with progress(f"{exported.what}: rows", exported.total) as done:
        _write(FORMS[form].write(counted(exported, done)), target, force)


def _write(pieces: Iterable[bytes], target: Path | None, force: bool) -> None:
    """To stdout, or to a file that is there when it is whole, or not at all."""
    if target is None:
        for piece in pieces:
            sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()
        return
    if target.is_dir():
        raise Unusable(f"{target} is a folder: name a file in it")
    if target.exists() and not force:
        raise Unusable(f"{target} is there already: name another file with --out, or add --force")
    try:
        size = _put(pieces, target, os.replace if force else _put_new)
    except FileExistsError:
        raise Unusable(f"{target} has come up meanwhile: name another file with --out, or add --force") from None
    except BackupError as error:
        raise Unusable(str(error)) from None
    except OSError as error:
        raise Unusable(f"{target} cannot be written ({error.strerror}): check the disk and the folder") from None
    out.print(f"{target}: {size:,} bytes", soft_wrap=True)


def _put(pieces: Iterable[bytes], target: Path, take: Callable[[Path, Path], object]) -> int:
    """How many bytes it has."""
    with beside(target) as path:
        with path.open("wb") as file:
            for piece in pieces:
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
            size = file.tell()
        take(path, target)
    return size


def _put_new(path: Path, target: Path) -> None:
    os.link(path, target)  # unlike a rename it never takes another file's place
