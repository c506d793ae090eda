"""A private word to a member: who may send one, what the draft says, how often it is sent, and what the audit keeps."""

from datetime import timedelta

import pytest
from talk_room import ADA, BEN, EVE, FAY, HOSTILE, MAY, TalkRoom, links, read

from bot.chat.commands import from_action
from bot.chat.inbound import Command, FormAnswer, Person
from bot.chat.post import ANSWER_LIMIT, Form, Post, Rejected
from bot.cohorts import cohorts
from bot.cohorts.nudges import LATELY, SAME_WITHIN, mark_nudged, nudged_lately, unnudged
from bot.platforms.discord.render import render as discord_render
from bot.platforms.slack.render import render as slack_render
from bot.store.tables import AuditEntry, Cohort, Member, Nudge
from bot.talk.commands import answer
from bot.talk.nudges import note_post, sent, undelivered_post

REFUSED = "Writing to members is for this cohort's facilitators."
NOBODY = "This member is not in the cohort (any more), so there is nobody to write to."


def who(room: TalkRoom, ref: str = "ben", name: str = "Spring") -> str:
    def find(session) -> str:
        member = session.query(Member).filter_by(ref=ref).one()
        return f"{session.query(Cohort).filter_by(name=name).one().id}-{member.id}"

    return room.database.run_now(find)


def press(
    room: TalkRoom,
    person: Person,
    named: str,
    channel: str | None = "room",
    workspace: str = "school",
    platform: str = "chat",
) -> Post | Form:
    name, options = from_action(f"nudge:{named}")
    command = Command(platform, workspace, channel, person, name, options)
    return room.database.run_now(answer, room.course, room.lookup, command, room.now, room.platform)


def send(
    room: TalkRoom,
    person: Person,
    text: str,
    named: str | None = None,
    key: str = "a" * 24,
    channel: str | None = "room",
    workspace: str = "school",
) -> Post | Rejected:
    action = f"nudge:{who(room) if named is None else named}"
    form = FormAnswer("chat", workspace, channel, person, action, {"text": text})
    return room.database.run_now(sent, room.course, form, key, room.now)


def notes(room: TalkRoom):
    return room.database.run_now(unnudged, "chat")


def kept(room: TalkRoom) -> list[str]:
    return room.database.run_now(lambda session: [each.text for each in session.query(Nudge).order_by(Nudge.id)])


def audit(room: TalkRoom) -> list[AuditEntry]:
    return room.database.run_now(lambda session: session.query(AuditEntry).filter_by(action="nudged").all())


# who may


def test_a_facilitator_gets_a_form_with_a_draft_from_wherever_they_press(cohort: TalkRoom) -> None:
    for person, channel, workspace in ((FAY, "room", "school"), (FAY, None, ""), (MAY, "room", "school")):
        form = press(cohort, person, who(cohort), channel, workspace)
        assert isinstance(form, Form)
        assert form.action == f"nudge:{who(cohort)}"
        assert len(form.title) <= 24
        assert "To Ben alone" in read(form)
        assert form.fields[0].value.startswith("Hi Ben, ")


def test_who_does_not_facilitate_the_very_cohort_writes_to_nobody(cohort: TalkRoom) -> None:
    cohort.open("den", "Autumn")
    mia = Person("mia", "Mia", manages=True)
    refused = (
        (ADA, "room", "school"),
        (EVE, "room", "school"),
        (mia, "den", "school"),  # administers another cohort's channel
        (mia, None, "school"),
        (FAY, "room", "elsewhere"),
    )
    for person, channel, workspace in refused:
        assert read(press(cohort, person, who(cohort), channel, workspace)) == REFUSED, person
        said = send(cohort, person, "A word.", channel=channel, workspace=workspace)
        assert read(said).endswith("you: A word."), "the words come back"
        assert said.title == "Not sent"
    cohort.ask(FAY, "leave")
    assert read(press(cohort, FAY, who(cohort))) == REFUSED
    assert (kept(cohort), audit(cohort)) == ([], [])


def test_a_member_of_another_cohort_or_one_who_left_is_nobody(cohort: TalkRoom) -> None:
    cohort.open("den", "Autumn")
    cohort.ask(EVE, "join", "den")
    spring, eve = who(cohort).partition("-")[0], who(cohort, "eve", "Autumn").partition("-")[2]
    assert read(press(cohort, FAY, f"{spring}-{eve}")) == NOBODY
    assert send(cohort, FAY, "A word.", f"{spring}-{eve}").title == "Not sent"
    bens = who(cohort)
    assert read(press(cohort, FAY, bens, platform="elsewhere")) == NOBODY
    cohort.ask(BEN, "leave")
    assert read(press(cohort, FAY, bens)) == NOBODY
    assert send(cohort, FAY, "A word.", bens).title == "Not sent"
    assert kept(cohort) == []


def test_nobody_writes_to_themselves(cohort: TalkRoom) -> None:
    assert "That is you" in read(press(cohort, FAY, who(cohort, "fay")))
    assert send(cohort, FAY, "A word.", who(cohort, "fay")).title == "Not sent"
    assert kept(cohort) == []


FORGED = ("", "1", "1-", "-1", "0-0", "1-99999", "²-1", "1-1-1", "9" * 18 + "-1", "9" * 5_000 + "-1", "\x00", *HOSTILE)


def test_a_forged_button_or_form_finds_nobody(cohort: TalkRoom) -> None:
    for named in FORGED:
        assert read(press(cohort, FAY, named)) == NOBODY, named
        assert send(cohort, FAY, "A word.", named).title == "Not sent", named
    assert kept(cohort) == []


# the draft


def draft(room: TalkRoom, ref: str = "ben") -> str:
    return press(room, FAY, who(room, ref)).fields[0].value


def test_the_draft_goes_by_how_the_member_fares_when_it_is_opened(cohort: TalkRoom) -> None:
    assert "how you are getting on" in draft(cohort)
    cohort.release()
    cohort.now += timedelta(days=4)
    assert "You have not written anything yet" in draft(cohort)
    cohort.write(BEN, 0, "One.")
    assert "the last lessons went by without you" in draft(cohort)
    cohort.release()
    for prompt in (6, 7):
        cohort.write(BEN, prompt, "Back.")
    assert "good to read from you again" in draft(cohort)
    for ref in ("ada", "ben"):
        assert not {"must", "should", "failed", "behind", "only"} & set(draft(cohort, ref).lower().split())


def test_the_draft_waits_until_as_many_lessons_are_missed_as_the_cohort_cares_about(cohort: TalkRoom) -> None:
    cohort.ask(FAY, "cohort silent", lessons="3")
    cohort.now += timedelta(days=4)
    assert "how you are getting on" in draft(cohort)


@pytest.mark.parametrize("number", range(len(HOSTILE)))
def test_a_hostile_name_is_plain_in_the_draft_and_inert_everywhere(cohort: TalkRoom, number: int) -> None:
    name = HOSTILE[number] + " {cohort.key} {0} %s \x00" + "x" * 200
    cohort.ask(Person("mal", name), "join")
    form = press(cohort, FAY, who(cohort, "mal"))
    assert "\n" not in form.fields[0].value
    assert len(form.fields[0].value) < 600
    send(cohort, FAY, f"A word. {HOSTILE[number]}", who(cohort, "mal"))
    [note] = notes(cohort)
    for post in (note_post(note), undelivered_post(note, takes_none=True)):
        assert links(post) == set()
        assert discord_render(post, None)
        assert slack_render(post, None)
        assert len(post.title) < 80


# sending


def test_what_was_sent_is_kept_with_an_entry_that_has_none_of_its_words(cohort: TalkRoom) -> None:
    said = send(cohort, FAY, "How are you, Ben?")
    assert read(said).startswith("Your note goes to Ben alone, within a minute.")
    [note] = notes(cohort)
    assert (note.to.ref, note.by.name, note.text, note.cohort) == ("ben", "Fay", "How are you, Ben?", "Spring")
    [entry] = audit(cohort)
    by, about = cohort.database.run_now(_names, entry)
    assert (by, about, entry.says) == ("Fay", "Ben", "a private note")


def _names(session, entry: AuditEntry) -> tuple[str, str]:
    return session.get_one(Member, entry.by_id).name, session.get_one(Member, entry.about_id).name


def test_a_form_that_is_sent_twice_reaches_them_once(cohort: TalkRoom) -> None:
    send(cohort, FAY, "How are you?")
    cohort.now += SAME_WITHIN - timedelta(seconds=1)
    assert "they go once" in read(send(cohort, FAY, "How are you?", key="b" * 24))
    assert (len(kept(cohort)), len(audit(cohort))) == (1, 1)
    cohort.now += timedelta(seconds=1)
    send(cohort, FAY, "How are you?", key="c" * 24)
    assert len(kept(cohort)) == 2


def test_other_words_another_member_and_another_facilitator_are_other_notes(cohort: TalkRoom) -> None:
    send(cohort, FAY, "How are you?")
    send(cohort, FAY, "And the pace?", key="b" * 24)
    send(cohort, FAY, "How are you?", who(cohort, "ada"), key="c" * 24)
    send(cohort, MAY, "How are you?", key="d" * 24)
    assert len(kept(cohort)) == 4


@pytest.mark.parametrize("text", ["", "  \n "])
def test_an_empty_note_stays_open(cohort: TalkRoom, text: str) -> None:
    said = send(cohort, FAY, text)
    assert isinstance(said, Rejected)
    assert said.errors == (("text", "Write something first; nobody has been told anything."),)
    assert kept(cohort) == []


def test_a_note_beyond_its_room_comes_back_whole(cohort: TalkRoom) -> None:
    text = "x" * (ANSWER_LIMIT + 1)
    said = send(cohort, FAY, text)
    assert said.title == "Not sent"
    assert text in read(said)
    assert kept(cohort) == []
    send(cohort, FAY, text[:-1])
    assert len(kept(cohort)) == 1


def test_the_note_says_who_wrote_it_and_where_an_answer_goes(cohort: TalkRoom) -> None:
    send(cohort, FAY, "How are you?")
    said = read(note_post(notes(cohort)[0]))
    assert said == (
        "A note from Fay\nFay: How are you?\nFay facilitates Spring, and only you were sent this. I carry it but no"
        " answer back: write to Fay directly."
    )


# what the brief knows of it


def test_who_was_written_to_lately_is_known_for_a_week(cohort: TalkRoom) -> None:
    send(cohort, FAY, "How are you?")
    bens = int(who(cohort).partition("-")[2])

    def lately() -> dict[int, object]:
        return cohort.database.run_now(lambda s: nudged_lately(s, cohorts.find_cohort(s, "chat", "room"), cohort.now))

    assert lately() == {bens: cohort.now}
    cohort.database.run_now(lambda s: mark_nudged(s, notes_id(s), cohort.now))
    assert notes(cohort) == []
    assert set(lately()) == {bens}
    cohort.now += LATELY
    assert lately() == {}


def notes_id(session) -> int:
    return session.query(Nudge).one().id


def test_the_report_says_that_somebody_wrote_and_goes_on_to_the_next_step(cohort: TalkRoom) -> None:
    cohort.now += timedelta(days=4)
    assert "Write to Ada" in read(cohort.ask(FAY, "report")), "of two who missed as many the first by name"
    send(cohort, FAY, "How are you?", who(cohort, "ada"))
    said = read(cohort.ask(FAY, "report"))
    assert "Ada: missed the last 2 lessons, has not written yet; somebody wrote to them on 12 Sep" in said
    assert "[Write to Ben]" in said
    form = cohort.ask(FAY, "nudge", who=who(cohort, "ada"))
    assert "Somebody wrote to them on 12 Sep already." in read(form)
