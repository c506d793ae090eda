"""The same, for lessons and posts that do their worst: nothing is lost, doubled or moved, nobody is mentioned, and what
is a link was written as one."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

import course_words
import hostile
import pytest
from course_words import Words
from hostile import fuzzed
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import TypeAdapter
from reduced import reduced, squeezed
from test_same_lesson import KEY, RENDERED, course, each_platform, without_repeats
from written import Atom, May, Said, Written, markdown, missing, plain, table

from bot.chat.post import Block, Callout, Divider, Heading, Post, Small, Table, Text
from bot.chat.post import Words as Spoken
from bot.curriculum.model import Lesson
from bot.talk.lessons import lesson_post, whole_lesson_post
from bot.talk.prompts import prompt_post

LESSON = TypeAdapter(Lesson)


@each_platform
@fuzzed
@given(written=hostile.lessons)
def test_any_lesson_is_whole_in_the_channel_and_on_request(platform: str, written: dict[str, Any]) -> None:
    lesson = LESSON.validate_python(written)
    taught = replace(course(), lessons={lesson.day: lesson})
    in_channel = course_words.channel_lesson(written, Words())
    assert_all_of(in_channel.written, platform, lesson_post(taught, lesson))
    for number, prompt in enumerate(lesson.prompts, 1):
        words = course_words.prompt(written, number, Words())
        assert_all_of(words.written, platform, prompt_post(taught, lesson, prompt, KEY))
    assert_all_of(course_words.whole_lesson(written, Words()).written, platform, whole_lesson_post(taught, lesson))


@each_platform
@fuzzed
@given(title=hostile.texts, blocks=st.lists(hostile.showing, max_size=8))
def test_any_post_says_all_that_is_in_it(platform: str, title: str, blocks: list[Block]) -> None:
    said = Written()
    for block in blocks:
        read = Written(list(to_atoms(block)), *links_of(block))
        said.atoms += read.atoms
        said.links += read.links
    assume(any(squeezed(each.text) for each in said.atoms if isinstance(each, Said)))
    assert_all_of(said, platform, Post(title, tuple(blocks)))


@pytest.mark.timeout(300)
@each_platform
def test_a_passage_of_a_megabyte_is_whole(platform: str) -> None:
    sentence = "One sentence of a very long passage, with a number that tells it from all others: {}. "
    text = "".join(map(sentence.format, range(12_000)))
    assert len(text) > 1_000_000
    assert_all_of(Written([Said(text)]), platform, Post("Long", (Text(text),)))


def assert_all_of(said: Written, platform: str, post: Post) -> None:
    bodies = RENDERED[platform](post, None)
    got = reduced(platform, bodies, post.title)
    assert missing(said.atoms, got.text) is None
    assert got.mentions == []
    assert set(map(plainly, without_repeats(got.links))) <= set(map(plainly, said.links))


def to_atoms(block: Block) -> Iterator[Atom]:
    """What a block is to say."""
    match block:
        case Heading(text) | Small(text):
            yield plain(text)
        case Text(source):
            yield from markdown(source).atoms
        case Callout(label, source):
            yield plain(label)
            yield from markdown(source).atoms
        case Spoken(text, by):
            yield plain(by or "")
            yield May((":",))
            yield plain(text)
        case Table(caption, header, rows):
            yield plain(caption)
            yield table(header, rows)
        case _:
            assert isinstance(block, Divider)


def links_of(block: Block) -> tuple[list[str], list[str]]:
    source = block.markdown if isinstance(block, Text | Callout) else ""
    return markdown(source).links, []


def plainly(address: str) -> str:
    """An address without the codes that a platform needs to keep it whole."""
    return squeezed(unquote(address))
