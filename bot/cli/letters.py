"""Dead letters from the command line: look at them, keep them after all, or throw them away."""

from typing import Annotated

import typer
from rich.table import Table
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.cli.records import moment, on_record
from bot.cli.saying import out, problem, say_json
from bot.cohorts.letters import Unreadable, all_letters, drop_letter, find_letter, lies_in_event, retry_letter
from bot.config import Unusable
from bot.store.tables import DeadLetter

letters = typer.Typer(
    name="letters", add_completion=False, help="What was heard and could not be kept: list, retry, drop."
)
AsJson = Annotated[bool, typer.Option("--json", help="Machine-readable output on stdout, with the words.")]
LetterId = Annotated[int, typer.Argument(help="The letter's id, as `homeroom letters` lists it.")]


@letters.callback(invoke_without_command=True)
def list_(context: typer.Context, as_json: AsJson = False) -> None:
    """List what was heard and could not be kept."""
    if context.invoked_subcommand is not None:
        return
    found = on_record(all_letters)
    if as_json:
        say_json([{**_row(each), "event": each.body} for each in found])
        return
    if not found:
        out.print("no letters: everything that was heard is kept")
        return
    table = Table("id", "heard (UTC)", "platform", "kind", "ref", "reason")
    for each in found:
        table.add_row(*(str(value) for value in _row(each).values()))
    out.print(table)


@letters.command()
def retry(letter: LetterId) -> None:
    """Keep a letter's event after all, as after an update that can. Its writer is told by the running bot."""
    try:
        kept = on_record(lambda session: retry_letter(session, _found(session, letter)))
    except Unreadable as unreadable:
        problem(f"letter {letter} stays: {unreadable}")
        raise typer.Exit(1) from None
    except (SQLAlchemyError, ValueError, TypeError, OverflowError) as error:
        if not lies_in_event(error):
            raise
        problem(f"letter {letter} stays: it still cannot be kept ({type(error).__name__})")
        raise typer.Exit(1) from None
    if not kept:
        problem(f"letter {letter} stays: it belongs to no prompt that is known here. `homeroom letters drop {letter}`")
        raise typer.Exit(1)
    out.print(f"letter {letter} is kept")


@letters.command()
def drop(letter: LetterId, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False) -> None:
    """Throw a letter away with the words in it."""
    on_record(lambda session: _found(session, letter))
    if not yes:
        typer.confirm(f"Throw letter {letter} away, with the words in it?", abort=True, err=True)
    on_record(lambda session: drop_letter(session, letter))
    out.print(f"letter {letter} is gone")


def _found(session: Session, letter: int) -> DeadLetter:
    found = find_letter(session, letter)
    if found is None:
        raise Unusable(f"there is no letter {letter}: `homeroom letters` lists them")
    return found


def _row(letter: DeadLetter) -> dict[str, object]:
    return {
        "id": letter.id,
        "at": moment(letter.at),
        "platform": letter.platform,
        "kind": letter.kind,
        "ref": letter.ref,
        "reason": letter.reason,
    }
