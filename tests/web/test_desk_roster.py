"""Who is in a cohort, on the desk: a file is shown before it is taken in, and roles are given."""

import re
from html import unescape

import pytest
from desk_asking import Desk, text_of
from desk_changing import NOBODY_YET, UNWRITTEN, ask, audited, calm, carried_by
from desk_stage import everything
from sqlalchemy import select

from bot.store.database import Database
from bot.store.tables import Enrollment, Member

calm_desk = pytest.fixture(scope="module")(calm)


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database, people=3)


async def test_a_roster_is_shown_first_and_then_taken_in(desk: Desk):
    desk.ask(lambda session: setattr(session.get_one(Member, desk.seeded.learner), "ref", "1" * 18))
    text = f"{NOBODY_YET}\n{'1' * 18},Ada,observer"
    before = everything(desk.database, UNWRITTEN)
    shown = await ask(desk, "/roster", {"file": ("list.csv", b"\xef\xbb\xbf" + text.encode())})
    assert shown.status == 200
    assert "2 added, 1 with a new role, 0 came back, 0 unchanged." in text_of(shown.text)
    assert everything(desk.database, UNWRITTEN) == before
    done = await ask(desk, "/roster", {**carried_by(shown.text, "/roster"), "do": "apply"})
    assert done.status == 303
    rows = select(Member.name, Enrollment.role).join(Enrollment, Enrollment.member_id == Member.id)
    roles = desk.ask(lambda session: dict(map(tuple, session.execute(rows))))
    assert (roles["Nia"], roles["Obi"], roles["Ada Lovelace"]) == ("learner", "observer", "observer")
    assert audited(desk) == [
        "roster: role: learner to observer, by a roster",
        "roster: roster: 2 added, 1 with a new role, 0 came back",
    ]


async def test_a_roster_that_would_do_something_else_by_now_is_shown_anew(desk: Desk):
    shown = await ask(desk, "/roster", {"text": NOBODY_YET})
    form = {**carried_by(shown.text, "/roster"), "do": "apply"}
    await ask(desk, "/roster", {"text": NOBODY_YET.rpartition("\n")[0], "do": "apply"})
    stale = await ask(desk, "/roster", form)
    assert stale.status == 409
    assert "Something has changed since, and nothing was done." in text_of(stale.text)
    assert "1 added" in text_of(stale.text)


async def test_problems_are_told_with_their_lines_and_the_text_comes_back(desk: Desk):
    text = "id,name,role\nNia,<b>Nia,learner\n112233445566778899,Obi,boss"
    said = await ask(desk, "/roster", {"text": text})
    assert "Line 2 “Nia” is no id" in text_of(said.text)
    assert "Line 3 “boss” is no role: write learner, facilitator or observer." in text_of(said.text)
    typed = re.search(r"<textarea id=\"roster-text\"[^>]*>\n(.*?)</textarea>", said.text, re.DOTALL)
    assert typed
    assert unescape(typed[1]) == text
    assert 'value="apply"' not in said.text
    assert (await ask(desk, "/roster", {"text": text, "do": "apply"})).status == 409
    assert audited(desk) == []


@pytest.mark.parametrize(
    "text",
    [
        'id,name\n112233445566778899,"Ni\na, ""the"" \u202eaiN"',
        'id;name\n112233445566778899;"\u2028\u0085 Nia\t"',
        "\n\n id , name\r\n112233445566778899, =1+1 &amp; <x>\r\n",
    ],
    ids=["quotes and turned letters", "line ends", "markup"],
)
async def test_what_was_shown_is_what_is_brought_again(calm_desk: Desk, text: str):
    """To the letter, through a page and a form and back: else its mark would not fit."""
    for form in ({"text": text}, {"file": ("list.csv", text.encode())}):
        shown = await ask(calm_desk, "/roster", form)
        again = await ask(calm_desk, "/roster", carried_by(shown.text, "/roster"))
        assert carried_by(again.text, "/roster") == carried_by(shown.text, "/roster")
        assert "1 added" in shown.text


async def test_a_file_that_is_none_and_one_that_is_too_large(calm_desk: Desk):
    said = await ask(calm_desk, "/roster", {"file": ("list.csv", b"id\n\xff\xfe")})
    assert "This is not UTF-8: save the file as “CSV UTF-8”." in text_of(said.text)
    said = await ask(calm_desk, "/roster", {"text": ""})
    assert (said.status, said.text.count('id="fault"')) == (400, 1)
    said = await ask(calm_desk, "/roster", {"file": ("list.csv", b"x" * 1_100_000)})
    assert said.status == 413
    empty = await ask(calm_desk, "/roster/empty.csv")
    assert empty.body == b"id,name,role,joined\r\n"


async def test_roles_are_given_and_the_last_facilitator_stays(desk: Desk):
    seeded = desk.seeded

    async def give(member: int, role: str, who: int | None = None) -> str:
        return text_of(await desk.send("/roster/role", {"member": str(member), "role": role}, who))

    assert "Fay Okonkwo is the only facilitator here." in await give(seeded.facilitator, "learner")
    assert "Ada Lovelace is a facilitator now, and was a learner." in await give(seeded.learner, "facilitator")
    assert "You are an observer here now." in await give(seeded.facilitator, "observer")
    assert (await ask(desk, "/roster/role", {"member": str(seeded.learner), "role": "learner"})).status == 404
    assert audited(desk) == ["roster: role: learner to facilitator", "roster: role: facilitator to observer"]


async def test_a_long_roster_is_shown_page_by_page(database: Database):
    desk = Desk(database, people=120, days=1)
    first, last = text_of(await desk.page("/roster")), text_of(await desk.page("/roster?page=3"))
    assert "122 people in Spring in Zürich; page 1 of 3" in first
    assert first.index("Fay Okonkwo") < first.index("Oli Berg") < first.index("Ada Lovelace")
    assert last.count(" since ") == 22
    assert "Nobody stands on this page." in await desk.page(f"/roster?page={'9' * 18}")
    assert "Change" not in text_of(await desk.page("/roster", desk.seeded.observer))
