"""What was written is read together, with what was said about it; the numbers are those of an independent count."""

from datetime import timedelta

import pytest
from heard_events import form, gone, heard, member_of
from made_cohorts import at, learner, opened, prompt_messages, release, reply
from sqlalchemy import text

from bot.chat.inbound import Person, Reacted
from bot.cohorts.cohorts import FACILITATOR, leave
from bot.cohorts.feedback import find_judged, give, praise
from bot.cohorts.reactions import keep_reaction
from bot.cohorts.writing import NOTE, PRAISE, Written, answers_of, answers_to, writers
from bot.store.database import Database
from bot.store.tables import Cohort, Member, Message

FAY = Person("fay", "Fay")


@pytest.fixture
def fay(database: Database, cohort: Cohort) -> Member:
    return learner(database, cohort, "fay", at(-1, 21), FACILITATOR)


def everybody(database: Database, message: Message) -> tuple[Written, ...]:
    members = database.run_now(writers, message.id)
    return database.run_now(answers_to, message.id, members)


def only(database: Database, message: Message) -> Written:
    [one] = everybody(database, message)
    return one


def noted(database: Database, message: str, words: str, now, by: Person = FAY) -> None:
    def write(session) -> None:
        judged = find_judged(session, "discord", message)
        assert judged is not None
        give(session, judged, by, words, f"{words}{message}"[:24].ljust(24, "a"), now, shared=False)

    database.run_now(write)


def praised(database: Database, message: str, now, by: Person = FAY):
    return database.run_now(lambda s: praise(s, find_judged(s, "discord", message), by, now))


def micros(moment) -> int:
    return int(moment.timestamp() * 1_000_000)


def test_several_messages_are_one_answer_in_the_order_they_were_written(database: Database, claim: Message) -> None:
    for ref, words, minute in (("m2", "second", 2), ("m1", "first", 1)):
        heard(database, reply(claim.thread, "ada", ref, words, at(0, 10, minute)))
    one = only(database, claim)
    assert (one.texts, one.text) == (("first", "second"), "first\n\nsecond")
    assert (one.at, one.last_at, one.ref, one.in_thread) == (at(0, 10, 1), at(0, 10, 2), "m1", True)
    assert (one.prompt, one.key, one.lesson, one.revisions, one.said) == ("claim", claim.key, 1, 0, ())


def test_what_was_deleted_is_no_part_of_it_and_nobody_is_left_with_nothing(database: Database, claim: Message) -> None:
    heard(database, reply(claim.thread, "ada", "m1", "first", at(0, 10)))
    heard(database, reply(claim.thread, "ada", "m2", "second", at(0, 11)), gone("m1", at(0, 12), claim.thread))
    assert only(database, claim).texts == ("second",)
    heard(database, gone("m2", at(0, 12), claim.thread))
    assert everybody(database, claim) == ()


def test_an_answer_by_form_stands_in_no_message(database: Database, claim: Message) -> None:
    form(database, claim, "ada", "By form.", at(0, 10))
    form(database, claim, "ada", "By form, again.", at(0, 11))
    one = only(database, claim)
    assert (one.ref, one.in_thread, one.texts, one.revisions) == (None, False, ("By form, again.",), 1)


def test_an_edit_after_a_note_is_a_revision_since_and_one_before_it_is_none(
    database: Database, claim: Message, fay: Member
) -> None:
    heard(database, reply(claim.thread, "ada", "m", "first", at(0, 10)))
    heard(database, reply(claim.thread, "ada", "m", "second", at(0, 10), micros(at(0, 11))))
    noted(database, "m", "Why?", at(0, 12))
    assert (only(database, claim).revisions, only(database, claim).revised_since) == (1, False)
    heard(database, reply(claim.thread, "ada", "m", "third", at(0, 10), micros(at(0, 13))))
    one = only(database, claim)
    assert (one.revisions, one.revised_at, one.revised_since) == (2, at(0, 13), True)
    noted(database, "m", "Better!", at(0, 14))
    assert only(database, claim).revised_since, "the first note is what it was revised after"


def test_praise_asks_for_no_change_so_that_nothing_is_revised_since(
    database: Database, claim: Message, fay: Member
) -> None:
    heard(database, reply(claim.thread, "ada", "m", "first", at(0, 10)))
    praised(database, "m", at(0, 11))
    heard(database, reply(claim.thread, "ada", "m", "second", at(0, 10), micros(at(0, 12))))
    one = only(database, claim)
    assert ([each.kind for each in one.said], one.revised_since) == ([PRAISE], False)


def test_everything_that_was_said_is_told_apart_and_oldest_first(
    database: Database, claim: Message, fay: Member
) -> None:
    heard(database, reply(claim.thread, "ada", "m", "first", at(0, 10)))
    heard(database, reply(claim.thread, "ada", "n", "more", at(0, 10, 30)))
    noted(database, "n", "Which?", at(0, 13), Person("mo", "Mo"))
    noted(database, "m", "Why?", at(0, 12))
    praised(database, "m", at(0, 11))
    said = only(database, claim).said
    assert [(each.kind, each.name, each.text) for each in said] == [
        (PRAISE, "Fay", ""),
        (NOTE, "Fay", "Why?"),
        (NOTE, "Mo", "Which?"),
    ]


def test_who_has_left_stays_and_is_marked_and_who_never_joined_is_not(
    database: Database, cohort: Cohort, claim: Message
) -> None:
    for person in ("ada", "eve"):
        heard(database, reply(claim.thread, person, f"m-{person}", "mine", at(0, 10)))
    member = member_of(database, "ada")
    database.run_now(lambda s: leave(s, s.get_one(Cohort, cohort.id), member, at(1, 9)))
    assert [(each.name, each.left_on is not None) for each in everybody(database, claim)] == [
        ("Ada", True),
        ("Eve", False),
    ]


def test_one_members_answers_are_those_of_this_cohort_lesson_by_lesson(database: Database, cohort: Cohort) -> None:
    other = opened(database)
    release(database, at(1))
    for lesson in (2, 1):
        for name, message in prompt_messages(database, cohort, lesson).items():
            heard(database, reply(message.thread, "ada", f"{lesson}{name}", name, at(1, 10)))
    theirs = prompt_messages(database, other, 1)["claim"]
    heard(database, reply(theirs.thread, "ada", "elsewhere", "elsewhere", at(1, 10)))
    member = member_of(database, "ada")
    found = database.run_now(answers_of, cohort.id, member.id)
    assert [(each.lesson, each.prompt) for each in found] == [(1, "claim"), (1, "doubt"), (2, "claim"), (2, "doubt")]


def test_the_numbers_are_those_of_an_independent_count(database: Database, cohort: Cohort, claim: Message) -> None:
    people = [f"p{number}" for number in range(12)]
    for number, person in enumerate(people):
        learner(database, cohort, person, at(-1, 21))
        for part in range(1 + number % 3):
            ref, moment = f"m{number}.{part}", at(0, 10, number, part)
            heard(database, reply(claim.thread, person, ref, f"{person} {part}", moment))
            for edit in range(number % 4):
                revision = micros(moment + timedelta(hours=1 + edit))
                heard(database, reply(claim.thread, person, ref, f"{person} {part} {edit}", moment, revision))
            for other in people[: number // 2]:
                seen = Reacted("discord", "W", ref, Person(other, other), f"e{part}", True, moment)
                database.run_now(keep_reaction, seen)
        if number % 2:
            noted(database, f"m{number}.0", "Why?", at(0, 12))
        if number % 3 == 1:
            heard(database, gone(f"m{number}.1", at(0, 14), claim.thread))
    counted = """
        SELECT members.name,
          (SELECT count(*) FROM submissions s WHERE s.member_id = members.id AND s.message_id = :prompt
             AND s.withdrawn_at IS NULL),
          (SELECT count(*) FROM revisions r JOIN submissions s ON s.id = r.submission_id
             WHERE s.member_id = members.id AND s.message_id = :prompt AND s.withdrawn_at IS NULL AND r.revision <> 0),
          (SELECT count(DISTINCT x.person) FROM reactions x JOIN submissions s ON s.id = x.submission_id
             WHERE s.member_id = members.id AND s.message_id = :prompt AND s.withdrawn_at IS NULL),
          (SELECT count(*) FROM feedback f JOIN submissions s ON s.id = f.submission_id
             WHERE s.member_id = members.id AND s.message_id = :prompt AND s.withdrawn_at IS NULL)
        FROM members WHERE members.ref LIKE 'p%' ORDER BY lower(members.name), members.id
    """
    rows = database.run_now(lambda s: s.execute(text(counted), {"prompt": claim.id}).all())
    found = everybody(database, claim)
    assert len(found) == len(people)
    assert [(o.name, len(o.texts), o.revisions, o.reactions, len(o.said)) for o in found] == [tuple(r) for r in rows]
