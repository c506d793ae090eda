"""`/dashboard`: who gets a link, and where it leads."""

import re
from dataclasses import dataclass

import pytest
from talk_room import ADA, BEN, COURSE, EVE, FAY, LOOKUP, MAY, TalkRoom, buttons, links, read

from bot.chat.inbound import Command, Person
from bot.chat.post import Post
from bot.cohorts.cohorts import find_cohort
from bot.cohorts.rights import Audience, rights_of
from bot.cohorts.visits import enter, find_visit
from bot.talk.commands import answer

ADDRESS = "https://study.example/bot"


@dataclass(frozen=True)
class Came:
    """cohort: for which the link was. audiences: cohort → what they are in it."""

    cohort: int
    audiences: dict[int, Audience]
    manages: bool


def ask(room: TalkRoom, person: Person, channel: str | None = "room", address: str | None = ADDRESS, **options) -> Post:
    command = Command("chat", "school", channel, person, "dashboard", options)
    said = room.database.run_now(answer, COURSE, LOOKUP, command, room.now, room.platform, address)
    assert isinstance(said, Post)
    return said


def came(room: TalkRoom, said: Post) -> Came:
    """Follow the link of a post."""
    (link,) = links(said)
    token = re.fullmatch(rf"{ADDRESS}/desk/enter/([\w-]{{43}})", link)
    assert token is not None, link

    def follow(session) -> Came:
        entered = enter(session, token[1], None, room.now)
        assert entered is not None
        visit = find_visit(session, entered.secret, room.now)
        assert visit is not None
        audiences = {each.cohort.id: each.audience for each in rights_of(session, visit)}
        return Came(entered.cohort, audiences, visit.manages)

    return room.database.run_now(follow)


def number(room: TalkRoom, channel: str) -> int:
    return room.database.run_now(lambda session: find_cohort(session, "chat", channel).id)


@pytest.mark.parametrize(
    ("person", "audience"), [(ADA, Audience.MEMBER), (FAY, Audience.FACILITATOR)], ids=["learner", "facilitator"]
)
def test_everybody_in_a_cohort_gets_a_link_that_lets_them_in(cohort: TalkRoom, person: Person, audience: Audience):
    said = ask(cohort, person)
    id_ = number(cohort, "room")
    assert came(cohort, said) == Came(id_, {id_: audience}, manages=False)
    assert "10 minutes" in read(said)
    assert "alone" in read(said)


def test_each_link_is_another(cohort: TalkRoom):
    assert links(ask(cohort, ADA)) != links(ask(cohort, ADA))


def test_who_manages_the_channel_comes_in_without_being_in_the_cohort(cohort: TalkRoom):
    may = Person("new", "New", manages=True)
    found = came(cohort, ask(cohort, may))
    assert (list(found.audiences.values()), found.manages) == ([Audience.FACILITATOR], True)


def test_who_facilitates_by_a_role_needs_not_manage(cohort: TalkRoom):
    """So that the role decides, and is asked anew each time."""
    assert not came(cohort, ask(cohort, Person(FAY.ref, FAY.name, manages=True))).manages


def test_who_manages_one_place_manages_no_other(cohort: TalkRoom):
    cohort.open("other", "Summer")
    id_ = number(cohort, "other")
    stranger = Person("new", "New", manages=True)
    assert "not in that cohort" in read(ask(cohort, stranger, text=str(id_)))
    assert "in no cohort" in read(ask(cohort, stranger, channel=None))
    assert list(came(cohort, ask(cohort, stranger)).audiences) == [number(cohort, "room")]


def test_nobody_else_gets_one(cohort: TalkRoom):
    for person in (EVE, Person("", "")):
        said = ask(cohort, person)
        assert not links(said)
        assert "`/join`" in read(said) or "/join" in read(said)
    cohort.ask(BEN, "leave")
    assert not links(ask(cohort, BEN))


def test_without_an_address_the_post_says_what_is_missing(cohort: TalkRoom):
    said = ask(cohort, ADA, address=None)
    assert "PUBLIC_URL" in read(said)
    assert not links(said)


def test_in_a_direct_message_ones_only_cohort_is_meant(cohort: TalkRoom):
    assert came(cohort, ask(cohort, ADA, channel=None)).cohort == number(cohort, "room")
    assert "in no cohort" in read(ask(cohort, EVE, channel=None))


def test_of_several_cohorts_of_one_place_any_link_opens_all(cohort: TalkRoom):
    cohort.open("other", "Summer")
    cohort.ask(ADA, "join", "other")
    found = came(cohort, ask(cohort, ADA, channel=None))
    assert set(found.audiences) == {number(cohort, "room"), number(cohort, "other")}


def test_of_several_places_one_is_chosen_first(cohort: TalkRoom):
    """Somebody is another member in each of them."""
    options = {"name": "Far [x](http://evil.example)", "zone": "Europe/Zurich", "time": "09:00", "first": "31"}
    cohort.ask(MAY, "cohort create", "far", workspace="elsewhere", **options)
    cohort.ask(ADA, "join", "far", workspace="elsewhere")
    said = ask(cohort, ADA, channel=None)
    assert not links(said)
    assert "Which one?" in read(said)
    offered = buttons(said)
    assert len(offered) == 2
    for action in offered.values():
        name, _, id_ = action.partition(":")
        assert name == "dashboard"
        command = Command("chat", "", None, ADA, "dashboard", {"text": id_})
        pressed = cohort.database.run_now(answer, COURSE, LOOKUP, command, cohort.now, cohort.platform, ADDRESS)
        assert list(came(cohort, pressed).audiences) == [int(id_)]


@pytest.mark.parametrize("id_", ["0", "9" * 30, "x", "٣", "-1"])
def test_a_forged_button_opens_nothing(cohort: TalkRoom, id_: str):
    assert "not in that cohort" in read(ask(cohort, ADA, text=id_))


def test_a_cohorts_name_cannot_turn_the_link(cohort: TalkRoom):
    cohort.open("other", "x](http://evil.example) [y")
    cohort.ask(ADA, "join", "other")
    for said in (ask(cohort, ADA, "other"), ask(cohort, Person("m", "M", manages=True), "other")):
        assert [each.startswith(ADDRESS) for each in links(said)] == [True]


def test_what_somebody_manages_counts_in_the_channel_that_they_ask_from(cohort: TalkRoom):
    """Whoever manages their own direct message, or another channel, manages nothing of a cohort."""
    ada, id_ = Person(ADA.ref, ADA.name, manages=True), number(cohort, "room")
    for said in (ask(cohort, ada, channel=None), ask(cohort, ada, channel="elsewhere", text=str(id_))):
        assert came(cohort, said) == Came(id_, {id_: Audience.MEMBER}, manages=False)
    assert came(cohort, ask(cohort, ada)).manages
