"""Facilitators excuse members, look at how one is doing, and members see who has read all they wrote."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from talk_room import ADA, BEN, EVE, FAY, HOSTILE, MAY, TalkRoom, buttons, links, read

from bot.chat.commands import from_action
from bot.chat.inbound import Command, Person
from bot.chat.post import Post
from bot.cohorts.audit import Action
from bot.cohorts.cohorts import find_enrollment, find_member
from bot.cohorts.paths import open_path
from bot.cohorts.progress import State, member_progress
from bot.store.tables import Absence, AuditEntry, Cohort
from bot.talk.commands import answer


def press(room: TalkRoom, person: Person, action: str, **where: str) -> str:
    name, options = from_action(action)
    return read(room.ask(person, name, **where, **options))


def absences(room: TalkRoom) -> list[tuple[str, str]]:
    rows = room.database.run_now(lambda s: s.scalars(select(Absence).order_by(Absence.first_date)).all())
    return [(str(each.first_date), str(each.last_date)) for each in rows]


def audit(room: TalkRoom) -> list[tuple[str, str]]:
    rows = room.database.run_now(lambda s: s.scalars(select(AuditEntry).order_by(AuditEntry.id)).all())
    return [(each.action, each.says) for each in rows if each.action in (Action.EXCUSED, Action.COUNTED)]


def states(room: TalkRoom, person: Person) -> list[State]:
    def look(session) -> list[State]:
        cohort = session.query(Cohort).one()
        member = find_member(session, "chat", "school", person.ref)
        return [each.state for each in member_progress(session, cohort, member, room.now).lessons]

    return room.database.run_now(look)


def test_a_lesson_is_taken_off_a_member_and_given_back(cohort: TalkRoom) -> None:
    cohort.now += timedelta(days=3)
    assert states(cohort, ADA)[0] is State.MISSED
    said = cohort.ask(FAY, "excuse", member="Ada", day="31")
    assert "Ada is excused on 7 Sep 2026" in read(said)
    assert "Nobody is told" in read(said)
    assert states(cohort, ADA)[0] is State.EXCUSED
    back = buttons(said)["Count it again"]
    assert len(back) <= 60
    assert "counts for Ada again" in press(cohort, FAY, back)
    assert states(cohort, ADA)[0] is State.MISSED
    assert "not excused" in press(cohort, FAY, back), "a replayed button says how it is"
    assert audit(cohort) == [(Action.EXCUSED, "2026-09-07"), (Action.COUNTED, "2026-09-07")]


def test_dates_from_to_are_one_excuse(cohort: TalkRoom) -> None:
    said = cohort.read(FAY, "excuse", **{"member": "ada", "from": "2026-09-07", "to": "2026-09-09"})
    assert "7 Sep 2026 to 9 Sep 2026" in said
    assert absences(cohort) == [("2026-09-07", "2026-09-09")]
    assert "already" in cohort.read(FAY, "excuse", **{"member": "ada", "from": "2026-09-08"})
    assert audit(cohort) == [(Action.EXCUSED, "2026-09-07 to 2026-09-09")]


@pytest.mark.parametrize(
    "typed",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"day": "33"}, id="a lesson without a date"),
        pytest.param({"day": "9" * 40}, id="a long number"),
        pytest.param({"day": "\u0661"}, id="a digit of another script"),
        pytest.param({"day": "31", "from": "2026-09-07"}, id="both"),
        pytest.param({"from": "2026-09-08", "to": "2026-09-07"}, id="backwards"),
        pytest.param({"from": "soon"}, id="no date"),
        pytest.param({"to": "2026-09-07"}, id="only an end"),
        pytest.param({"from": "2026-09-07", "to": "2029-09-07"}, id="years"),
    ],
)
def test_what_cannot_be_read_excuses_nobody_and_says_how(cohort: TalkRoom, typed: dict[str, str]) -> None:
    assert "day:12" in cohort.read(FAY, "excuse", member="Ada", **typed)
    assert absences(cohort) == []


def test_a_member_is_found_by_name_beginning_mention_or_id(cohort: TalkRoom) -> None:
    for typed in ("Ada", "ADA", "@ada", "Ad", ADA.ref, f"<@{ADA.ref}>", f"<@!{ADA.ref}>"):
        assert "Ada" in cohort.read(FAY, "member", member=typed).splitlines()[0], typed


@pytest.mark.parametrize("typed", ["Nobody", "", "x" * 1_000_000, "<@nobody>", "%", "@everyone"])
def test_who_is_not_in_the_cohort_is_nobody(cohort: TalkRoom, typed: str) -> None:
    said = cohort.read(FAY, "member", member=typed)
    assert "Nobody in Spring" in said or "Who?" in said
    assert len(said) < 300


def test_several_who_fit_are_named_with_their_ids(cohort: TalkRoom) -> None:
    for number in range(7):
        cohort.ask(Person(f"twin{number}", "Twin"), "join")
    said = cohort.read(FAY, "member", member="Twin")
    assert "Several fit" in said
    assert "twin0" in said
    assert "Twin" in cohort.read(FAY, "member", member="twin3")


@pytest.mark.parametrize("command", ["excuse", "member"])
def test_only_the_cohorts_facilitators_may(cohort: TalkRoom, command: str) -> None:
    for person in (ADA, BEN, EVE):
        assert "is for facilitators" in cohort.read(person, command, member="Ada", day="31")
    assert absences(cohort) == []


def test_a_forged_button_counts_nothing_again(cohort: TalkRoom) -> None:
    cohort.ask(FAY, "excuse", member="Ada", day="31")
    number = cohort.database.run_now(
        lambda s: find_enrollment(s, s.query(Cohort).one(), find_member(s, "chat", "school", ADA.ref)).id
    )
    mia = Person("mia", "Mia", manages=True)
    good = f"unexcuse:{number}:2026-09-07:2026-09-07"
    for person, where in ((ADA, {}), (BEN, {}), (mia, {"channel": "elsewhere"}), (MAY, {"workspace": "other"})):
        assert "facilitators" in press(cohort, person, good, **where)
    for which in ("", "x", f"{number}", f"{number}:a:b", f"{number}:2026-09-07", "9" * 30 + ":2026-09-07:2026-09-07"):
        assert "nothing left" in press(cohort, FAY, f"unexcuse:{which}")
    assert absences(cohort) == [("2026-09-07", "2026-09-07")]


def test_the_card_says_how_somebody_is_doing_without_a_word_of_theirs(cohort: TalkRoom) -> None:
    cohort.write(ADA, 0, "My secret words.", "m")
    cohort.ask(FAY, "excuse", member="Ada", day="32")
    said = cohort.read(FAY, "member", member="Ada")
    assert "learner in Spring, joined on" in said
    assert "Excused: 8 Sep 2026" in said
    assert "Day 31 · Prompt 1 of 2: 3 words on" in said
    assert "no response yet" in said
    assert "secret" not in said


def test_the_way_to_everything_says_what_opening_it_means(cohort: TalkRoom) -> None:
    command = Command("chat", "school", "room", FAY, "member", {"member": "Ada"})
    said = cohort.database.run_now(
        answer, cohort.course, cohort.lookup, command, cohort.now, cohort.platform, "https://read.example"
    )
    assert isinstance(said, Post)
    [link] = links(said)
    assert link.startswith("https://read.example/desk/c/1/member/")
    assert "written down" in read(said)
    assert links(cohort.ask(FAY, "member", member="Ada")) == set(), "nobody has told where the pages are"


def test_somebody_who_has_left_still_has_a_card(cohort: TalkRoom) -> None:
    cohort.ask(ADA, "leave")
    assert "left on" in cohort.read(FAY, "member", member="Ada")


def test_hostile_names_are_names(cohort: TalkRoom) -> None:
    for number, hostile in enumerate(HOSTILE):
        person = Person(f"h{number}", hostile)
        cohort.ask(person, "join")
        said = cohort.ask(FAY, "member", member=person.ref)
        assert links(said) == set()
        assert len(said.title) <= 100


def test_who_joins_is_told_who_reads_and_where_to_see_it(cohort: TalkRoom) -> None:
    said = cohort.read(Person("zoe", "Zoe"), "join")
    assert "Facilitators read what you answer" in said
    assert "written down" in said
    said = cohort.ask(ADA, "settings")
    assert "you can see it here" in read(said)
    assert "Who opened mine" in buttons(said)


def test_a_member_sees_who_opened_their_path_and_nobody_elses(cohort: TalkRoom) -> None:
    own = buttons(cohort.ask(ADA, "settings"))["Who opened mine"]
    assert press(cohort, ADA, own) == "Nobody has opened all that you wrote in Spring."

    def read_it(session) -> None:
        fay, ada = (find_member(session, "chat", "school", each.ref) for each in (FAY, ADA))
        open_path(session, session.query(Cohort).one(), fay, ada, cohort.now)

    cohort.database.run_now(read_it)
    assert "Fay, 8 Sep 2026, 09:00" in press(cohort, ADA, own)
    assert "Nobody has opened" in press(cohort, BEN, own)
    assert "not in that cohort" in press(cohort, EVE, own)
    for forged in ("opened:2", "opened:x", "opened:" + "9" * 30):
        assert "not in that cohort" in press(cohort, ADA, forged)


def test_one_date_and_several_read_as_a_person_says_them(cohort: TalkRoom) -> None:
    one = cohort.read(FAY, "excuse", member="Ada", day="31")
    assert "Ada is excused on 7 Sep 2026: no lesson of that date counts" in one
    assert "of 1 lesson answered" in cohort.read(FAY, "member", member="Ada")
    said = cohort.ask(FAY, "excuse", member="Ada", **{"from": "2026-09-07", "to": "2026-09-08"})
    assert "Ada is excused from 7 Sep 2026 to 8 Sep 2026: no lesson of those dates counts" in read(said)
    again = cohort.ask(FAY, "unexcuse", which=buttons(said)["Count it again"].partition(":")[2])
    assert read(again) == "What was asked from 7 Sep 2026 to 8 Sep 2026 counts for Ada again."
