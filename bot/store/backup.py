"""Back up the record and restore it: all of it or nothing, into one file that only its owner may read.

What a backup does not hold is found again by the next run: lessons posted since by their markers, and answers in the
threads that are still read back. Who joined since has to join again.
"""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, func, inspect, select, text, update
from sqlalchemy.exc import SQLAlchemyError

from bot.store import dumps, files, schema
from bot.store.problems import BackupError
from bot.store.schema import newest_revision, revision
from bot.store.tables import Cohort, Delivery, Submission, Table

Tell = Callable[[float], None]
"""Told how much of a hundred is done."""

_MAGIC = {b"SQLite format 3\x00": "sqlite", b"PGDMP": "postgresql"}
_ENDING = {"sqlite": ".db", "postgresql": ".dump"}
_STAMP = "%Y-%m-%dT%H-%M-%SZ"


@dataclass(frozen=True)
class Content:
    """What a record holds. answers: submissions that stand. newest_post: when a lesson was last posted."""

    cohorts: int
    deliveries: int
    answers: int
    newest_post: datetime | None


def back_up(engine: Engine, file: Path, programs: Path | None, tell: Tell) -> Content:
    """Write the record as it is at one moment into `file`, while the bot runs. A file that is there is replaced, when
    it is a backup, once the new one is whole. Raises BackupError.

    programs: the folder of PostgreSQL's own programs; None takes those on PATH.
    """
    _refuse_to_overwrite(engine, file)
    with _whole(file) as part:
        if engine.dialect.name == "sqlite":
            files.copy(_database_file(engine), part, tell)
            files.make_plain(part)
            with files.opened(part) as copy, copy.connect() as connection:
                return _content(connection)
        with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
            content = _content(connection)
            _known_revision(revision(connection))
            dumps.dump(connection, our_tables(connection), part, programs, tell)
            return content


def restore(engine: Engine, file: Path, programs: Path | None, tell: Tell) -> Content:
    """Put the backup in the record's place, in one transaction, and bring its tables up to date; nobody else may use
    the record meanwhile. Raises BackupError, and then the record is as it was."""
    kind = _kind(file)
    if kind is None:
        raise BackupError(f"{file} is not a Homeroom backup: name a file that `homeroom backup` wrote")
    if kind != engine.dialect.name:
        raise BackupError(f"{file} was made from {kind}, and DATABASE_URL names {engine.dialect.name}: set it to match")
    if kind == "sqlite":
        _restore_file(engine, file, tell)
    else:
        _restore_dump(engine, file, programs, tell)
    with engine.connect() as connection:
        return _content(connection)


def has_rows(engine: Engine) -> bool:
    """Whether there is anything in the record that a restore would take away."""
    if engine.dialect.name == "sqlite" and not _database_file(engine).exists():
        return False
    with engine.connect() as connection:
        names = our_tables(connection) - {"alembic_version"}
        return any(connection.scalar(text(f'SELECT 1 FROM "{name}" LIMIT 1')) for name in sorted(names))  # noqa: S608


def our_tables(connection: Connection) -> set[str]:
    """Those of the record's tables that the database has, at whatever revision it is."""
    return set(inspect(connection).get_table_names()) & {*Table.metadata.tables, "alembic_version"}


def dated_name(engine: Engine, now: datetime) -> str:
    """A name for a backup that sorts by its time."""
    return f"homeroom-{now.strftime(_STAMP)}{_ENDING[engine.dialect.name]}"


def remove_older(folder: Path, keep: int) -> list[Path]:
    """Remove all but the newest `keep` dated backups in a folder; those removed. Nothing else is touched."""
    ours = re.compile(r"homeroom-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ\.(db|dump)")
    dated = sorted((each for each in folder.iterdir() if ours.fullmatch(each.name)), key=lambda each: each.stem)
    old = dated[: max(len(dated) - keep, 0)]
    for each in old:
        each.unlink()
    return old


def _restore_file(engine: Engine, file: Path, tell: Tell) -> None:
    target = _database_file(engine)
    if target.exists() and target.samefile(file):
        raise BackupError(f"{file} is the database itself: name a backup of it")
    if not files.is_complete(file):
        raise BackupError(f"{file} is damaged, its end is missing: take another backup")
    with files.beside(target) as staged:
        files.copy(file, staged, lambda done: tell(done / 2))
        with files.opened(staged) as copy:
            _bring_up_to_date(copy, file)
        files.make_plain(staged)
        engine.dispose()
        files.copy(staged, target, lambda done: tell(50 + done / 2), at_once=True)


def _restore_dump(engine: Engine, file: Path, programs: Path | None, tell: Tell) -> None:
    with engine.connect() as connection:
        held = dumps.revision_of(connection, file, programs)
        if held is None:
            raise BackupError(f"{file} is not a Homeroom backup: name a file that `homeroom backup` wrote")
        _known_revision(held, str(file))
        _known_revision(revision(connection))
        tables = our_tables(connection)
    engine.dispose()
    dumps.load(engine, tables, file, programs, tell)
    _bring_up_to_date(engine, file)


def _bring_up_to_date(engine: Engine, file: Path) -> None:
    """Also forget which jobs were made: the queue that held them is not the one there is now."""
    try:
        with engine.connect() as connection:
            held = revision(connection) if "cohorts" in our_tables(connection) else None
        if held is None:
            raise BackupError(f"{file} is not a Homeroom backup: name a file that `homeroom backup` wrote")
        _known_revision(held, str(file))
        if held != newest_revision():
            schema.migrate(engine)
        with engine.begin() as connection:
            connection.execute(update(Delivery).values(enqueued_at=None).where(Delivery.enqueued_at.is_not(None)))
    except SQLAlchemyError as error:
        raise BackupError(f"{file} is damaged ({type(error).__name__}): take another backup") from None


def _known_revision(held: str | None, whose: str = "the database") -> None:
    known = {each.revision for each in ScriptDirectory(str(schema.MIGRATIONS)).walk_revisions()}
    if held is not None and held not in known:
        raise BackupError(f"{whose} is from a newer Homeroom (its tables are at {held}): update this one first")


def _content(connection: Connection) -> Content:
    if "cohorts" not in our_tables(connection):
        raise BackupError("the database holds no Homeroom tables: check DATABASE_URL")
    standing = select(func.count()).select_from(Submission).where(Submission.withdrawn_at.is_(None))
    return Content(
        cohorts=connection.scalar(select(func.count()).select_from(Cohort)) or 0,
        deliveries=connection.scalar(select(func.count()).select_from(Delivery)) or 0,
        answers=connection.scalar(standing) or 0,
        newest_post=connection.scalar(select(func.max(Delivery.posted_at))),
    )


def _kind(file: Path) -> str | None:
    try:
        with file.open("rb") as opened:
            start = opened.read(16)
    except OSError as error:
        raise BackupError(f"{file} cannot be read ({error.strerror}): check its name") from None
    return next((kind for magic, kind in _MAGIC.items() if start.startswith(magic)), None)


def _refuse_to_overwrite(engine: Engine, file: Path) -> None:
    database = _database_file(engine) if engine.dialect.name == "sqlite" else None
    if database is not None and not database.exists():
        raise BackupError(f"there is no database at {database} yet: check DATABASE_URL")
    if not file.exists():
        return
    if database is not None and file.samefile(database):
        raise BackupError(f"{file} is the database itself: name another file")
    if not file.is_file() or _kind(file) is None:
        raise BackupError(f"{file} is there and is not a backup: name another file")


@contextmanager
def _whole(file: Path) -> Iterator[Path]:
    """A file of its owner's own beside `file`, which takes its place at the end of the block, or goes."""
    with files.beside(file) as part:
        yield part
        with part.open("rb") as written:
            os.fsync(written.fileno())
        part.replace(file)
        folder = os.open(file.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _database_file(engine: Engine) -> Path:
    return Path(engine.url.database or "")
