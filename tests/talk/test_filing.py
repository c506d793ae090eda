"""Which prompt does it answer? What is asked about a direct message, and about a message that is to count."""

from dataclasses import replace
from datetime import timedelta

import pytest
from talk_room import ADA, BEN, EVE, HOSTILE, MAY, MONDAY, TalkRoom, buttons, links, read

from bot.chat.inbound import Command, FormAnswer, Person, Reply
from bot.chat.post import Buttons, Form, Post, Rejected, Text
from bot.cohorts.loose import Loose, keep_heard, loose_of, slip_of
from bot.cohorts.writers import Writer
from bot.talk.commands import answer
from bot.talk.filing import direct_post, filed

LONG = "The gap is 14 percent with free users against almost nothing with paying users. " * 3


def dm(room: TalkRoom, person: Person, text: str, message: str = "d") -> Loose:
    """Written to us directly; what is to be asked about it."""
    room.now += timedelta(seconds=1)
    return room.database.run_now(keep_heard, Reply("chat", "", None, message, person, text, room.now))


def asked(room: TalkRoom, *written: Loose) -> Post:
    return room.database.run_now(direct_post, room.course, room.lookup, written, room.now)


def press(room: TalkRoom, person: Person, action: str) -> Post | Form:
    name, _, argument = action.partition(":")
    option = {"file": "where", "forget": "loose"}[name]
    return room.ask(person, name, None, "", **{option: argument})


def count(room: TalkRoom, person: Person, about: Reply | None, workspace: str = "school") -> Post | Form:
    command = Command("chat", workspace, "room", person, "count", about=about)
    return room.database.run_now(answer, room.course, room.lookup, command, room.now, room.platform)


def send(room: TalkRoom, person: Person, action: str, prompt: str, workspace: str = "school") -> Post | Rejected:
    form = FormAnswer("chat", workspace, "room", person, action, {"prompt": prompt})
    return room.database.run_now(filed, room.course, form, room.now)


def message(person: Person, text: str, thread: str | None = None, ref: str = "m1") -> Reply:
    return Reply("chat", "school", thread, ref, person, text, MONDAY)


def loose(room: TalkRoom, person: Person = ADA) -> list[str]:
    return [each.text for each in room.database.run_now(loose_of, Writer("chat", "", person))]


# A direct message


def test_a_direct_message_is_asked_about_with_the_likeliest_prompts(cohort: TalkRoom) -> None:
    said = asked(cohort, dm(cohort, ADA, LONG))
    assert "Which prompt is this an answer to?" in read(said)
    assert list(buttons(said)) == [
        "Day 32 · Prompt 1 of 2",
        "Day 32 · Prompt 2 of 2",
        "Day 31 · Prompt 1 of 2",
        "Day 31 · Prompt 2 of 2",
        "It is no answer",
    ]
    kept = press(cohort, ADA, buttons(said)["Day 31 · Prompt 2 of 2"])
    assert "Kept as your answer to Day 31 · Prompt 2 of 2" in read(kept)
    assert "Still open on day 31: prompt 1." in read(kept)
    assert loose(cohort) == []


def test_a_button_pressed_twice_says_the_same_and_keeps_it_once(cohort: TalkRoom) -> None:
    button = buttons(asked(cohort, dm(cohort, ADA, LONG)))["Day 32 · Prompt 1 of 2"]
    assert read(press(cohort, ADA, button)) == read(press(cohort, ADA, button))


def test_what_was_filed_wrongly_is_moved_by_another_press_or_by_the_form(cohort: TalkRoom) -> None:
    said = asked(cohort, dm(cohort, ADA, LONG))
    kept = press(cohort, ADA, buttons(said)["Day 31 · Prompt 1 of 2"])
    assert "Day 32 · Prompt 2" in read(press(cohort, ADA, buttons(said)["Day 32 · Prompt 2 of 2"]))
    form = press(cohort, ADA, buttons(kept)["Another prompt…"])
    assert form.title == "Move my answer"
    assert "kept as your answer to Day 32 · Prompt 2 of 2 already" in read(form)
    assert form.fields[0].value == cohort.keys()[3]
    assert "Day 32 · Prompt 1" in read(send(cohort, ADA, form.action, cohort.keys()[2], ""))


def test_the_one_open_prompt_is_offered_first_when_it_reads_as_its_answer(cohort: TalkRoom) -> None:
    for prompt in range(3):
        cohort.write(ADA, prompt, "answered")
    row = next(block for block in asked(cohort, dm(cohort, ADA, LONG)).blocks if isinstance(block, Buttons))
    assert [each.style for each in row.buttons] == ["primary", "secondary", "secondary", "secondary"]
    assert row.buttons[0].label == "Day 32 · Prompt 2 of 2"


def test_it_is_no_answer_drops_the_words(cohort: TalkRoom) -> None:
    said = asked(cohort, dm(cohort, ADA, "thank you!"))
    drop = buttons(said)["It is no answer"]
    assert "I have kept nothing of it" in read(press(cohort, ADA, drop))
    assert loose(cohort) == []
    assert "I do not have that message" in read(press(cohort, ADA, drop))
    assert "I do not have that message" in read(press(cohort, ADA, buttons(said)["Day 32 · Prompt 1 of 2"]))


def test_what_is_filed_is_not_dropped_by_an_old_button(cohort: TalkRoom) -> None:
    said = asked(cohort, dm(cohort, ADA, LONG))
    press(cohort, ADA, buttons(said)["Day 32 · Prompt 1 of 2"])
    assert "kept as your answer to Day 32 · Prompt 1 of 2 by now" in read(
        press(cohort, ADA, buttons(said)["It is no answer"])
    )


def test_several_messages_in_a_row_are_one_question_and_one_answer(cohort: TalkRoom) -> None:
    said = asked(cohort, *(dm(cohort, ADA, f"part {n}", f"d{n}") for n in range(3)))
    assert "I keep these 3 messages until you say." in read(said)
    assert all(len(action) <= 60 for action in buttons(said).values())
    kept = press(cohort, ADA, buttons(said)["Day 32 · Prompt 1 of 2"])
    assert "part 0 part 1 part 2" in read(kept)
    assert loose(cohort) == []


def test_what_was_never_asked_about_comes_up_with_the_next_message(cohort: TalkRoom) -> None:
    dm(cohort, ADA, "This was lost in a crash.", "d0")
    said = asked(cohort, dm(cohort, ADA, LONG, "d1"))
    assert "You have one earlier message without a prompt, the last: “This was lost in a crash.”" in read(said)
    form = press(cohort, ADA, buttons(said)["Say where that belongs"])
    assert form.title == "Count as my answer"
    assert "This was lost in a crash." in read(form)


def test_a_question_is_answered_first_and_nothing_of_a_later_day_is_shown(cohort: TalkRoom) -> None:
    said = asked(cohort, dm(cohort, ADA, "What is alignment faking?"))
    text = read(said)
    assert text.index("Alignment faking") < text.index("Which prompt is this an answer to?")
    later = next(each.name for each in cohort.course.concepts.values() if each.day > 32)
    assert "comes later" in read(asked(cohort, dm(cohort, ADA, f"What is {later}?", "e")))
    assert read(asked(cohort, dm(cohort, ADA, LONG, "f"))).startswith("Which prompt")


def test_somebody_in_no_cohort_is_told_so_and_nothing_is_kept(cohort: TalkRoom) -> None:
    assert "you are in no cohort yet, so I have kept nothing" in read(asked(cohort, dm(cohort, EVE, LONG)))
    assert loose(cohort, EVE) == []


def test_before_the_first_lesson_words_wait(room: TalkRoom) -> None:
    room.open()
    room.ask(ADA, "join")
    said = asked(room, dm(room, ADA, LONG))
    assert "No writing prompt of yours is out yet" in read(said)
    assert list(buttons(said)) == ["It is no answer"]
    assert loose(room) == [LONG]


def test_a_message_that_was_deleted_meanwhile_is_not_asked_about(cohort: TalkRoom) -> None:
    written = dm(cohort, ADA, LONG)
    press(cohort, ADA, f"forget:{written.slip}")
    assert asked(cohort, written) is None


def test_two_cohorts_are_told_apart_by_name(cohort: TalkRoom) -> None:
    cohort.open("den", "Autumn", first="33")
    cohort.ask(ADA, "join", "den")
    cohort.release(1)
    labels = list(buttons(asked(cohort, dm(cohort, ADA, LONG))))
    assert any(label.startswith("Autumn · Day 33 · Prompt 1") for label in labels)


# Count as my answer


def test_a_message_is_counted_under_the_prompt_that_its_writer_chooses(cohort: TalkRoom) -> None:
    form = count(cohort, ADA, message(ADA, LONG))
    assert (form.title, form.action) == ("Count as my answer", f"file:{slip_of('m1')}")
    [field] = form.fields
    assert field.value == cohort.keys()[2]
    assert [choice.value for choice in field.choices] == [cohort.keys()[n] for n in (2, 3, 0, 1)]
    assert field.choices[0].name.startswith("Day 32 · Prompt 1 of 2 — ")
    assert all(1 <= len(choice.name) <= 75 for choice in field.choices)
    said = send(cohort, ADA, form.action, cohort.keys()[1])
    assert "Kept as your answer to Day 31 · Prompt 2 of 2" in read(said)


def test_a_message_that_was_changed_is_counted_once_more_with_its_new_words(cohort: TalkRoom) -> None:
    form = count(cohort, ADA, message(ADA, "first"))
    assert "count it once more" in read(form)
    assert "second" in read(count(cohort, ADA, replace(message(ADA, "second"), revision=5)))
    send(cohort, ADA, form.action, cohort.keys()[0])
    count(cohort, ADA, replace(message(ADA, "third"), revision=6))
    assert "third" in read(cohort.ask(MAY, "answers", day=cohort.keys()[0]))


def test_a_message_in_a_prompts_own_thread_is_kept_there_and_may_be_moved(cohort: TalkRoom) -> None:
    """As without the Message Content intent, where the words come with the command only."""
    thread = cohort.asked(0)[0].thread
    form = count(cohort, ADA, message(ADA, LONG, thread))
    assert form.title == "Move my answer"
    assert "kept as your answer to Day 31 · Prompt 1 of 2 already" in read(form)
    assert (form.fields[0].value, loose(cohort)) == (cohort.keys()[0], [])
    assert form.fields[0].choices[-1].name.startswith("Day 31 · Prompt 1 of 2 (answered)")


@pytest.mark.parametrize(
    ("about", "says"),
    [
        (None, "this message is a bot's or a notice"),
        (Reply("chat", "school", None, "m1", BEN, "Ben's", MONDAY), "this one is somebody else's"),
        (Reply("chat", "school", None, "m1", ADA, " \n", MONDAY), "no words"),
    ],
)
def test_what_cannot_be_ones_answer_is_refused(cohort: TalkRoom, about: Reply | None, says: str) -> None:
    assert says in read(count(cohort, ADA, about))
    assert loose(cohort) == loose(cohort, BEN) == []


def test_somebody_in_no_cohort_counts_nothing(cohort: TalkRoom) -> None:
    assert "you are in no cohort" in read(count(cohort, EVE, message(EVE, LONG)))
    assert loose(cohort, EVE) == []


def test_a_form_without_a_prompt_or_with_a_forged_one_keeps_the_words_waiting(cohort: TalkRoom) -> None:
    form = count(cohort, ADA, message(ADA, LONG))
    assert isinstance(send(cohort, ADA, form.action, ""), Rejected)
    for key in ("x" * 24, "\x00", "\ud800"):
        assert "your words wait" in read(send(cohort, ADA, form.action, key))
    assert "I do not have that message" in read(send(cohort, BEN, form.action, cohort.keys()[0]))
    assert "your words wait" in read(send(cohort, ADA, form.action, cohort.keys()[0], "another school"))
    assert loose(cohort) == [LONG]


@pytest.mark.parametrize("text", [*HOSTILE, "x" * 1_000_000, "a\x00b \ud800"])
def test_the_members_words_are_shown_inert(cohort: TalkRoom, text: str) -> None:
    form = count(cohort, ADA, message(replace(ADA, name=text), text))
    assert len(form.intro) < 1_500
    assert links(Post("", (Text(form.intro),))) == set()
    assert "**" not in form.intro.replace("\\*", "")
    said = send(cohort, ADA, form.action, cohort.keys()[0])
    assert links(said) == set()
