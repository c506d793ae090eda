"""`map:COHORT:PAGE`: who may look at everybody, day by day, and what they are shown before anything is drawn."""

import pytest
from talk_room import ADA, BEN, FAY, MAY, TalkRoom, buttons, read

from bot.chat.inbound import Person
from bot.chat.post import Picture
from bot.store.database import Database
from bot.store.tables import Cohort
from bot.talk.drawing.sketch import Sketch, drawn

OLA, ZOE = Person("ola", "Ola"), Person("zoe", "Zoe", manages=True)
REFUSED = "This picture is for the cohort's facilitators and observers."


@pytest.fixture
def room(database: Database) -> TalkRoom:
    room = TalkRoom(database)
    room.open()
    room.release()
    for person in (ADA, FAY, OLA):
        room.ask(person, "join")
    room.ask(MAY, "cohort facilitator", member="fay")
    room.ask(MAY, "cohort facilitator", member="ola", role="observer")
    return room


def which(room: TalkRoom, page: int = 1) -> str:
    return f"{room.database.run_now(lambda session: session.query(Cohort).first().id)}:{page}"


@pytest.mark.parametrize("person", [FAY, OLA, MAY, ZOE], ids=lambda each: each.name)
def test_facilitators_observers_and_who_manages_the_channel_may_look(room: TalkRoom, person: Person) -> None:
    said = room.ask(person, "map", which=which(room))
    assert isinstance(said, Sketch)
    assert "Heat map of Spring" in read(said)


@pytest.mark.parametrize(
    ("person", "channel", "workspace"),
    [(ADA, "room", "school"), (BEN, "room", "school"), (ZOE, "elsewhere", "school"), (FAY, "room", "another")],
    ids=["a learner", "a stranger", "who manages another channel", "another workspace"],
)
def test_nobody_else_may(room: TalkRoom, person: Person, channel: str, workspace: str) -> None:
    assert read(room.ask(person, "map", channel, workspace, which=which(room))) == REFUSED


@pytest.mark.parametrize("forged", ["", "1", "0:1", "1:x", "-1:1", "1:1:1", "9" * 18 + ":1", "9" * 40 + ":1", "١:١"])
def test_what_names_no_cohort_is_refused(room: TalkRoom, forged: str) -> None:
    assert read(room.ask(FAY, "map", which=forged)) == REFUSED


@pytest.mark.parametrize("page", [0, 2, 9999])
def test_there_is_no_page_beyond(room: TalkRoom, page: int) -> None:
    assert "There are not so many members" in read(room.ask(FAY, "map", which=which(room, page)))


def test_the_report_leads_to_it_when_there_is_somebody(room: TalkRoom) -> None:
    assert buttons(room.ask(MAY, "report"))["Show everybody, day by day"] == f"map:{which(room)}"
    room.ask(ADA, "leave")
    assert "Show everybody, day by day" not in buttons(room.ask(MAY, "report"))
    assert "nobody has joined yet" in read(room.ask(MAY, "map", which=which(room)))


def test_drawn_it_has_the_picture_in_the_place_of_its_words(room: TalkRoom) -> None:
    said = room.ask(FAY, "map", which=which(room))
    whole = drawn(said)
    [picture] = [block for block in whole.blocks if isinstance(block, Picture)]
    assert picture.png.startswith(b"\x89PNG")
    assert read(whole) == read(said)


def test_what_goes_wrong_while_drawing_leaves_the_words(room: TalkRoom, caplog: pytest.LogCaptureFixture) -> None:
    said = room.ask(FAY, "map", which=which(room))

    def breaks() -> Picture:
        raise ValueError("the words of somebody")

    broken = Sketch(title=said.title, blocks=said.blocks, words=said.words, draw=breaks)
    assert drawn(broken) is broken
    assert [each.getMessage() for each in caplog.records] == ["drawing outcome=failed error=ValueError"]
