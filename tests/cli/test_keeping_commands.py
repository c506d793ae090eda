"""backup and restore as an operator types them."""

import re
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest
from homeroom_command import Homeroom, Ran
from postgresql_programs import PROGRAMS
from sqlalchemy import make_url, select
from sqlalchemy.orm import Session

from bot.cohorts.cohorts import NewCohort, open_cohort
from bot.engine.instance import only_instance
from bot.store.database import open_engine
from bot.store.tables import Cohort

DATED = re.compile(r"homeroom-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ\.(db|dump)")


@dataclass(frozen=True)
class Kept:
    """The command on a database of its own; each test runs on both kinds."""

    run: Homeroom
    url: str

    def __call__(self, *words: str) -> Ran:
        return self.run(*words)

    def create(self, name: str) -> None:
        with self._session() as session:
            cohort = NewCohort(
                "simulator", "W", f"C{name}", name, "course", "UTC", time(9), 31, date(2030, 9, 2), first=1
            )
            open_cohort(session, cohort, datetime(2026, 9, 7, tzinfo=UTC))

    def cohorts(self) -> set[str]:
        with self._session() as session:
            return set(session.scalars(select(Cohort.name)))

    @contextmanager
    def _session(self) -> Iterator[Session]:
        engine = open_engine(self.url)
        with Session(engine) as session, session.begin():
            yield session
        engine.dispose()


@pytest.fixture
def kept(homeroom: Homeroom, database_url: str) -> Kept:
    """With one cohort."""
    homeroom.set(DATABASE_URL=database_url, PG_BIN=str(PROGRAMS))
    kept = Kept(homeroom, database_url)
    kept.create("One")
    return kept


def assert_sentence(run: Callable[..., Ran], *words: str, says: str) -> None:
    ran = run(*words)
    assert ran.code == 2, ran
    assert ran.out == ""
    assert says in ran.err
    assert ran.err.count("\n") == 1


def test_a_backup_is_told_and_comes_back_only_over_something_with_yes(kept: Kept, tmp_path: Path):
    ran = kept("backup", "kept")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == "kept: cohorts 1, deliveries 0, answers 0, newest post none\n"
    assert stat.S_IMODE((tmp_path / "kept").stat().st_mode) == 0o600
    kept.create("Two")
    assert_sentence(kept, "restore", "kept", says="add --yes")
    assert kept.cohorts() == {"One", "Two"}
    ran = kept("restore", "kept", "--yes")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("restored from kept: cohorts 1,")
    assert "homeroom run" in ran.out
    assert kept.cohorts() == {"One"}


def test_in_a_folder_backups_are_dated_and_older_ones_go(kept: Kept, tmp_path: Path):
    folder = tmp_path / "backups"
    folder.mkdir()
    for day in (1, 2, 3):
        (folder / f"homeroom-2026-01-0{day}T03-00-00Z.db").touch()
    (folder / "mine.db").touch()
    ran = kept("backup", "backups", "--keep", "2")
    assert ran.code == 0
    assert ran.out.count("removed ") == 2
    left = sorted(each.name for each in folder.glob("homeroom-*"))
    assert left[0] == "homeroom-2026-01-03T03-00-00Z.db"
    assert len(left) == 2
    assert DATED.fullmatch(left[1])
    stamp = datetime.strptime(left[1].removeprefix("homeroom-").split(".")[0], "%Y-%m-%dT%H-%M-%SZ")
    assert stamp.date() >= date(2026, 1, 4)
    assert (folder / "mine.db").exists()
    assert_sentence(kept, "backup", "kept", "--keep", "2", says="name a folder")


def test_what_cannot_be_done_is_one_sentence_without_the_password(kept: Kept, tmp_path: Path):
    (tmp_path / "note.txt").write_text("hello")
    assert_sentence(kept, "restore", "note.txt", "--yes", says="is not a Homeroom backup")
    assert_sentence(kept, "restore", "nowhere", "--yes", says="cannot be read")
    assert_sentence(kept, "backup", "note.txt", says="is there and is not a backup")
    assert_sentence(kept, "backup", "no/such/folder/kept", says="cannot be written to")
    assert kept.cohorts() == {"One"}


def test_a_running_bots_record_is_not_replaced(homeroom: Homeroom, tmp_path: Path):
    """On PostgreSQL it is the open connections that tell: tests/store/test_backup.py."""
    assert homeroom("migrate").code == 0
    Kept(homeroom, f"sqlite:///{tmp_path / 'homeroom.db'}").create("One")
    assert homeroom("backup", "kept").code == 0
    with only_instance(tmp_path / "homeroom.db"):
        assert homeroom("backup", "again").code == 0  # which may be made at any time
        assert_sentence(homeroom, "restore", "kept", "--yes", says="another Homeroom is running")
    assert homeroom("restore", "kept", "--yes").code == 0


def test_without_postgresqls_programs_the_cure_is_told(homeroom: Homeroom, postgresql_url: str, tmp_path: Path):
    secret = make_url(postgresql_url).set(password="not-to-be-seen").render_as_string(hide_password=False)
    (tmp_path / "bin").mkdir()
    homeroom.set(DATABASE_URL=secret, PG_BIN=str(tmp_path / "bin"))
    ran = homeroom("backup", "kept")
    assert ran.code == 2
    assert "not-to-be-seen" not in ran.err
    assert not (tmp_path / "kept").exists()
