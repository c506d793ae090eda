"""`homeroom export` as an operator types it."""

import csv
import json
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from io import StringIO
from pathlib import Path

import openpyxl
import pytest
from homeroom_command import Homeroom, Ran
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from bot.chat.inbound import Person
from bot.cli import exporting
from bot.cohorts.cohorts import LEARNER, NewCohort, join, known_member, open_cohort
from bot.store.database import open_engine
from bot.store.tables import AuditEntry, Delivery, Message, Submission
from bot.talk.drawing import typesetting

START = datetime(2026, 9, 7, 9, tzinfo=UTC)
COHORT = "Spring – Zürich"
EVIL = '=HYPERLINK("https://evil.example","x")'


@dataclass(frozen=True)
class Kept:
    """The command on a database with one cohort: day 31 is out, Ada has answered both of its prompts, Ben none."""

    run: Homeroom
    url: str

    def __call__(self, *words: str) -> Ran:
        return self.run("export", *words)

    @property
    def folder(self) -> Path:
        return self.run.folder

    @contextmanager
    def session(self) -> Iterator[Session]:
        engine = open_engine(self.url)
        with Session(engine) as session, session.begin():
            yield session
        engine.dispose()

    def entries(self) -> list[tuple[str, str, str | None, int | None]]:
        with self.session() as session:
            rows = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
            return [(each.action, each.says, each.by_id and str(each.by_id), each.about_id) for each in rows]


@pytest.fixture
def kept(homeroom: Homeroom, database_url: str) -> Kept:
    homeroom.set(DATABASE_URL=database_url)
    kept = Kept(homeroom, database_url)
    with kept.session() as session:
        _fill(session)
    return kept


def _fill(session: Session) -> None:
    cohort = open_cohort(
        session,
        NewCohort("simulator", "W", "C1", COHORT, "course", "UTC", time(9), 31, date(2026, 9, 7), first=31),
        START - timedelta(days=1),
    )
    people = [known_member(session, "simulator", "W", Person(name.lower(), name)) for name in ("Ada", "Ben", "=Eve")]
    for each in people:
        join(session, cohort, each, LEARNER, START - timedelta(hours=1))
    delivery = Delivery(
        cohort_id=cohort.id,
        local_date=date(2026, 9, 7),
        lesson=31,
        due_at=START,
        closes_at=START + timedelta(days=1),
        state="done",
        attempt=1,
        next_try_at=START,
        posted_at=START,
    )
    session.add(delivery)
    session.flush()
    for number, prompt in enumerate(("claim", "doubt"), 1):
        key, ref = f"{number:024}", f"C1/{number}"
        message = Message(
            delivery_id=delivery.id, number=number, prompt=prompt, key=key, body="{}", platform="simulator", ref=ref
        )
        session.add(message)
        session.flush()
        session.add(
            Submission(
                message_id=message.id,
                member_id=people[0].id,
                platform="simulator",
                ref=f"C1/reply/{number}",
                text=EVIL if number == 1 else "A doubt.\nIn two lines.",
                revision=0,
                sent_at=START + timedelta(hours=number),
            )
        )


def rows(file: Path) -> list[list[str]]:
    return list(csv.reader(StringIO(file.read_bytes().decode("utf-8-sig"), newline="")))


def test_answers_as_csv_are_the_rows_of_the_record_and_no_formula(kept: Kept) -> None:
    ran = kept("answers", "spring – zürich")
    assert ran.code == 0, ran.err
    file = kept.folder / "spring-zürich-answers.csv"
    assert ran.out.startswith(f"{file.name}: ")
    header, *found = rows(file)
    place = header.index("answer")
    assert [row[place] for row in found] == [f"'{EVIL}", "A doubt.\nIn two lines."]
    with kept.session() as session:
        assert session.scalar(text("SELECT count(*) FROM submissions")) == len(found)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert kept.entries() == [("exported", "answers as csv", None, None)]


def test_progress_as_csv_is_by_lesson_or_by_member(kept: Kept) -> None:
    assert kept("progress", COHORT).code == 0
    lessons = rows(kept.folder / "spring-zürich-progress.csv")
    assert [row[:5] for row in lessons[1:]] == [
        ["'=Eve", "'=eve", "31", "2026-09-07", "missed"],
        ["Ada", "ada", "31", "2026-09-07", "done"],
        ["Ben", "ben", "31", "2026-09-07", "missed"],
    ]
    assert kept("progress", COHORT, "--by", "member", "--out", "members.csv").code == 0
    header, *members = rows(kept.folder / "members.csv")
    assert [(row[0], row[header.index("done")], row[header.index("missed")]) for row in members] == [
        ("'=Eve", "0", "1"),
        ("Ada", "1", "0"),
        ("Ben", "0", "1"),
    ]


def test_a_workbook_and_json_hold_members_and_lessons(kept: Kept) -> None:
    assert kept("progress", COHORT, "--format", "xlsx", "--out", "p.xlsx").code == 0
    book = openpyxl.load_workbook(kept.folder / "p.xlsx")
    assert book.sheetnames == ["members", "lessons"]
    assert [page.max_row for page in book] == [4, 4]
    assert book["members"]["A2"].value == "=Eve"
    assert book["members"]["A2"].data_type == "s"
    assert kept("progress", COHORT, "--format", "json", "--out", "p.json").code == 0
    read = json.loads((kept.folder / "p.json").read_bytes())
    assert [each["member"] for each in read["members"]] == ["=Eve", "Ada", "Ben"]
    assert {each["state"] for each in read["lessons"]} == {"done", "missed"}


def test_to_stdout_goes_the_file_and_nothing_else(kept: Kept) -> None:
    ran = kept("answers", COHORT, "--format", "json", "--out", "-")
    assert [each["answer"] for each in ran.json["answers"]] == [EVIL, "A doubt.\nIn two lines."]
    assert list(kept.folder.glob("*answers*")) == []


def test_a_file_that_is_there_is_never_written_over_without_force(kept: Kept) -> None:
    (kept.folder / "a.csv").write_text("mine")
    ran = kept("answers", COHORT, "--out", "a.csv")
    assert (ran.code, (kept.folder / "a.csv").read_text()) == (2, "mine")
    assert "is there already" in ran.err
    assert "--force" in ran.err
    assert kept("answers", COHORT, "--out", "a.csv", "--force").code == 0
    assert len(rows(kept.folder / "a.csv")) == 3


def test_a_file_that_comes_up_meanwhile_is_left_alone(kept: Kept) -> None:
    target = kept.folder / "late.csv"

    def pieces() -> Iterator[bytes]:
        yield b"ours"
        target.write_text("theirs")

    with pytest.raises(exporting.Unusable, match="come up meanwhile"):
        exporting._write(pieces(), target, force=False)
    assert target.read_text() == "theirs"
    assert [each.name for each in kept.folder.glob("*late*")] == ["late.csv"]


def test_an_export_that_breaks_off_leaves_no_file(kept: Kept) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"half"
        raise RuntimeError("broken")

    target = kept.folder / "half.csv"
    with pytest.raises(RuntimeError):
        exporting._write(pieces(), target, force=False)
    assert list(kept.folder.glob("*half*")) + list(kept.folder.glob(".half*")) == []


@pytest.mark.parametrize(
    ("words", "cure"),
    [
        (("answers", "nobody"), "homeroom cohort list"),
        (("answers", COHORT, "--out", "no/such/folder/x.csv"), "check the folder"),
        (("answers", COHORT, "--out", "."), "name a file in it"),
        (("progress", COHORT, "--by", "week"), "--by lesson"),
        (("portfolio", COHORT, "--member", "nobody"), "homeroom report "),
    ],
    ids=["cohort", "folder", "is-folder", "by", "member"],
)
def test_what_cannot_be_done_names_its_cure(kept: Kept, words: tuple[str, ...], cure: str) -> None:
    ran = kept(*words)
    assert ran.code == 2
    assert cure in ran.err


def test_a_portfolio_is_a_paper_and_markdown_and_its_member_can_see_who_took_it(kept: Kept) -> None:
    assert kept("portfolio", COHORT, "--member", "ADA").code == 0
    assert (kept.folder / "ada-portfolio.pdf").read_bytes().startswith(b"%PDF-")
    assert kept("portfolio", COHORT, "--member", "ada", "--format", "md").code == 0
    assert "> A doubt.\n> In two lines." in (kept.folder / "ada-portfolio.md").read_text()
    with kept.session() as session:
        ada = session.scalar(text("SELECT id FROM members WHERE ref = 'ada'"))
    assert [(action, by, about) for action, _, by, about in kept.entries()] == [
        ("exported", None, ada),
        ("path read", None, ada),
    ] * 2


def test_two_members_of_one_name_are_told_apart_by_their_ids(kept: Kept) -> None:
    with kept.session() as session:
        session.execute(text("UPDATE members SET name = 'Ada' WHERE name = 'Ben'"))
    ran = kept("portfolio", COHORT, "--member", "Ada")
    assert ran.code == 2
    assert "ada, ben" in ran.err
    assert kept("portfolio", COHORT, "--member", "ben", "--format", "md").code == 0


def test_a_portfolio_that_cannot_be_set_says_what_to_do(
    kept: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "setter.py"
    broken.write_text("import os; os.abort()")
    monkeypatch.setattr(typesetting, "SETTER", broken)
    ran = kept("portfolio", COHORT, "--member", "ada")
    assert ran.code == 2
    assert "--format md" in ran.err
    assert list(kept.folder.glob("*.pdf")) == []
