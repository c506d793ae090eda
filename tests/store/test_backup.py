"""A backup holds the record as it was at one moment; a restore brings all of it back, or changes nothing."""

import os
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pytest
from postgresql_programs import PROGRAMS
from sqlalchemy import Engine, MetaData, make_url, select, text
from sqlalchemy.orm import Session

from bot.store import files, schema
from bot.store.backup import Content, back_up, dated_name, has_rows, remove_older, restore
from bot.store.database import open_engine
from bot.store.problems import BackupError
from bot.store.tables import Cohort, Delivery, Member, Message, Revision, Submission

NOW = datetime(2026, 9, 7, 7, tzinfo=UTC)
WORDS = "my own words, “quoted”\n\tand 'more' \\ \\. ␀"


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    opened = open_engine(database_url)
    yield opened
    opened.dispose()


@pytest.fixture
def other(empty_database_url: str) -> Iterator[Engine]:
    """A database without a table."""
    opened = open_engine(empty_database_url)
    yield opened
    opened.dispose()


def quiet(_: float) -> None:
    """Nobody watches the progress."""


def add_cohort(session: Session, number: int) -> None:
    """A cohort with a lesson that was posted and answered."""
    cohort = Cohort(
        key=f"k{number}", platform="discord", workspace="W", channel=f"C{number}", name=f"Cohort {number}",
        course="course", zone="Europe/Zurich", post_time=time(9), weekdays=31, start_date=date(2026, 9, 7),
        next_lesson=2, next_date=date(2026, 9, 8), next_due_at=NOW, created_at=NOW,
    )  # fmt: skip
    member = Member(platform="discord", workspace="W", ref=f"m{number}", name="Ada")
    session.add_all([cohort, member])
    session.flush()
    delivery = Delivery(
        cohort_id=cohort.id, local_date=date(2026, 9, 7), lesson=1, due_at=NOW, closes_at=NOW, state="done",
        next_try_at=NOW, posted_at=NOW, enqueued_at=NOW,
    )  # fmt: skip
    session.add(delivery)
    session.flush()
    message = Message(
        delivery_id=delivery.id, number=0, prompt="claim", key=f"key{number}", body="{}", tried_at=NOW,
        platform="discord", ref=f"r{number}", thread=f"t{number}",
    )  # fmt: skip
    session.add(message)
    session.flush()
    submission = Submission(
        message_id=message.id, member_id=member.id, platform="discord", ref=f"s{number}", text=WORDS, revision=0,
        sent_at=NOW,
    )  # fmt: skip
    session.add(submission)
    session.flush()
    session.add(Revision(submission_id=submission.id, revision=0, text=WORDS))


def fill(engine: Engine, *numbers: int) -> None:
    with Session(engine) as session, session.begin():
        for number in numbers:
            add_cohort(session, number)


def rows(engine: Engine) -> dict[str, list[Any]]:
    """Everything there is, table by table."""
    found = MetaData()
    with engine.connect() as connection:
        found.reflect(connection)
        return {name: sorted(connection.execute(select(table)).all(), key=repr) for name, table in found.tables.items()}


def refusal(call: Callable[[], Any]) -> str:
    with pytest.raises(BackupError) as refused:
        call()
    said = str(refused.value)
    assert "\n" not in said
    assert "my own words" not in said
    return said


def test_a_backup_brings_back_every_row_in_place_of_what_came_since(engine: Engine, tmp_path: Path):
    fill(engine, 1, 2)
    steps: list[float] = []
    content = back_up(engine, tmp_path / "kept", PROGRAMS, steps.append)
    assert content == Content(cohorts=2, deliveries=2, answers=2, newest_post=NOW)
    assert steps == sorted(steps)
    assert 0 < steps[-1] <= 100
    with engine.begin() as connection:
        connection.execute(text("UPDATE deliveries SET enqueued_at = NULL"))  # which jobs were made is forgotten
    before = rows(engine)
    assert len(before["revisions"]) == 2
    fill(engine, 3)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM submissions"))
    assert restore(engine, tmp_path / "kept", PROGRAMS, quiet) == content
    assert rows(engine) == before
    fill(engine, 3)  # identities go on where they were


def test_a_backup_goes_into_an_empty_database(engine: Engine, other: Engine, tmp_path: Path):
    fill(engine, 1)
    back_up(engine, tmp_path / "kept", PROGRAMS, quiet)
    assert not has_rows(other)
    assert restore(other, tmp_path / "kept", PROGRAMS, quiet).answers == 1
    assert has_rows(other)
    schema.check(other)
    with engine.begin() as connection:
        connection.execute(text("UPDATE deliveries SET enqueued_at = NULL"))
    assert rows(other) == rows(engine)


def test_the_file_is_its_owners_alone_and_nothing_is_left_beside_it(engine: Engine, tmp_path: Path):
    fill(engine, 1)
    old = os.umask(0)
    try:
        back_up(engine, tmp_path / "kept", PROGRAMS, quiet)
        back_up(engine, tmp_path / "kept", PROGRAMS, quiet)  # in place of the first
    finally:
        os.umask(old)
    assert [each.name for each in tmp_path.iterdir()] == ["kept"]
    assert stat.S_IMODE((tmp_path / "kept").stat().st_mode) == 0o600


def test_a_backup_that_breaks_off_leaves_the_one_before(engine: Engine, tmp_path: Path):
    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    fill(engine, 1)
    back_up(engine, tmp_path / "kept", PROGRAMS, quiet)
    before = (tmp_path / "kept").read_bytes()
    fill(engine, 2)
    with pytest.raises(KeyboardInterrupt):
        back_up(engine, tmp_path / "kept", PROGRAMS, interrupt)
    assert [each.name for each in tmp_path.iterdir()] == ["kept"]
    assert (tmp_path / "kept").read_bytes() == before


def test_a_backup_under_load_is_of_one_moment(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Every transaction adds a cohort with its delivery and its answer, so that their numbers agree at any moment. A
    writer makes no copy begin anew: its progress never goes back."""
    monkeypatch.setattr(files, "PAGES", 2)
    steps: list[list[float]] = [[], [], []]
    fill(engine, *range(300))
    began, enough = threading.Event(), threading.Event()

    def write() -> None:
        number = 1_000
        while not enough.is_set():
            fill(engine, number)
            number += 1
            began.set()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert began.wait(20)
        contents = [back_up(engine, tmp_path / str(number), PROGRAMS, steps[number].append) for number in range(3)]
    finally:
        enough.set()
        writer.join()
    assert contents[0].cohorts < contents[2].cohorts  # it was written to meanwhile
    for number, content in enumerate(contents):
        assert steps[number] == sorted(steps[number])
        assert content.cohorts == content.deliveries == content.answers
        assert restore(engine, tmp_path / str(number), PROGRAMS, quiet) == content


def test_an_older_backup_is_brought_up_to_date(engine: Engine, other: Engine, tmp_path: Path):
    schema.migrate(other, "0001")
    with other.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO cohorts (key, platform, workspace, channel, name, course, zone, post_time, weekdays,"
                " start_date, state, created_at) VALUES ('k', 'discord', 'W', 'C', 'Old', 'course', 'UTC', '09:00:00',"
                " 31, '2026-09-07', 'active', '2026-09-07 07:00:00')"
            )
        )
    assert back_up(other, tmp_path / "old", PROGRAMS, quiet).cohorts == 1
    fill(engine, 1)
    assert restore(engine, tmp_path / "old", PROGRAMS, quiet).cohorts == 1
    assert schema.is_current(engine)
    schema.check(engine)
    with Session(engine) as session:
        assert session.scalars(select(Cohort.name)).all() == ["Old"]


def test_what_is_no_backup_or_not_for_this_program_changes_nothing(engine: Engine, tmp_path: Path):
    fill(engine, 1)
    kept = tmp_path / "kept"
    back_up(engine, kept, PROGRAMS, quiet)
    before = rows(engine)
    (tmp_path / "note.txt").write_text("SQLite is nice")
    assert "is not a Homeroom backup" in refusal(lambda: restore(engine, tmp_path / "note.txt", PROGRAMS, quiet))
    assert "cannot be read" in refusal(lambda: restore(engine, tmp_path / "nowhere", PROGRAMS, quiet))
    assert "is there and is not a backup" in refusal(lambda: back_up(engine, tmp_path / "note.txt", PROGRAMS, quiet))
    assert "cannot be written to" in refusal(lambda: back_up(engine, tmp_path / "no" / "kept", PROGRAMS, quiet))
    wrong = tmp_path / "wrong"
    wrong.write_bytes(b"PGDMP" if engine.dialect.name == "sqlite" else b"SQLite format 3\x00")
    assert "set it to match" in refusal(lambda: restore(engine, wrong, PROGRAMS, quiet))
    whole = kept.read_bytes()
    for length in (40, len(whole) // 2, len(whole) - 200):
        kept.write_bytes(whole[:length])
        refusal(lambda: restore(engine, kept, PROGRAMS, quiet))
    assert rows(engine) == before


def test_a_backup_from_a_newer_homeroom_is_refused(engine: Engine, tmp_path: Path):
    fill(engine, 1)
    current = rows(engine)["alembic_version"][0][0]
    _set_revision(engine, "9999")
    if engine.dialect.name == "sqlite":
        back_up(engine, tmp_path / "newer", PROGRAMS, quiet)
    else:  # which also refuses to make one
        assert "from a newer Homeroom" in refusal(lambda: back_up(engine, tmp_path / "newer", PROGRAMS, quiet))
        _set_revision(engine, current)
        return
    _set_revision(engine, current)
    before = rows(engine)
    said = refusal(lambda: restore(engine, tmp_path / "newer", PROGRAMS, quiet))
    assert "from a newer Homeroom (its tables are at 9999)" in said
    assert rows(engine) == before


def test_a_foreign_database_is_not_a_backup(other: Engine, engine: Engine, tmp_path: Path):
    with other.begin() as connection:
        connection.execute(text("CREATE TABLE recipes (id INTEGER)"))
    assert "holds no Homeroom tables" in refusal(lambda: back_up(other, tmp_path / "recipes", PROGRAMS, quiet))
    file = tmp_path / "foreign"
    if engine.dialect.name == "sqlite":
        file = Path(other.url.database)
    else:
        address = other.url.set(drivername="postgresql").render_as_string(hide_password=False)
        subprocess.run([PROGRAMS / "pg_dump", "--format=custom", f"--file={file}", address], check=True)
    assert "is not a Homeroom backup" in refusal(lambda: restore(engine, file, PROGRAMS, quiet))


def test_the_database_itself_is_no_place_for_its_backup(engine: Engine, tmp_path: Path):
    if engine.dialect.name != "sqlite":
        assert dated_name(engine, NOW) == "homeroom-2026-09-07T07-00-00Z.dump"
        return
    fill(engine, 1)
    file = Path(engine.url.database)
    (tmp_path / "link").symlink_to(file)
    for name in (file, tmp_path / "link"):
        assert "is the database itself" in refusal(lambda name=name: back_up(engine, name, None, quiet))
        assert "is the database itself" in refusal(lambda name=name: restore(engine, name, None, quiet))


def test_only_dated_backups_beyond_the_number_are_removed(tmp_path: Path):
    names = [f"homeroom-2026-09-{day:02}T03-00-00Z.db" for day in range(1, 6)]
    others = ["homeroom.db", "homeroom-2026-09-01T03-00-00Z.db.txt", "my-homeroom-2026-09-01T03-00-00Z.db"]
    for name in [*names, *others]:
        (tmp_path / name).touch()
    assert [each.name for each in remove_older(tmp_path, 2)] == names[:3]
    assert {each.name for each in tmp_path.iterdir()} == {*names[3:], *others}
    assert remove_older(tmp_path, 9) == []


class TestPostgresPrograms:
    """What only PostgreSQL's own programs can do wrong."""

    @pytest.fixture
    def engine(self, postgresql_databases: Any) -> Iterator[Engine]:
        url = postgresql_databases.make(None)
        opened = open_engine(make_url(url).set(password="pa ss'word").render_as_string(hide_password=False))
        schema.migrate(opened)
        yield opened
        opened.dispose()
        postgresql_databases.drop(url)

    @pytest.fixture
    def shim(self, tmp_path: Path) -> Callable[..., Path]:
        """A folder of programs, of which some are Python scripts; REAL is the real one."""

        def make(**scripts: str) -> Path:
            folder = tmp_path / "bin"
            folder.mkdir()
            for name in ("pg_dump", "pg_restore", "psql"):
                if name in scripts:
                    (folder / name).write_text(
                        f"#!{sys.executable}\nimport os, subprocess, sys\nREAL = {str(PROGRAMS / name)!r}\n"
                        f"NOTES = {str(tmp_path / 'notes')!r}\n{scripts[name]}\n"
                    )
                    (folder / name).chmod(0o755)
                else:
                    (folder / name).symlink_to(PROGRAMS / name)
            return folder

        return make

    def test_the_password_goes_by_the_environment_and_on_no_command_line(
        self, engine: Engine, shim: Callable[..., Path], tmp_path: Path
    ):
        noting = (
            "open(NOTES, 'a').write(repr((sys.argv, os.environ['PGPASSWORD'])) + '\\n')\n"
            "os.execv(REAL, [REAL, *sys.argv[1:]])"
        )
        folder = shim(pg_dump=noting, pg_restore=noting, psql=noting)
        fill(engine, 1)
        back_up(engine, tmp_path / "kept", folder, quiet)
        restore(engine, tmp_path / "kept", folder, quiet)
        notes = [eval(line) for line in (tmp_path / "notes").read_text().splitlines()]
        assert {Path(argv[0]).name for argv, _ in notes} == {"pg_dump", "pg_restore", "psql"}
        assert all(password == "pa ss'word" for _, password in notes)
        assert not any("word" in word.replace("password", "") for argv, _ in notes for word in argv)

    def test_programs_that_are_missing_or_too_old_are_told_with_the_cure(
        self, engine: Engine, shim: Callable[..., Path], tmp_path: Path
    ):
        (tmp_path / "none").mkdir()
        said = refusal(lambda: back_up(engine, tmp_path / "kept", tmp_path / "none", quiet))
        assert "pg_dump is not in" in said
        assert "set PG_BIN" in said
        folder = shim(pg_dump="print('pg_dump (PostgreSQL) 9.6.1')", psql="print('psql (PostgreSQL) 9.6.1')")
        said = refusal(lambda: back_up(engine, tmp_path / "kept", folder, quiet))
        assert "is of version 9 and the server of" in said
        assert "set PG_BIN" in said
        assert not (tmp_path / "kept").exists()

    @pytest.mark.parametrize(
        "fault",
        [
            {"pg_restore": "if '--verbose' not in sys.argv: os.execv(REAL, [REAL, *sys.argv[1:]])\n"
             "whole = subprocess.run([REAL, *sys.argv[1:]], capture_output=True).stdout\n"
             "sys.stdout.buffer.write(whole[: len(whole) * 2 // 3])\nsys.exit(1)"},
            {"psql": "if '--version' in sys.argv: os.execv(REAL, [REAL, *sys.argv[1:]])\n"
             "with subprocess.Popen([REAL, *sys.argv[1:]], stdin=subprocess.PIPE) as real:\n"
             "    real.stdin.write(sys.stdin.buffer.read(6000)); real.kill()\nsys.exit(2)"},
        ],
        ids=["half-read", "writer-killed"],
    )  # fmt: skip
    def test_a_restore_that_breaks_off_changes_nothing(
        self, engine: Engine, shim: Callable[..., Path], tmp_path: Path, fault: dict[str, str]
    ):
        fill(engine, 1)
        back_up(engine, tmp_path / "kept", PROGRAMS, quiet)
        fill(engine, 2)
        before = rows(engine)
        folder = shim(**fault)
        assert "nothing was changed" in refusal(lambda: restore(engine, tmp_path / "kept", folder, quiet))
        assert rows(engine) == before

    def test_a_database_that_is_in_use_is_not_replaced(self, engine: Engine, tmp_path: Path):
        fill(engine, 1)
        back_up(engine, tmp_path / "kept", PROGRAMS, quiet)
        bot = open_engine(engine.url.render_as_string(hide_password=False))
        try:
            fill(bot, 2)
            before = rows(bot)
            said = refusal(lambda: restore(engine, tmp_path / "kept", PROGRAMS, quiet))
            assert "stop every Homeroom process first" in said
            assert rows(bot) == before
        finally:
            bot.dispose()
        assert restore(engine, tmp_path / "kept", PROGRAMS, quiet).cohorts == 1


def _set_revision(engine: Engine, to: str) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :to"), {"to": to})
