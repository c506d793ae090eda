"""Keeping the record: back it up while the bot runs, restore it while it does not."""

from pathlib import Path
from typing import Annotated

import typer

from bot.app import sqlite_file
from bot.cli.saying import out, progress
from bot.clock import system_clock
from bot.config import Unusable, load_settings
from bot.engine.instance import only_instance
from bot.store.backup import Content, back_up, dated_name, has_rows, remove_older
from bot.store.backup import restore as restore_record
from bot.store.database import open_engine
from bot.store.problems import BackupError


def backup(
    to: Annotated[Path, typer.Argument(help="A file; or a folder, where a dated one is made.")],
    keep: Annotated[
        int | None, typer.Option(min=1, help="In a folder: keep so many dated backups, remove older ones.")
    ] = None,
) -> None:
    """Back up the record, while the bot runs or not."""
    if keep is not None and not to.is_dir():
        raise Unusable(f"--keep counts the dated backups of a folder, and {to} is none: name a folder")
    settings = load_settings()
    engine = open_engine(settings.database_url)
    file = to / dated_name(engine, system_clock()) if to.is_dir() else to
    try:
        with progress("backup %", 100) as done:
            content = back_up(engine, file, settings.pg_bin, done)
    except BackupError as error:
        raise Unusable(str(error)) from None
    finally:
        engine.dispose()
    out.print(f"{file}: {_told(content)}", soft_wrap=True)
    for old in remove_older(to, keep) if keep is not None else ():
        out.print(f"removed {old}", soft_wrap=True)


def restore(
    file: Annotated[Path, typer.Argument(help="What `homeroom backup` wrote.")],
    yes: Annotated[
        bool, typer.Option("--yes", help="Also when the record holds something, which is then gone.")
    ] = False,
) -> None:
    """Put a backup in the record's place. Stop the bot first."""
    settings = load_settings()
    engine = open_engine(settings.database_url)
    try:
        with only_instance(sqlite_file(engine)):
            if not yes and has_rows(engine):
                shown = engine.url.render_as_string(hide_password=True)
                raise Unusable(f"{shown} holds a record, which would be gone: back it up, then add --yes")
            with progress("restore %", 100) as done:
                content = restore_record(engine, file, settings.pg_bin, done)
    except BackupError as error:
        raise Unusable(str(error)) from None
    finally:
        engine.dispose()
    out.print(f"restored from {file}: {_told(content)}", soft_wrap=True)
    out.print(
        "Next: `homeroom run`. Lessons whose time has come since are looked for in their channels before anything is"
        " posted; threads of the last 14 days are read again. Who joined since this backup was made has to join again:"
        " what they wrote in a thread is kept, and counts from then on.",
        soft_wrap=True,
    )


def _told(content: Content) -> str:
    newest = f"{content.newest_post:%Y-%m-%d %H:%M} UTC" if content.newest_post else "none"
    return (
        f"cohorts {content.cohorts}, deliveries {content.deliveries}, answers {content.answers}, newest post {newest}"
    )
