"""What a facilitator says about an answer: who may, how it is kept, who may read it."""

import pytest
from talk_room import ADA, BEN, FAY, HOSTILE, MAY, MONDAY, TalkRoom, links, read

from bot.chat.commands import from_action
from bot.chat.inbound import Command, FormAnswer, Person, Reply
from bot.chat.post import Form, Ping, Post, Rejected, Text
from bot.cohorts.feedback import untold
from bot.store.tables import Feedback, Submission
from bot.talk.commands import answer
from bot.talk.feedback import given, knock_post, private_post, shared_post

KEY = "a" * 24


@pytest.fixture
def answered(cohort: TalkRoom) -> TalkRoom:
    """Ada has answered the first prompt with the message "m"."""
    cohort.write(ADA, 0, "The gap is 14 percent.", "m")
    return cohort


def ask(
    room: TalkRoom, person: Person, message: str | None = "m", channel: str = "room", workspace: str = "school"
) -> Post | Form:
    about = Reply("chat", workspace, "t", message, ADA, "…", room.now) if message else None
    command = Command("chat", workspace, channel, person, "feedback", about=about)
    return room.database.run_now(answer, room.course, room.lookup, command, room.now, room.platform)


def ask_by_number(
    room: TalkRoom,
    person: Person,
    number: str,
    channel: str = "room",
    workspace: str = "school",
    platform: str = "chat",
) -> Post | Form:
    name, options = from_action(f"feedback:{number}")
    command = Command(platform, workspace, channel, person, name, options)
    return room.database.run_now(answer, room.course, room.lookup, command, room.now, room.platform)


def send(
    room: TalkRoom,
    person: Person,
    text: str,
    who: str = "alone",
    number: str = "1",
    channel: str = "room",
    workspace: str = "school",
    key: str = KEY,
) -> Post | Rejected:
    form = FormAnswer("chat", workspace, channel, person, f"feedback:{number}", {"text": text, "who": who})
    return room.database.run_now(given, room.course, form, key, room.now)


def remarks(room: TalkRoom):
    return room.database.run_now(untold, "chat")


def note(room: TalkRoom, person: Person, key: str = KEY, channel: str | None = "room", workspace: str = "school"):
    return read(room.ask(person, "note", channel, workspace, id=key))


def test_a_facilitator_gets_a_form_with_the_answer_in_view(answered: TalkRoom) -> None:
    for person in (FAY, MAY):
        form = ask(answered, person)
        assert form.action == "feedback:1"
        assert "Ada · Day 31 · Prompt 1 of 2" in read(form)
        assert "The gap is 14 percent." in read(form)
        assert [field.id for field in form.fields] == ["text", "who"]
        assert [choice.value for choice in form.fields[1].choices] == ["alone", "all"]


def test_who_does_not_facilitate_the_cohort_gives_no_feedback(answered: TalkRoom) -> None:
    answered.open("den", "Autumn")
    mia = Person("mia", "Mia", manages=True)
    for person, where in ((BEN, {}), (ADA, {}), (mia, {"channel": "elsewhere"}), (MAY, {"workspace": "other"})):
        assert "for this cohort's facilitators" in read(ask(answered, person, **where))
        said = send(answered, person, "mine", **where)
        assert "nobody has been told" in read(said)
        assert "mine" in read(said)
    assert remarks(answered) == []


def test_only_what_stands_as_an_answer_gets_feedback(answered: TalkRoom) -> None:
    for message in ("unknown", None):
        assert "is not kept as an answer" in read(ask(answered, FAY, message))
    for number in ("2", "0", "-1", "x", "", "9" * 30, "١"):
        assert "nobody has been told" in read(send(answered, FAY, "good", number=number))
    assert remarks(answered) == []


def test_a_form_that_was_slow_to_open_is_asked_for_by_the_answers_number(answered: TalkRoom) -> None:
    """A button can be forged: who may is asked as ever."""
    assert ask_by_number(answered, FAY, "1") == ask(answered, FAY)
    answered.open("den", "Autumn")
    mia = Person("mia", "Mia", manages=True)
    for person, where in ((BEN, {}), (ADA, {}), (mia, {"channel": "elsewhere"}), (mia, {"channel": "den"})):
        assert "for this cohort's facilitators" in read(ask_by_number(answered, person, "1", **where))
    for person in (FAY, MAY):
        assert "for this cohort's facilitators" in read(ask_by_number(answered, person, "1", workspace="other"))
        assert "is not kept as an answer" in read(ask_by_number(answered, person, "1", platform="another"))
    for number in ("2", "0", "-1", "x", "", "9" * 30, "١", "\x00", "1 OR 1=1"):
        assert "is not kept as an answer" in read(ask_by_number(answered, FAY, number))


def test_nobody_gives_feedback_to_themself(answered: TalkRoom) -> None:
    answered.write(FAY, 0, "I try it too.", "own")
    assert "your own" in read(ask(answered, FAY, "own"))


def test_feedback_is_kept_once_however_often_it_is_sent(answered: TalkRoom) -> None:
    said = send(answered, FAY, "Which rates?")
    assert "goes to Ada alone" in read(said)
    assert "Which rates?" in read(said)
    send(answered, FAY, "Which rates?", key="b" * 24)
    send(answered, FAY, "And why?", "all", key="c" * 24)
    assert [(each.text, each.shared, each.key) for each in remarks(answered)] == [
        ("Which rates?", False, KEY),
        ("And why?", True, "c" * 24),
    ]


def test_nothing_written_keeps_the_form_open(answered: TalkRoom) -> None:
    assert isinstance(send(answered, FAY, " \n"), Rejected)
    assert remarks(answered) == []


def test_feedback_is_read_by_its_writer_and_the_facilitators_alone(answered: TalkRoom) -> None:
    send(answered, FAY, "Which rates?")
    assert "Fay: Which rates?" in note(answered, ADA)
    assert "Which rates?" in note(answered, ADA, channel=None, workspace="")
    assert "Which rates?" in note(answered, FAY)
    assert "Which rates?" in note(answered, MAY)
    for person, where in (
        (BEN, {}),
        (Person("mia", "Mia", manages=True), {"channel": "elsewhere"}),
        (ADA, {"workspace": "other"}),
        (ADA, {"key": "b" * 24}),
        (ADA, {"key": "\x00"}),
    ):
        assert "for somebody else to read" in note(answered, person, **where)


def test_the_knock_in_the_thread_mentions_the_writer_and_says_nothing_of_it(answered: TalkRoom) -> None:
    send(answered, FAY, "Which rates?")
    [remark] = remarks(answered)
    knock, private, shared = (post(answered.course, remark) for post in (knock_post, private_post, shared_post))
    assert knock.ping == shared.ping == Ping("ada", "person")
    assert private.ping is None
    assert "Which rates?" not in read(knock)
    assert "Fay: Which rates?" in read(private)
    assert "Day 31 · Prompt 1 of 2" in read(shared)


def test_what_was_said_to_all_about_an_answer_deleted_since_is_for_its_writer_alone(answered: TalkRoom) -> None:
    send(answered, FAY, "Which rates?", "all")
    answered.database.run_now(_withdraw)
    assert [each.shared for each in remarks(answered)] == [False]


def test_feedback_goes_with_the_answer_it_was_about(answered: TalkRoom) -> None:
    send(answered, FAY, "Which rates?")
    answered.database.run_now(_erase)
    assert remarks(answered) == []
    assert "it is gone" in note(answered, ADA)


@pytest.mark.parametrize("words", HOSTILE)
def test_names_and_words_are_shown_inert(cohort: TalkRoom, words: str) -> None:
    cohort.write(Person("ada", words), 0, words, "m")
    form = ask(cohort, FAY)
    assert links(Post("", (Text(form.intro),))) == set()
    assert links(send(cohort, FAY, words)) == set()
    [remark] = remarks(cohort)
    assert remark.text == words
    for post in (knock_post, private_post, shared_post):
        assert links(post(cohort.course, remark)) == set()


def _withdraw(session) -> None:
    session.query(Submission).one().withdrawn_at = MONDAY


def _erase(session) -> None:
    session.query(Submission).delete()
    assert session.query(Feedback).count() == 0
