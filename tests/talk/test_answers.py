"""All answers to one prompt together: who reads them, what stands beside each, a page at a time."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from talk_room import ADA, BEN, EVE, FAY, HOSTILE, MAY, TalkRoom, buttons, links, read

from bot.chat.commands import from_action
from bot.chat.inbound import Command, Person, Reacted, Reply
from bot.chat.post import Post, Words
from bot.cohorts.cohorts import OBSERVER, find_member, join, known_member
from bot.cohorts.feedback import find_judged, give
from bot.cohorts.reactions import keep_reaction
from bot.cohorts.submissions import record
from bot.platforms.discord.client import DiscordPlatform
from bot.store.tables import Cohort, Submission
from bot.talk.answers import AT_ONCE, length_words
from bot.talk.commands import answer

ONLY = "All answers together are for the cohort's facilitators and observers."


def press(room: TalkRoom, person: Person, action: str, channel: str | None = "room") -> Post:
    name, options = from_action(action)
    return room.ask(person, name, channel, **options)


def enroll(room: TalkRoom, person: Person, role: str) -> None:
    def write(session) -> None:
        cohort = session.query(Cohort).one()
        join(session, cohort, known_member(session, "chat", "school", person), role, room.now)

    room.database.run_now(write)


def note(room: TalkRoom, message: str, by: Person = FAY, words: str = "Which rates?") -> None:
    def write(session) -> None:
        give(session, find_judged(session, "chat", message), by, words, "k" * 24, room.now, shared=False)

    room.database.run_now(write)


def edit(room: TalkRoom, person: Person, message: str, words: str) -> None:
    room.now += timedelta(minutes=1)
    thread, revision = room._prompts()[0].thread, int(room.now.timestamp() * 1_000_000)
    room.database.run_now(record, Reply("chat", "school", thread, message, person, words, room.now, revision))


def names(said: Post) -> list[str]:
    return [block.by for block in said.blocks if isinstance(block, Words)]


def crowd(room: TalkRoom, number: int) -> list[str]:
    for each in range(number):
        room.write(Person(f"p{each}", f"Person {each:02}"), 0, f"Answer {each}.", f"m{each}")
    return [f"Person {each:02}" for each in range(number)]


def test_the_last_lessons_first_prompt_is_what_is_meant(cohort: TalkRoom) -> None:
    cohort.write(ADA, 2, "To the last lesson.")
    assert "Ada: To the last lesson." in cohort.read(FAY, "answers")
    assert "Day 32" in cohort.read(FAY, "answers")


def test_a_lesson_and_a_prompt_are_found_by_their_numbers(cohort: TalkRoom) -> None:
    cohort.write(ADA, 1, "To the second prompt.")
    assert "Ada: To the second prompt." in cohort.read(FAY, "answers", day="31", prompt="2")
    assert "Ada" not in cohort.read(FAY, "answers", day="31")


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"day": "33"}, "Day 33 is not out in this cohort."),
        ({"day": "9999"}, "Day 9999 is not out in this cohort."),
        ({"day": "31", "prompt": "9"}, "Day 31 has 2 prompts, 1 to 2."),
        ({"day": "31", "prompt": "0"}, "Day 31 has 2 prompts, 1 to 2."),
        ({"day": "three"}, "Write the lesson's day and the prompt's number: /answers day:3 prompt:2."),
        ({"day": "9" * 40}, "Write the lesson's day and the prompt's number: /answers day:3 prompt:2."),
        ({"prompt": "\u0663"}, "Write the lesson's day and the prompt's number: /answers day:3 prompt:2."),
    ],
)
def test_what_is_not_there_is_said_so(cohort: TalkRoom, typed: dict[str, str], says: str) -> None:
    assert cohort.read(FAY, "answers", **typed) == says


def test_without_a_cohort_or_a_lesson_there_are_none(room: TalkRoom) -> None:
    assert "no cohort here" in room.read(MAY, "answers")
    room.open()
    assert room.read(MAY, "answers") == "The first lesson is not out yet."


def test_observers_read_and_do_not_respond(cohort: TalkRoom) -> None:
    olga = Person("olga", "Olga")
    enroll(cohort, olga, OBSERVER)
    cohort.write(ADA, 2, "Mine.")
    said = cohort.ask(olga, "answers")
    assert "Ada: Mine." in read(said)
    assert not {"Praise", "Give feedback"} & set(buttons(said))
    assert "Praise" in buttons(cohort.ask(FAY, "answers"))


@pytest.mark.parametrize("where", ["room", None, "second"])
def test_members_strangers_and_facilitators_of_elsewhere_read_nothing(cohort: TalkRoom, where: str | None) -> None:
    cohort.write(ADA, 0, "Mine.")
    cohort.open("second", "Autumn")
    mia = Person("mia", "Mia", manages=True)
    for person in (ADA, BEN, EVE):
        assert read(press(cohort, person, f"answers:{cohort.keys()[0]}", where)) == ONLY
    assert read(press(cohort, mia, f"answers:{cohort.keys()[0]}", "second")) == ONLY, "who manages another channel"


def test_an_observer_who_has_left_reads_nothing(cohort: TalkRoom) -> None:
    olga = Person("olga", "Olga")
    enroll(cohort, olga, OBSERVER)
    cohort.ask(olga, "leave")
    assert read(press(cohort, olga, f"answers:{cohort.keys()[0]}")) == ONLY


def test_a_page_holds_ten_and_the_next_is_a_button_away(cohort: TalkRoom) -> None:
    everybody = crowd(cohort, 2 * AT_ONCE + 3)
    said, seen = press(cohort, FAY, f"answers:{cohort.keys()[0]}"), []
    for page in (1, 2, 3):
        assert f"23 answers · Spring · page {page} of 3, by name" in read(said)
        seen += names(said)
        assert len(names(said)) <= AT_ONCE
        more = buttons(said).get("More answers")
        said = press(cohort, FAY, more) if more else said
    assert seen == everybody
    assert names(press(cohort, FAY, buttons(said)["Earlier names"])) == everybody[AT_ONCE : 2 * AT_ONCE]


def test_a_page_that_is_not_there_is_the_last_one(cohort: TalkRoom) -> None:
    crowd(cohort, AT_ONCE + 1)
    for page in ("2", "9999"):
        assert names(press(cohort, FAY, f"answers:{cohort.keys()[0]}:{page}")) == [f"Person {AT_ONCE:02}"]
    assert len(names(press(cohort, FAY, f"answers:{cohort.keys()[0]}:0"))) == AT_ONCE


def test_beside_an_answer_stands_when_how_long_and_who_has_responded(cohort: TalkRoom) -> None:
    cohort.write(ADA, 0, "The gap is 14 percent.", "m")
    said = cohort.read(FAY, "answers", day="31")
    asked = cohort.course.lessons[31].prompts[0].length.text
    assert "8 Sep, 09:00" in said
    assert f"(asked: {asked})" in said
    assert "no response yet" in said
    note(cohort, "m")
    for person in ("ben", "eve"):
        seen = Reacted("chat", "school", "m", Person(person, person), "+1", True, cohort.now)
        cohort.database.run_now(keep_reaction, seen)
    said = cohort.read(FAY, "answers", day="31")
    assert "feedback from Fay" in said
    assert "2 reactions" in said
    assert "no response yet" not in said


def test_an_answer_that_was_revised_since_the_feedback_says_so_and_whose(cohort: TalkRoom) -> None:
    cohort.write(ADA, 0, "First.", "m")
    note(cohort, "m")
    assert "revised" not in cohort.read(FAY, "answers", day="31")
    edit(cohort, ADA, "m", "Second.")
    assert "revised since your feedback" in cohort.read(FAY, "answers", day="31")
    assert "revised since the feedback" in cohort.read(MAY, "answers", day="31")


def test_what_others_said_in_private_is_not_shown_here(cohort: TalkRoom) -> None:
    cohort.write(ADA, 0, "Mine.", "m")
    note(cohort, "m", words="between us alone")
    assert "between us alone" not in cohort.read(MAY, "answers", day="31")


def test_who_has_left_stays_and_is_marked(cohort: TalkRoom) -> None:
    cohort.write(ADA, 0, "Mine.")
    cohort.ask(ADA, "leave")
    said = cohort.read(FAY, "answers", day="31")
    assert "Ada: Mine." in said
    assert "has left the cohort" in said


def test_ones_own_answer_is_not_there_to_be_praised(cohort: TalkRoom) -> None:
    cohort.write(FAY, 0, "A facilitator's.")
    assert "Praise" not in buttons(cohort.ask(FAY, "answers", day="31"))


def test_a_link_leads_to_what_stands_in_a_thread_and_to_no_form(cohort: TalkRoom) -> None:
    platform = DiscordPlatform("token")

    def shown() -> Post:
        command = Command("chat", "school", "room", FAY, "answers", {"day": "31"})
        return cohort.database.run_now(answer, cohort.course, cohort.lookup, command, cohort.now, platform)

    cohort.fill(BEN, 0, "By form.")
    assert not any("discord.com" in each for each in links(shown()))
    cohort.write(ADA, 0, "In the thread.", "12/34")
    assert "https://discord.com/channels/school/12/34" in links(shown())

    def counted_from_elsewhere(session) -> None:
        session.query(Submission).filter_by(ref="12/34").one().ref = "filed:12/34"

    cohort.database.run_now(counted_from_elsewhere)
    assert not any("discord.com" in each for each in links(shown())), "it may stand between Ada and us alone"


def test_hostile_names_and_words_stay_words(cohort: TalkRoom) -> None:
    for number, hostile in enumerate(HOSTILE):
        cohort.write(Person(f"h{number}", hostile), 0, hostile, f"m{number}")
    said = cohort.ask(FAY, "answers", day="31")
    assert links(said) == set()
    assert all(len(action) <= 60 for action in buttons(said).values())


def test_the_numbers_are_those_of_an_independent_count(cohort: TalkRoom) -> None:
    crowd(cohort, 7)
    cohort.write(Person("p0", "Person 00"), 0, "And more.", "m-again")
    found = cohort.database.run_now(
        lambda s: s.execute(
            text(
                "SELECT count(DISTINCT member_id) FROM submissions s JOIN messages m ON m.id = s.message_id"
                " WHERE m.key = :key AND s.withdrawn_at IS NULL"
            ),
            {"key": cohort.keys()[0]},
        ).scalar_one()
    )
    said = cohort.ask(FAY, "answers", day="31")
    assert f"{found} answers" in read(said)
    assert len(names(said)) == found == 7


def test_a_length_without_one_asked_is_in_words() -> None:
    assert length_words("one two", None) == "2 words"
    assert length_words("one", None) == "1 word"


def test_whoever_reads_is_not_made_a_member_by_it(cohort: TalkRoom) -> None:
    cohort.read(Person("zoe", "Zoe"), "answers")
    assert cohort.database.run_now(find_member, "chat", "school", "zoe") is None
