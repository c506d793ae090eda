"""Checks across files: each is told at the line that has to change."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from made_up_course import FILES, changed, write_course

from bot.curriculum.lint import lint_course, unverified, warn_course
from bot.curriculum.load import load_with_places
from bot.curriculum.model import Lesson
from bot.curriculum.prose import count_words, to_sentences

WIND = "concepts/wind-load.yaml"
SIX = "lessons/day-06.yaml"
SEVEN = "lessons/day-07.yaml"
FOUR = "papers/04-gust-tables.yaml"
ELEVEN = "papers/11-sleeping-cables.yaml"


def errors_of(folder: Path) -> list[str]:
    return [str(each).removeprefix(f"{folder}/") for each in lint_course(load_with_places(folder))]


def test_a_whole_course_has_no_error(tmp_path: Path) -> None:
    assert errors_of(write_course(tmp_path)) == []


MISTAKES = [
    (SIX, "Weight came first.", "Day 7 has more.", "19:10: links[1].why: ", "names Day 7, which is still to come"),
    (SIX, "A gust is short.", "Week 3 says so.", "12:11: theory[1].text: ", "names Week 3"),
    (SIX, "- day: 5", "- day: 7", "18:10: links[1].day: ", "day 7 is not before day 6: move it to `ahead:`"),
    (SIX, "- day: 5", "- day: 6", "18:10: links[1].day: ", "day 6 is not before day 6"),
    (SIX, "- day: 5", "- week: 2", "18:11: links[1].week: ", "week 2 is not before week 2"),
    (SIX, "- day: 7", "- day: 5", "21:10: ahead[1].day: ", "day 5 is not after day 6: move it to `links:`"),
    (SIX, "- day: 7", "- day: 11", "21:10: ahead[1].day: ", "the course ends with day 10: write an earlier one"),
    (SIX, "- day: 7", "- week: 3", "21:11: ahead[1].week: ", "the course ends with week 2"),
    (SIX, "week: 2\n", "week: 1\n", "2:7: week: ", "day 6 is in week 2: write 2"),
    (SIX, "kind: concept", "kind: lab", "3:7: kind: ", "course.yaml does not say what `lab` asks for"),
    (SIX, "        paper: 4\n", "        paper: 5\n", "30:16: work.steps[1].reading.paper: ", "there is no paper 5"),
    (SIX, "        paper: 4\n", "        paper: 11\n", "30:16: work.steps[1].reading.paper: ", "add 6 to its"),
    (SIX, "        paper: 4\n", "        title: x\n", "30:9: work.steps[1].reading: ", "write both `title:`"),
    (SIX, "  - { paper: 4 }\n", "  - { sections: x }\n", "41:5: sources[1]: ", "names no source: write `paper:`"),
    (SIX, "max: 1", "max: 1, min: 2", "35:69: work.steps[2].prompt.length.min: ", "is more than max (1)"),
    (SIX, "[wind-load]", "[wind-loads]", "42:14: introduces[1]: ", "no concept `wind-loads` (did you mean"),
    (SIX, "[wind-load]", "[wind-load, self-feeding-sway]", "42:25: introduces[2]: ", "says that day 7 introduces it"),
    (SIX, "[wind-load]", "[wind-load]\nuses: [self-feeding-sway]", "43:8: uses[1]: ", "is introduced later, on day 7"),
    (SIX, "[wind-load]", "[wind-load]\nuses: [wind-load]", "42:13: introduces: ", "is named 2 times"),
    (SIX, "Decks sway in wind.", "'- *'", "15:10: claim.shown: ", "holds no word: write some text"),
    (WIND, "day: 6", "day: 7", "6:6: day: ", "the lesson of day 7 does not introduce `wind-load`"),
    (WIND, "day: 6", "day: 12", "6:6: day: ", "the course ends on day 10"),
    (WIND, "[4]", "[4, 5]", "5:13: papers[2]: ", "there is no paper 5: write papers/05-some-words.yaml"),
    (WIND, "[self-feeding-sway]", "[wind-load]", "7:11: related[1]: ", "is this concept itself: delete it"),
    (WIND, "[self-feeding-sway]", "[sway]", "7:11: related[1]: ", "there is no concept `sway`"),
    (WIND, "side load", "FLUTTER", "3:11: aliases[1]: ", "`FLUTTER` also names concept self-feeding-sway"),
    (WIND, "side load", "Self-feeding sway", "3:11: aliases[1]: ", "also names concept self-feeding-sway"),
    (FOUR, "- paper: 11", "- paper: 12", "18:12: influences[1].paper: ", "there is no paper 12"),
    (FOUR, "- paper: 11", "- paper: 4", "18:12: influences[1].paper: ", "is this paper itself"),
    (FOUR, "days: [6]", "days: [6, 11]", "20:11: days[2]: ", "the course ends on day 10"),
    (FOUR, "concept: wind-load", "concept: gust", "14:14: key_concepts[1].concept: ", "there is no concept `gust`"),
    (FOUR, "[wind tables]", "[x, 'Sleeping cables: sway that persists after damping']", "3:14: aliases[2]: ",
     "also names paper 11"),
    (FOUR, "2001-03-01", "2004-06-01", "18:12: influences[1].paper: ", "paper 4 (2004-06-01) is younger than paper 11"),
    (ELEVEN, "- paper: 4\n    why: It gave the wind figures.", "- paper: 4\n    why: a\n  - paper: 4\n    why: b",
     "21:12: influenced_by[2].paper: ", "paper 4 stands here twice: keep one entry"),
    ("course.yaml", "days: 10", "days: 20", "3:7: days: ", "20 days of 5 a week make 4 weeks, and the parts name 2"),
    ("course.yaml", "number: 2", "number: 3", "16:19: parts[1].weeks[2].number: ", "weeks count up from 1"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "old", "new", "place", "says"), MISTAKES)
def test_a_mistake_is_told_at_its_place(tmp_path: Path, name: str, old: str, new: str, place: str, says: str) -> None:
    told = errors_of(write_course(tmp_path, changed(name, old, new)))
    assert any(each.startswith(f"{name}:{place}") and says in each for each in told), told


def test_an_edge_that_only_one_paper_names_is_told_with_the_cure(tmp_path: Path) -> None:
    cut = changed(FOUR, "influences:\n  - paper: 11\n    why: Its wind figures were used.\n", "")
    assert errors_of(write_course(tmp_path, cut)) == [
        f"{ELEVEN}:19:12: influenced_by[1].paper: paper 4 does not name paper 11 under `influences:`: add it there"
    ]


def test_dates_known_to_the_month_are_compared_by_the_month(tmp_path: Path) -> None:
    assert errors_of(write_course(tmp_path, changed(FOUR, "2001-03-01", "2004-05-31"))) == []


def test_two_prompts_of_a_lesson_cannot_share_an_id(tmp_path: Path) -> None:
    old = "    - prompt:\n        id: why-wind\n"
    twice = f"{old}        ask: x\n        length: {{ text: a, unit: words, max: 9 }}\n{old}"
    told = errors_of(write_course(tmp_path, changed(SIX, old, twice)))
    assert told == [
        f"{SIX}:37:13: work.steps[3].prompt.id: `why-wind` names another prompt of this lesson: "
        "give each prompt its own id"
    ]


def test_a_concept_is_introduced_on_one_day_only(tmp_path: Path) -> None:
    twice = changed(SEVEN, "[self-feeding-sway]\nuses: [wind-load]", "[self-feeding-sway, wind-load]")
    says = "`wind-load` says that day 6 introduces it: correct its `day:`, or move it to `uses:`"
    assert errors_of(write_course(tmp_path, twice)) == [f"{SEVEN}:36:33: introduces[2]: {says}"]


def test_days_that_are_not_written_yet_may_be_linked(tmp_path: Path) -> None:
    changes = {**changed(SIX, "day: 7", "day: 10"), SEVEN: "<none>"}
    assert errors_of(write_course(tmp_path, changes)) == []


def test_a_course_without_lessons_is_told(tmp_path: Path) -> None:
    told = errors_of(write_course(tmp_path, {SIX: "<none>", SEVEN: "<none>"}))
    assert told == ["course.yaml:1:1: the course has no lesson yet: write lessons/day-01.yaml"]


def test_checks_from_outside_are_asked_about_every_lesson(tmp_path: Path) -> None:
    def too_long_for_a_header(lesson: Lesson) -> Iterator[str]:
        if len(lesson.title) > 5:
            yield "the title does not fit: shorten it"

    loaded = load_with_places(write_course(tmp_path))
    expected = [f"{tmp_path}/{SEVEN}:1:1: the title does not fit: shorten it"]
    assert [str(each) for each in lint_course(loaded, (too_long_for_a_header,))] == expected
    assert expected[0] in [str(each) for each in warn_course(loaded, (too_long_for_a_header,))]


def test_warnings_are_told_apart_from_errors(tmp_path: Path) -> None:
    long = " ".join(["word"] * 41)
    changes = {**changed(SIX, "Decks sway in wind.", f"Short. {long}."), **changed(FOUR, "days: [6]", "days: [6, 7]")}
    folder = write_course(tmp_path, changes)
    assert errors_of(folder) == []
    told = [str(each).removeprefix(f"{folder}/") for each in warn_course(load_with_places(folder))]
    assert [re.sub(r"has \d+ words", "has N words", each) for each in told] == [
        f"{SIX}:1:1: the lesson has N words: 600 to 1,000 are read to the end",
        f"{SIX}:15:10: claim.shown: the sentence “word word word word word …” has N words: make two of it",
        f"{SEVEN}:1:1: the lesson has N words: 600 to 1,000 are read to the end",
        f"{FOUR}:20:11: days[2]: the lesson of day 7 does not name paper 4: correct one",
    ]


def test_words_are_counted_as_people_read_them() -> None:
    assert count_words("Two words") == 2
    assert count_words("*The* model's [own words](https://example.org/a-b) — in `code()`, 1,000 of them.") == 8
    assert count_words("| a | table |\n| - | - |\nand text") == 2


def test_sentences_end_at_lists_and_paragraphs_too() -> None:
    assert len(to_sentences("One. Two! “Three?” Four…\n\nfive\n- six\n- seven\n1. eight")) == 8
    assert list(to_sentences("It was 3.5 m long.")) == ["It was 3.5 m long."]


def test_what_is_not_verified_is_listed_with_its_place(tmp_path: Path) -> None:
    found = unverified(load_with_places(write_course(tmp_path)))
    line = FILES[SEVEN].splitlines().index("verify:") + 2
    assert [str(each) for each in found] == [f"{tmp_path}/{SEVEN}:{line}:5: verify[1]: The year of the photograph."]
