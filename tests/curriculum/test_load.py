"""Loading: every kind of mistake is told with its exact place, its field and a cure, all in one run."""

import os
import re
from pathlib import Path

import pytest
from made_up_course import FILES, changed, write_course

from bot.curriculum.load import MAX_BYTES, load_course, load_with_places
from bot.curriculum.problems import CourseErrors, Problem

WIND = "concepts/wind-load.yaml"
SIX = "lessons/day-06.yaml"
FOUR = "papers/04-gust-tables.yaml"


def problems_of(folder: Path) -> list[str]:
    with pytest.raises(CourseErrors) as raised:
        load_course(folder)
    return [str(each).removeprefix(f"{folder}/") for each in raised.value.problems]


def test_a_whole_course_loads_in_order(tmp_path: Path) -> None:
    course = load_course(write_course(tmp_path))
    assert (list(course.lessons), list(course.papers)) == ([6, 7], [4, 11])
    assert list(course.concepts) == ["self-feeding-sway", "wind-load"]
    assert course.lessons[6].prompts[0].id == "why-wind"
    assert course.papers[4].arxiv == "2001.04321"
    assert course.papers[11].date.isoformat() == "2004-05-17"


def test_crlf_and_a_byte_order_mark_change_nothing(tmp_path: Path) -> None:
    plain = load_course(write_course(tmp_path / "a"))
    windows = {name: b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode() for name, text in FILES.items()}
    assert load_course(write_course(tmp_path / "b", windows)) == plain


def test_places_point_at_keys_and_values(tmp_path: Path) -> None:
    places = load_with_places(write_course(tmp_path)).places["lesson", 6]
    assert str(places.problem(("work", "steps", 1, "prompt", "id"), "x")).endswith(
        "day-06.yaml:33:13: work.steps[2].prompt.id: x"
    )
    assert places.key(("claim",)).line == 14


MISTAKES = [
    # the file, what stands in it, what it becomes, where the problem is, what it says
    (WIND, "day: 6", "day: six", "6:6: day: ", "takes a whole number without quotes: write the day that introduces it"),
    (WIND, "day: 6", 'day: "6"', "6:6: day: ", "takes a whole number without quotes"),
    (WIND, "day: 6", "day: 6.5", "6:6: day: ", "takes a whole number"),
    (WIND, "day: 6", "day: yes", "6:6: day: ", "takes a whole number"),
    (WIND, "day: 6", "day: 0", "6:6: day: ", "0 is too small: write at least 1"),
    (WIND, "day: 6", "day: 4000", "6:6: day: ", "4000 is too large: write at most 366"),
    (WIND, "day: 6", "day: 06", "6:6: day: ", "takes a whole number"),
    (WIND, "day: 6", "day:", "6:1: day: ", "is empty: write the day that introduces it"),
    (WIND, "day: 6\n", "", "1:1: day: ", "is missing: write the day that introduces it, like 32"),
    (WIND, "name: Wind load", "name: no", "2:7: name: ", '`no` is read as false: write it in quotes, "no"'),
    (WIND, "name: Wind load", "name: Yes", "2:7: name: ", '`Yes` is read as true: write it in quotes, "Yes"'),
    (WIND, "name: Wind load", "name: on", "2:7: name: ", '`on` is read as true: write it in quotes, "on"'),
    (WIND, "name: Wind load", "name: off", "2:7: name: ", '`off` is read as false: write it in quotes, "off"'),
    (WIND, "[side load, WL]", "[side load, off]", "3:22: aliases[2]: ", '"off"'),
    (WIND, "name: Wind load", "name: 1984", "2:7: name: ", '`1984` is read as a number: write it in quotes, "1984"'),
    (WIND, "name: Wind load", 'name: " "', "2:7: name: ", "is empty: write the concept's name"),
    (WIND, "name: Wind load", "name: [a]", "2:7: name: ", "takes text"),
    (WIND, "name: Wind load", "name: |\n  a\n  b", "2:7: name: ", "takes one line"),
    (WIND, "name: Wind load", f"name: {'x' * 301}", "2:7: name: ", "is 301 characters long and at most 300 fit"),
    (WIND, "name: Wind load", "nmae: Wind load", "2:1: nmae: ", "there is no such field (did you mean `name`?)"),
    (WIND, "papers: [4]", "zzzzzzzz: [4]", "5:1: zzzzzzzz: ", "there is no such field: the fields here are id, name, "),
    (WIND, "papers: [4]", "papers: 4", "5:9: papers: ", "takes a list"),
    (WIND, "papers: [4]", 'papers: [4, "x"]', "5:13: papers[2]: ", "takes a whole number without quotes: write a list"),
    (WIND, "papers: [4]", "papers:", "5:1: papers: ", "is empty: write a list of paper numbers"),
    (WIND, "[self-feeding-sway]", "[Self Feeding]", "7:11: related[1]: ", "`Self Feeding` is no id: write small"),
    (WIND, "day: 6", "day: 6\nday: 7", "7:1: day: ", "stands here a second time (first on line 6): keep one"),
    (WIND, "day: 6", "day: &six 6", "6:6: day: ", "`&six` marks a place to repeat"),
    (WIND, "day: 6", "day: *six", "6:6: day: ", "`*six` repeats another place: write the text out here"),
    (WIND, "day: 6", "<<: {day: 6}", "6:1: ", "a key is a plain field name here"),
    (WIND, "day: 6", "? [day]\n: 6", "6:3: ", "a key is a plain field name here"),
    (WIND, "day: 6", "day: !!python/object/new:os.system 6", "6:6: day: ", "is a type of its own: delete it"),
    (WIND, "day: 6", "day: !x 6", "6:6: day: ", "`!x` is a type of its own: delete it"),
    (WIND, "name: Wind load", r'name: "a\0b"', "2:7: name: ", "the invisible character U+0000 stands in the text"),
    (WIND, "name: Wind load", r'name: "a\rb"', "2:7: name: ", "the invisible character U+000D"),
    (WIND, "name: Wind load", "name: Wind\x00load", "2:11: ", "the invisible character U+0000 stands in"),
    (WIND, "name: Wind load", "name: a\u202eb", "2:8: ", "the invisible character U+202E"),
    (WIND, "name: Wind load", "name: Wind: load", "2:11: ", "a `: ` stands inside a value: put the value in quotes"),
    (WIND, "name: Wind load", "name: @wind", "2:7: ", "this character cannot begin a value: put the value in quotes"),
    (WIND, "name: Wind load", "\tname: Wind", "2:1: ", "indent with spaces, not with a tab"),
    (WIND, "name: Wind load", 'name: "Wind', "2:7: ", "a quote that opens here is never closed: close it"),
    (WIND, "name: Wind load", "name Wind load", "2:1: ", "a line here is neither `name: value` nor"),
    (WIND, "name: Wind load", "name: - Wind", "2:7: ", "a list begins on the line below its field's name"),
    (WIND, "day: 6", "day: 6\n---\nid: x", "7:1: ", "a second document begins here: delete the `---` line"),
    (WIND, "id: wind-load", "id: wind-loads", "1:5: id: ", "is `wind-loads`: correct it, or rename the file"),
    (SIX, "day: 6\n", "day: 8\n", "1:6: day: ", "is 8: correct it, or rename the file to day-08.yaml"),
    (SIX, "week: 2\n", "week: 2\nweek: 3\n", "3:1: week: ", "stands here a second time (first on line 2)"),
    (SIX, "kind: concept", "kind: Concept", "3:7: kind: ", "`Concept` is not one of them (did you mean `concept`?)"),
    (SIX, "  not_shown: That every swaying deck falls.\n", "", "14:1: claim.not_shown: ", "is missing: write"),
    (SIX, "- day: 5\n", "- week: 1\n    day: 5\n", "18:5: links[1]: ", "a link names exactly one of day or week"),
    (SIX, "        id: why-wind\n", "", "32:7: work.steps[2].prompt.id: ", "is missing: write a short id that never"),
    (SIX, "    - prompt:\n", "    - lab: x\n      prompt:\n", "32:7: work.steps[2]: ", "exactly one of"),
    (SIX, "unit: sentences", "unit: sentence", "35:45: work.steps[2].prompt.length.unit: ", "did you mean `sentences`"),
    (SIX, "sources:\n  - { paper: 4 }\n", "sources: []\n", "40:1: sources: ", "is empty: write a list of papers"),
    (SIX, "  - { paper: 4 }\n", "  - paper\n", "41:5: sources[1]: ", "takes fields of its own, indented below it"),
    (SIX, "  - { paper: 4 }\n", "  - { papr: 4 }\n", "41:7: sources[1].papr: ", "(did you mean `paper`?)"),
    (FOUR, "number: 4", "number: 5", "1:9: number: ", "is 5: correct it, or begin the file's name with 05-"),
    (FOUR, '"2001.04321"', "2001.04320", "9:8: arxiv: ", 'is read as a number: write it in quotes, "2001.04320"'),
    (FOUR, '"2001.04321"', "arXiv", "9:8: arxiv: ", '`arXiv` does not fit: write the arXiv number in quotes'),
    (FOUR, "date: 2001-03-01", "date: March 2001", "6:7: date: ", "`March 2001` is no date: write year-month-day"),
    (FOUR, "date: 2001-03-01", "date: 2001", "6:7: date: ", "takes a date: write year-month-day, like 2024-01-10"),
    (FOUR, "date: 2001-03-01", 'date: "1704844800"', "6:7: date: ", "is no date"),
    (FOUR, "https://example.org/gusts", "example.org", "10:6: url: ", "`example.org` is no address: write it whole"),
    (FOUR, "https://example.org/gusts", "ftp://example.org", "10:6: url: ", "does not begin with https:// or http://"),
    (FOUR, "type: Report", "type: Report\nstar: maybe", "9:7: star: ", "takes true or false, without quotes"),
    ("course.yaml", "  concept: One", "  concpt: One", "7:3: kinds.concpt: ", "is no kind of lesson: write one"),
    ("course.yaml", '"#4480c0"', "#4480c0", "13:5: parts[1].colour: ", "is empty: write its colour in quotes"),
    ("course.yaml", '"#4480c0"', "blue", "13:13: parts[1].colour: ", "`blue` does not fit: write its colour in quotes"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "old", "new", "place", "says"), MISTAKES)
def test_a_mistake_is_told_once_with_place_field_and_cure(
    tmp_path: Path, name: str, old: str, new: str, place: str, says: str
) -> None:
    told = problems_of(write_course(tmp_path, changed(name, old, new)))
    assert len(told) == 1, told
    assert told[0].startswith(f"{name}:{place}")
    assert says in told[0]


def test_all_mistakes_in_all_files_are_told_in_one_run(tmp_path: Path) -> None:
    changes = {
        **changed(WIND, "day: 6", "dya: 6\nbody: x"),
        **changed(SIX, "minutes: 45", "minutes: 1"),
        **changed(FOUR, "type: Report", "type: 'Report"),
        "concepts/empty.yaml": "",
        "papers/60.yaml": "number: 60",
    }
    places = [re.match(r"[^:]+:\d+:\d+: (?:[\w.]+: )?", each) for each in problems_of(write_course(tmp_path, changes))]
    assert [place and place[0] for place in places] == [
        "concepts/empty.yaml:1:1: ",
        "concepts/wind-load.yaml:6:1: dya: ",
        "concepts/wind-load.yaml:7:1: body: ",
        "lessons/day-06.yaml:4:10: minutes: ",
        "papers/04-gust-tables.yaml:8:7: ",
        "papers/60.yaml:1:1: ",
    ]


def test_every_missing_field_of_a_lesson_is_named_with_what_to_write(tmp_path: Path) -> None:
    told = problems_of(write_course(tmp_path, {SIX: "day: 6\n"}))
    assert len(told) == 14
    assert all("is missing: write " in each and "what belongs here" not in each for each in told)


def test_a_field_of_a_wrong_name_does_not_hide_what_else_is_wrong(tmp_path: Path) -> None:
    told = problems_of(write_course(tmp_path, changed(WIND, "name: Wind load", "name: no\nnmae: Wind load")))
    assert [each.partition(" ")[0] for each in told] == [f"{WIND}:2:7:", f"{WIND}:3:1:"]


FILE_MISTAKES = [
    ("concepts/big.yaml", b"a" * (MAX_BYTES + 1), "1:1: is larger than 1 MiB"),
    ("concepts/latin.yaml", b"id: latin\nname: caf\xe9\n", "2:10: is not UTF-8 text from here on"),
    ("concepts/wide.yaml", "id: wide\n".encode("utf-16"), "1:1: is not UTF-8 text"),
    ("concepts/empty.yaml", b"# nothing yet\n", "1:1: this file is empty"),
    ("concepts/list.yaml", b"- id: x\n", "1:1: takes fields of its own"),
    ("concepts/word.yaml", b"word\n", "1:1: takes fields of its own"),
    ("concepts/deep.yaml", b"[" * 200_000, "1:22: this file is nested too deeply or holds too much"),
    ("concepts/deep.yaml", b"- " * 200_000, "1:43: this file is nested too deeply or holds too much"),
    ("concepts/wide.yaml", b"id: [" + b"1," * 100_000 + b"]", "1:40002: this file is nested too deeply"),
    ("concepts/Wind Load.yaml", b"id: x\n", "1:1: no file of the course is called so"),
    ("concepts/wind.yml", b"id: x\n", "1:1: no file of the course is called so"),
    ("lessons/day-6.yaml", b"day: 6\n", "1:1: no file of the course is called so"),
    ("lesson/day-08.yaml", b"day: 8\n", "1:1: no file of the course is called so"),
    ("stray.yaml", b"a: 1\n", "1:1: no file of the course is called so"),
]


@pytest.mark.parametrize(("name", "content", "told"), FILE_MISTAKES)
def test_a_file_that_cannot_be_one_of_the_course_is_told(tmp_path: Path, name: str, content: bytes, told: str) -> None:
    problems = problems_of(write_course(tmp_path, {name: content}))
    assert len(problems) == 1
    assert problems[0].startswith(f"{name}:{told}")


def test_an_alias_bomb_is_refused_without_growing(tmp_path: Path) -> None:
    layers = [f"l{i}: &l{i} [{', '.join([f'*l{i - 1}'] * 9)}]" for i in range(1, 30)]
    told = problems_of(write_course(tmp_path, {WIND: "\n".join(["l0: &l0 [boom]", *layers])}))
    assert len([each for each in told if "repeats another place" in each]) == 29 * 9


def test_a_tagged_value_is_never_built(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    bomb = f"id: !!python/object/apply:os.system ['touch {ran}']\n"
    assert any("a type of its own" in each for each in problems_of(write_course(tmp_path, {WIND: bomb})))
    assert not ran.exists()


def test_two_files_cannot_hold_the_same_paper(tmp_path: Path) -> None:
    told = problems_of(write_course(tmp_path, {"papers/04-other.yaml": FILES[FOUR]}))
    assert told == [
        f"papers/04-other.yaml:1:1: {tmp_path}/papers/04-gust-tables.yaml holds paper 4 already: "
        "delete one of the two files"
    ]


def test_a_folder_without_a_course_says_what_to_write(tmp_path: Path) -> None:
    with pytest.raises(CourseErrors, match=r"there is no course\.yaml here: write one, or name the folder"):
        load_course(tmp_path / "nowhere")


def test_what_is_no_file_is_told_and_not_opened(tmp_path: Path) -> None:
    write_course(tmp_path)
    os.mkfifo(tmp_path / "concepts" / "pipe.yaml")
    (tmp_path / "concepts" / "gone.yaml").symlink_to(tmp_path / "nowhere")
    told = problems_of(tmp_path)
    assert [each.partition(": ")[2] for each in told] == ["this is not a file: delete it or rename it"] * 2


def test_hidden_files_and_notes_are_left_alone(tmp_path: Path) -> None:
    notes = {".cache/x.yaml": "a: [", "concepts/.swap.yaml": "a: [", "README.md": "# x", "lessons/notes.txt": "x"}
    assert load_course(write_course(tmp_path, notes)).about.id == "bridges"


def test_a_problem_without_a_field_has_no_empty_one() -> None:
    assert str(Problem("a.yaml", 2, 3, "", "is empty")) == "a.yaml:2:3: is empty"
    assert str(Problem("a.yaml", 2, 3, "day", "is empty")) == "a.yaml:2:3: day: is empty"
