"""Look-ups: what people type, rightly or roughly, and never ahead of the day."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up_course import changed, write_course

from bot.config import HOME
from bot.curriculum.load import load_course
from bot.curriculum.lookup import Lookup


@pytest.fixture(scope="module")
def lookup(tmp_path_factory: pytest.TempPathFactory) -> Lookup:
    return Lookup(load_course(write_course(tmp_path_factory.mktemp("course"))))


def ids(hits: object) -> list[str]:
    return [f"{each.kind} {each.id}" for each in hits]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("Wind load", "concept wind-load"),
        ("wind-load", "concept wind-load"),
        ("  WIND   LOAD  ", "concept wind-load"),
        ("wl", "concept wind-load"),
        ("theoreme d aero", "concept self-feeding-sway"),
        ("Gust Tables", "paper 4"),
        ("4", "paper 4"),
        ("#4", "paper 4"),
        ("paper 11", "paper 11"),
        ("2001.04321", "paper 4"),
        ("arXiv:2001.04321v2", "paper 4"),
        ("https://arxiv.org/abs/2001.04321", "paper 4"),
        ("day 6", "lesson 6"),
        ("7", "lesson 7"),
    ],
)
def test_a_name_an_alias_or_a_number_is_sure(lookup: Lookup, query: str, first: str) -> None:
    hit = lookup.find(query)[0]
    assert (f"{hit.kind} {hit.id}", hit.score, hit.sure) == (first, 1.0, True)


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("wnd laod", "concept wind-load"),
        ("persistance self feding sway", "concept self-feeding-sway"),
        ("sfs persistence", "concept self-feeding-sway"),
        ("sleeping", "paper 11"),
        ("cables sleepng", "paper 11"),
        ("gust tab", "paper 4"),
        ("dahl", "paper 11"),
        ("push of moving air", "concept wind-load"),
        ("swayed again in storms", "paper 11"),
        ("sketch deck from above", "lesson 7"),
    ],
)
def test_a_rough_memory_finds_the_right_entry_first(lookup: Lookup, query: str, first: str) -> None:
    assert ids(lookup.find(query))[0] == first


@pytest.mark.parametrize(
    "query", ["what is wind load", "Explain wind load, please!", "how do wind loads work?", "the wl"]
)
def test_a_question_that_says_a_name_and_nothing_else_finds_it_first(lookup: Lookup, query: str) -> None:
    hit = lookup.find(query)[0]
    assert (f"{hit.kind} {hit.id}", hit.sure) == ("concept wind-load", True)


@pytest.mark.parametrize("query", ["what wind is on my phone", "do you sway to loud music", "is there a table for ten"])
def test_a_shared_word_among_others_is_no_answer(lookup: Lookup, query: str) -> None:
    assert lookup.find(query) == ()


@pytest.mark.parametrize("query", ["", " ", "pizza recipe", "xyzzy", "99", "the of and", "!?", "123456789", "aaaaaaa"])
def test_nonsense_finds_nothing(lookup: Lookup, query: str) -> None:
    assert lookup.find(query) == ()


def test_of_two_that_share_a_name_none_is_sure(lookup: Lookup) -> None:
    hits = lookup.find("flutter")
    assert ids(hits)[:2] == ["concept self-feeding-sway", "lesson 7"]
    assert not any(hit.sure for hit in hits)


def test_only_the_asked_kinds_are_found_and_no_more_than_the_limit(lookup: Lookup) -> None:
    assert ids(lookup.find("flutter", ("lesson",))) == ["lesson 7"]
    assert {hit.kind for hit in lookup.find("wind", ("paper", "lesson"), limit=10)} == {"paper", "lesson"}
    assert len(lookup.find("wind", limit=1)) == 1
    assert lookup.find("wind", limit=0) == ()


def test_what_belongs_to_a_later_day_does_not_appear(lookup: Lookup) -> None:
    for query in (
        "flutter",
        "self-feeding-sway",
        "11",
        "sleeping cables",
        "day 7",
        "sway storm damped cables",
        "what is flutter",
    ):
        assert all(hit.day is not None and hit.day <= 6 for hit in lookup.find(query, up_to_day=6, limit=50))
    assert ids(lookup.find("sleeping cables", up_to_day=7))[0] == "paper 11"
    for kind in ("concept", "paper", "lesson"):
        assert all(hit.day == 6 for hit in lookup.suggest("", kind, 6))
        assert lookup.suggest("", kind, 5) == ()


def test_each_day_has_an_answer_of_its_own_whatever_was_asked_before(lookup: Lookup) -> None:
    for day, found in ((7, ["paper 11"]), (6, []), (None, ["paper 11"]), (0, []), (99, ["paper 11"]), (6, [])):
        assert ids(lookup.find("paper 11", ("paper",), day, limit=1)) == found, day


def test_a_paper_without_days_belongs_to_every_day(tmp_path: Path) -> None:
    changes = changed("papers/04-gust-tables.yaml", "days: [6]", "days: []")
    hit = Lookup(load_course(write_course(tmp_path, changes))).find("4", up_to_day=1)[0]
    assert (hit.id, hit.day) == ("4", None)


def test_suggestions_begin_with_names_that_begin_so(lookup: Lookup) -> None:
    assert ids(lookup.suggest("s", "concept")) == ["concept self-feeding-sway", "concept wind-load"]
    assert ids(lookup.suggest("wi", "concept")) == ["concept wind-load"]
    assert ids(lookup.suggest("persi", "concept")) == ["concept self-feeding-sway"]
    assert ids(lookup.suggest("gsut tables", "paper")) == ["paper 4"]
    assert ids(lookup.suggest("1", "paper")) == ["paper 11"]
    assert len(lookup.suggest("", "paper", limit=1)) == 1


def test_suggestions_on_empty_text_are_the_latest_first_on_a_day_and_in_order_without(lookup: Lookup) -> None:
    assert ids(lookup.suggest("", "lesson", 7)) == ["lesson 7", "lesson 6"]
    assert ids(lookup.suggest(" ", "lesson")) == ["lesson 6", "lesson 7"]


HOSTILE = [
    *("x" * 1_000_000, "wind " * 200_000, "\ufdfa" * 1_000_000, "\u0301" * 1_000_000, "(" * 1_000_000),
    *("\x00", "\ud800", "\udfff\x00\ud800", "\u202e", '"', '""', "'", "*", "-", "^", "NEAR(", "name:x", "{name} : x"),
    *("AND", "OR NOT", '" OR name MATCH "*', "'; DROP TABLE entry; --", "%", "_", "{{7*7}}", "@everyone <!channel>"),
]


@pytest.mark.parametrize("query", HOSTILE)
def test_a_hostile_query_is_answered(lookup: Lookup, query: str) -> None:
    assert len(lookup.find(query)) <= 3
    assert len(lookup.suggest(query, "concept")) <= 25
    assert ids(lookup.find("wind load"))[0] == "concept wind-load"


@pytest.mark.parametrize("noise", ["\x00", "\ud800", '"', "*", " OR ", "(", "-", ":"])
def test_signs_in_a_query_do_not_hide_what_it_asks(lookup: Lookup, noise: str) -> None:
    assert ids(lookup.find(f"{noise}wind{noise} {noise}laod{noise}"))[0] == "concept wind-load"


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=60), st.integers(0, 12))
def test_any_query_has_scores_in_order_and_at_most_one_sure_hit(lookup: Lookup, query: str, day: int) -> None:
    hits = lookup.find(query, up_to_day=day, limit=9)
    scores = [hit.score for hit in hits]
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score <= 1 for score in scores)
    assert not any(hit.sure for hit in hits[1:])


def test_many_threads_get_the_same_answers(lookup: Lookup) -> None:
    queries = ["wind load", "sway in storms", "gust tabels", "xyzzy", "11"] * 20
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(lookup.find, queries)) == [lookup.find(each) for each in queries]


def test_what_is_named_is_what_would_be_found_first() -> None:
    """For every name there is, before, in and after the day that it comes: the only one that bears it, and nothing
    where none or several do."""
    course = load_course(HOME / "curriculum")
    lookup = Lookup(course)
    named = 0
    for concept in course.concepts.values():
        for name in (concept.name, concept.id, *concept.aliases[:2], f"{concept.name} indeed"):
            for day in (concept.day - 1, concept.day, None):
                hits = lookup.find(name, ("concept",), day)
                first = hits[0] if hits and hits[0].sure and hits[0].score >= 1 else None
                assert lookup.named(name, ("concept",), day) == first
                named += first is not None
    assert named > 2 * len(course.concepts)
    assert lookup.named("", ("concept",)) is None
