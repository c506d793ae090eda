"""What facilitators and members take away from the desk."""

import csv
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO, StringIO

import openpyxl
import pytest
from desk_stage import NOW, DeskStage, Tenant, opened_desk, tenant, visit
from pypdf import PdfReader
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from bot.cohorts.exports import submission_rows
from bot.cohorts.paths import who_opened
from bot.store.database import Database
from bot.store.tables import AuditEntry, Cohort, Member
from bot.talk.drawing import typesetting
from bot.web.desk.pages import exports


@pytest.fixture
def own(database: Database) -> Tenant:
    return tenant(database, "discord", "W1", "C1", "spring")


def browser(desk: DeskStage, own: Tenant, who: str):
    return desk.browser(visit(desk.database, own.people[who], own.cohort))


def exported(database: Database) -> list[tuple[str, int | None, int | None]]:
    query = select(AuditEntry).where(AuditEntry.action == "exported").order_by(AuditEntry.id)
    return [(each.says, each.by_id, each.about_id) for each in database.run_now(lambda s: s.scalars(query).all())]


async def test_answers_are_taken_in_every_form_and_written_down(database: Database, own: Tenant) -> None:
    found = {}
    async with opened_desk(database) as desk:
        facilitator = browser(desk, own, "facilitator")
        for form in ("csv", "xlsx", "json"):
            said = await facilitator.send(f"/desk/c/{own.cohort}/export", {"what": "answers", "form": form})
            assert said.status == 200
            assert said.headers["Content-Disposition"].startswith("attachment; filename=")
            found[form] = said.body
    read = json.loads(found["json"])["answers"]
    lines = list(csv.reader(StringIO(found["csv"].decode("utf-8-sig"), newline="")))
    page = openpyxl.load_workbook(BytesIO(found["xlsx"])).active
    counted = text(
        "SELECT count(*) FROM submissions s, messages m, deliveries d"
        " WHERE m.id = s.message_id AND d.id = m.delivery_id AND d.cohort_id = :cohort"
    )
    number = database.run_now(lambda s: s.scalar(counted, {"cohort": own.cohort}))
    assert number == len(read) == len(lines) - 1 == page.max_row - 1 > 0
    assert any(own.private in each["answer"] for each in read)
    who = own.people["facilitator"]
    assert exported(database) == [(f"answers as {form}", who, None) for form in ("csv", "xlsx", "json")]


async def test_progress_is_taken_with_a_summary_for_each_member(database: Database, own: Tenant) -> None:
    async with opened_desk(database) as desk:
        said = await browser(desk, own, "facilitator").send(
            f"/desk/c/{own.cohort}/export", {"what": "progress", "form": "json"}
        )
    read = json.loads(said.body)
    assert {each["ref"] for each in read["members"]} == {each["ref"] for each in read["lessons"]}
    assert all(each["done"] + each["missed"] + each["open"] + each["late"] for each in read["members"])


@pytest.mark.parametrize(
    "form", [{}, {"what": "answers"}, {"what": "members", "form": "csv"}, {"form": "exe"}], ids=str
)
async def test_what_is_no_export_is_asked_for_again(database: Database, own: Tenant, form: dict[str, str]) -> None:
    async with opened_desk(database) as desk:
        said = await browser(desk, own, "facilitator").send(f"/desk/c/{own.cohort}/export", form)
    assert said.status == 303
    assert exported(database) == []


async def test_a_member_takes_their_own_portfolio_and_nobody_is_told(database: Database, own: Tenant) -> None:
    async with opened_desk(database) as desk:
        learner = browser(desk, own, "learner")
        paper = await learner.get(f"/desk/c/{own.cohort}/portfolio/pdf")
        typed = await learner.get(f"/desk/c/{own.cohort}/portfolio/md")
        assert (await learner.get(f"/desk/c/{own.cohort}/portfolio/exe")).status == 404
        assert (await learner.get(f"/desk/c/{own.cohort}/export")).status == 404
    assert len(PdfReader(BytesIO(paper.body)).pages) > 2
    assert "> " in typed.text
    assert own.private not in typed.text
    assert exported(database) == []


async def test_a_facilitator_who_takes_a_portfolio_is_seen_by_its_member(database: Database, own: Tenant) -> None:
    pal = own.people["pal"]
    async with opened_desk(database) as desk:
        said = await browser(desk, own, "facilitator").send(
            f"/desk/c/{own.cohort}/export/portfolio", {"member": str(pal), "form": "md"}
        )
    assert own.private in said.text
    assert exported(database) == [("portfolio as md", own.people["facilitator"], pal)]
    opened = database.run_now(lambda s: who_opened(s, s.get_one(Cohort, own.cohort), s.get_one(Member, pal)))
    assert len([each for each in opened if each.at == NOW]) == 1


async def test_the_map_is_a_picture(database: Database, own: Tenant) -> None:
    async with opened_desk(database) as desk:
        observer = browser(desk, own, "observer")
        said = await observer.get(f"/desk/c/{own.cohort}/heat-map-1.png")
        assert (await observer.get(f"/desk/c/{own.cohort}/heat-map-2.png")).status == 404
        assert (await observer.get(f"/desk/c/{own.cohort}/heat-map-0.png")).status == 404
    assert said.headers["Content-Type"] == "image/png"
    assert said.body.startswith(b"\x89PNG")


async def test_a_picture_that_cannot_be_drawn_is_a_page_that_says_so_and_the_next_is_drawn(
    database: Database, own: Tenant, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"/desk/c/{own.cohort}/heat-map-1.png"
    broken = tmp_path / "setter.py"
    broken.write_text("import os; os.abort()")
    async with opened_desk(database) as desk:
        observer = browser(desk, own, "observer")
        with monkeypatch.context() as now:
            now.setattr(typesetting, "SETTER", broken)
            failed = await observer.get(path)
        assert (failed.status, failed.headers["Content-Type"]) == (500, "text/html; charset=utf-8")
        assert (await observer.get(path)).status == 200


def test_while_an_export_is_read_others_write(database: Database, own: Tenant) -> None:
    """On SQLite the door's own kind of transaction would keep every writer out until the last row."""

    def write(session: Session) -> None:
        session.get_one(Cohort, own.cohort).name = "written meanwhile"

    def half_read(session: Session) -> int:
        make = exports._beside(session, _ids(own))
        pieces = make(session)
        first = next(pieces)
        with ThreadPoolExecutor(1) as other:
            other.submit(database.run_now, write).result(timeout=12)
        return len([first, *pieces])

    assert database.run_now(half_read) == len(own.answers)


def _ids(own: Tenant) -> Callable[[Session], Iterator[bytes]]:
    def rows(session: Session) -> Iterator[bytes]:
        for row in submission_rows(session, session.get_one(Cohort, own.cohort)):
            yield str(row.submission).encode()

    return rows
