"""The same lesson on all three platforms, proven: what a reader of each gets is what stands in the YAML, every sentence
once and in order, with nothing between but the words of ours that `course_words` spells out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise
from typing import Any

import course_words
import pytest
from course_words import FOLDER, Words
from reduced import Reduced, reduced, squeezed
from written import missing, sentences

from bot.chat.post import Block, Post, Text
from bot.curriculum.load import load_course
from bot.curriculum.model import Course
from bot.platforms.discord.render import render as discord
from bot.platforms.simulator.render import to_bodies as simulator
from bot.platforms.slack.render import render as slack
from bot.talk.lessons import lesson_post, whole_lesson_post
from bot.talk.lookups import concept_post, paper_post
from bot.talk.prompts import prompt_post

RENDERED = {"discord": discord, "slack": slack, "simulator": simulator}
KEY = "abcdefghijklmnopqrstuvwx"
DAYS = range(1, 61)

BOOKKEEPING = frozenset(
    {"file", "id", "kind", "unit", "introduces", "uses", "verify", "key_concepts", "related", "aliases"}
)
"""Fields that no lesson shows: what machines count by, and what authors still have to do."""

each_platform = pytest.mark.parametrize("platform", RENDERED)
each_day = pytest.mark.parametrize("day", DAYS)


@cache
def course() -> Course:
    return load_course(FOLDER)


@cache
def lesson_file(day: int) -> Mapping[str, Any]:
    return next(each for each in course_words.files(FOLDER, "lessons") if each["day"] == day)


@each_platform
@each_day
def test_the_channel_gets_every_sentence_of_a_lesson_once_and_in_order(platform: str, day: int) -> None:
    words = course_words.channel_lesson(lesson_file(day), Words())
    assert_same(words, platform, lesson_post(course(), course().lessons[day]), KEY)


@each_platform
@each_day
def test_every_prompt_is_shown_whole(platform: str, day: int) -> None:
    lesson = course().lessons[day]
    assert len(lesson.prompts) == len(course_words.prompts_of(lesson_file(day)))
    for number, prompt in enumerate(lesson.prompts, 1):
        words = course_words.prompt(lesson_file(day), number, Words())
        assert_same(words, platform, prompt_post(course(), lesson, prompt, KEY), KEY)


@each_platform
@each_day
def test_the_whole_lesson_is_whole(platform: str, day: int) -> None:
    words = course_words.whole_lesson(lesson_file(day), Words())
    assert_same(words, platform, whole_lesson_post(course(), course().lessons[day]), None)


@each_day
def test_no_passage_of_a_lessons_file_is_left_out_of_the_whole_lesson(day: int) -> None:
    shown = course_words.whole_lesson(lesson_file(day), Words()).seen
    assert [each for each in course_words.passages(lesson_file(day), BOOKKEEPING) if each not in shown] == []


@each_platform
def test_every_paper_says_the_same(platform: str) -> None:
    for entry in course_words.files(FOLDER, "papers"):
        post = paper_post(course(), course().papers[entry["number"]], None)
        assert_same(course_words.paper(entry, Words()), platform, post, None)


@each_platform
def test_every_concept_says_the_same(platform: str) -> None:
    for entry in course_words.files(FOLDER, "concepts"):
        post = concept_post(course(), course().concepts[entry["id"]], None)
        assert_same(course_words.concept(entry, Words()), platform, post, None)


def assert_same(words: Words, platform: str, post: Post, key: str | None) -> None:
    bodies = RENDERED[platform](post, key)
    got = reduced(platform, bodies, post.title)
    assert missing(words.written.atoms, got.text) is None
    assert got.mentions == []
    assert without_repeats(got.links) == without_repeats(words.written.links)
    assert_accessible(got, words)
    whole = [squeezed(text) for text in got.texts]
    assert [each for each in sentences(words.written.atoms) if not any(each in text for text in whole)] == []


def assert_accessible(got: Reduced, words: Words) -> None:
    """Every picture has its alt text, every button a label in words, and headings go down one level at a time."""
    assert all(words.written.pictures), "a picture without an alt text"
    assert all(any(mark.isalnum() for mark in label) for label in got.labels)
    levels = [level for level, _ in got.headings]
    assert all(below - above <= 1 for above, below in pairwise(levels)), got.headings
    assert all(any(mark.isalnum() for mark in text) for _, text in got.headings)


def without_repeats(links: Sequence[str]) -> list[str]:
    """A link over several marks (`[a **b**](…)`) is one link in several pieces."""
    return [link for number, link in enumerate(links) if number == 0 or links[number - 1] != link]


SPOILED = {
    "a sentence is lost": lambda blocks: replaced(blocks, lambda text: text.partition(". ")[2]),
    "a sentence stands twice": lambda blocks: replaced(blocks, lambda text: f"{text.partition('. ')[0]}. {text}"),
    "a passage is lost": lambda blocks: tuple(each for each in blocks if each is not first_text(blocks)),
    "a passage stands twice": lambda blocks: (*blocks, first_text(blocks)),
    "two passages have changed places": lambda blocks: tuple(reversed(blocks)),
    "somebody is mentioned": lambda blocks: replaced(blocks, lambda text: f"{text} @everyone"),
    "an address has become a link": lambda blocks: replaced(
        blocks, lambda text: f"[{text[:20]}](https://a.b){text[20:]}"
    ),
}


@each_platform
@pytest.mark.parametrize("spoil", SPOILED.values(), ids=SPOILED)
def test_this_proof_notices(platform: str, spoil: Any) -> None:
    post = lesson_post(course(), course().lessons[32])
    words = course_words.channel_lesson(lesson_file(32), Words())
    with pytest.raises(AssertionError):
        assert_same(words, platform, replace(post, blocks=spoil(post.blocks)), KEY)


def first_text(blocks: Sequence[Block]) -> Text:
    return next(each for each in blocks if isinstance(each, Text))


def replaced(blocks: Sequence[Block], change: Callable[[str], str]) -> tuple[Block, ...]:
    first = first_text(blocks)
    return tuple(Text(change(first.markdown)) if each is first else each for each in blocks)
