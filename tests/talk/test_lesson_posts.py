"""A lesson as posts: nothing of the file is missing, doubled or out of order."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from talk_room import buttons, read
from whole_course import whole_course

from bot.chat.markdown import Paragraph, plain, sentence_ends, to_pieces
from bot.config import HOME
from bot.curriculum.model import Lesson, Prompt, Step
from bot.talk.asking import quoted
from bot.talk.lessons import late_words, lesson_post, whole_lesson_post
from bot.talk.prompts import prompt_form, prompt_post, prompt_title

COURSE = whole_course()
DAYS = sorted(COURSE.lessons)


def in_file_order(lesson: dict[str, Any]) -> Iterator[str]:
    """Every text of a lesson's file that is for members, in the order in which a member reads it."""
    for name in ("title", "subtitle", "question", "thesis", "framing", "study"):
        yield lesson.get(name, "")
    for point in lesson["theory"]:
        yield from (point["title"], point["text"])
    yield from (lesson["claim"]["shown"], lesson["claim"]["not_shown"])
    yield from (link["why"] for link in lesson.get("links", ()))
    yield from (lesson["meaning"]["title"], lesson["meaning"]["text"])
    yield from (link["why"] for link in lesson.get("ahead", ()))
    yield lesson["work"]["title"]
    for step in lesson["work"]["steps"]:
        reading = step.get("reading", {})
        yield from (reading.get("sections", ""), reading.get("text", ""), step.get("lab", ""))
        yield step.get("prompt", {}).get("ask", "")
    yield from (lesson["expert"]["novice"], lesson["expert"]["expert"], lesson["interview"])
    yield from lesson.get("takeaways", ())


def sentences(markdown: str) -> Iterator[str]:
    """As a reader reads them; a table's rows and a list's entries each for themselves."""
    for line in plain(to_pieces(markdown)).split("\n"):
        ends = sentence_ends(line)
        yield from (line[start:end].strip() for start, end in zip([0, *ends], ends, strict=False))


def flat(text: str) -> str:
    return re.sub(r"\s+", " ", text)


@pytest.mark.parametrize("day", DAYS)
def test_the_whole_lesson_holds_every_sentence_once_and_in_order(day: int):
    file = yaml.safe_load((HOME / f"curriculum/lessons/day-{day:02}.yaml").read_text())
    wanted = [flat(each) for text in in_file_order(file) for each in sentences(text) if each]
    shown, at = flat(read(whole_lesson_post(COURSE, COURSE.lessons[day]))), 0
    assert len(wanted) > 50
    for sentence in wanted:
        assert sentence in shown[at:], sentence
        at = shown.index(sentence, at) + len(sentence)
    brought = " ".join(flat(plain(to_pieces(COURSE.materials[each.file]))) for each in COURSE.lessons[day].materials)
    together = f"{' '.join(wanted)} {brought}"
    for sentence in wanted:
        if len(sentence.split()) > 5:
            assert shown.count(sentence) == together.count(sentence), sentence


@pytest.mark.parametrize("day", DAYS)
def test_the_channel_gets_question_thesis_theory_and_work_with_a_way_to_the_rest(day: int):
    lesson = COURSE.lessons[day]
    post = lesson_post(COURSE, lesson)
    shown = flat(read(post))
    for markdown in (lesson.question, lesson.thesis, *(point.text for point in lesson.theory)):
        assert flat(plain(to_pieces(markdown))) in shown
    assert f"Day {day} of 60" in shown
    assert buttons(post) == {"Read the whole lesson": f"lesson:{day}", "Concepts of the day": f"concepts:{day}"}
    assert all(flat(plain(to_pieces(prompt.ask))) not in shown for prompt in lesson.prompts)


@pytest.mark.parametrize("day", DAYS)
def test_each_prompt_is_its_own_post_with_its_form(day: int):
    lesson, key = COURSE.lessons[day], "k" * 24
    assert lesson.prompts
    for number, prompt in enumerate(lesson.prompts, 1):
        post = prompt_post(COURSE, lesson, prompt, key)
        assert flat(plain(to_pieces(prompt.ask))) in flat(read(post))
        assert prompt.length.text in read(post)
        assert buttons(post) == {"Write my answer": f"write:{key}", "Not today": f"later:{key}"}
        assert prompt_title(lesson, prompt) == post.title
        assert len(lesson.prompts) == 1 or f"Prompt {number} of {len(lesson.prompts)}" in post.title
        form = prompt_form(lesson, prompt, key, "x" * 5_000)
        assert len(form.title) <= 24
        assert len(form.fields[0].value) == 3_000
        assert len(form.fields[0].hint) <= 100


def test_a_lesson_that_comes_late_says_so_first_and_is_otherwise_the_same():
    lesson = COURSE.lessons[31]
    words = late_words(datetime(2026, 3, 3, 8, tzinfo=UTC), "Europe/Zurich")
    assert words == "Due Tuesday 3 March, 09:00; posted late."
    late = lesson_post(COURSE, lesson, words)
    assert read(late).split("\n")[0] == words
    assert late.blocks[1:] == lesson_post(COURSE, lesson).blocks


ASKS = (
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "- first\n- second",
    "1. first\n2. second",
    "```\ncode\n```",
    "> quoted",
    "First words.\n\n| a | b |\n|---|---|\n| 1 | 2 |",
    "Plain *words*.",
)


@pytest.mark.parametrize("ask", ASKS)
def test_a_prompt_of_any_shape_keeps_its_shape_in_the_whole_lesson(ask: str):
    lesson = with_steps(Prompt(id="one", ask=ask, length=COURSE.lessons[31].prompts[0].length))
    shown = read(whole_lesson_post(COURSE, lesson))
    assert plain(to_pieces(ask)) in shown
    work = next(block.markdown for block in whole_lesson_post(COURSE, lesson).blocks if is_step(block))
    assert {type(each) for each in to_pieces(ask)} <= {type(each) for each in to_pieces(work)}
    assert type(to_pieces(work)[0]) is type(to_pieces(work)[-1]) is Paragraph
    assert plain(to_pieces(work)).endswith("(one sentence)")


def with_steps(prompt: Prompt) -> Lesson:
    lesson = COURSE.lessons[31]
    return replace(lesson, work=replace(lesson.work, steps=(Step(prompt=prompt),)))


def is_step(block: object) -> bool:
    return getattr(block, "markdown", "").startswith("**1.**")


def test_a_lesson_with_one_prompt_or_none_says_so():
    one = with_steps(COURSE.lessons[31].prompts[0])
    assert "One writing prompt follows, each with its thread." not in read(lesson_post(COURSE, one))
    assert "One writing prompt follows, with its thread." in read(lesson_post(COURSE, one))
    assert prompt_title(one, one.prompts[0]) == "Day 31 · Prompt"
    none = replace(one, work=replace(one.work, steps=(Step(lab="Count the cards."),)))
    assert "Nothing to hand in today." in read(lesson_post(COURSE, none))


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=90) | st.text(st.sampled_from(list("ab *_`[]()<>|~#&!\\-.:\n1")), max_size=90))
def test_a_quotation_reads_as_it_was_written_and_holds_no_markup(text: str):
    line = " ".join(text.split())
    line = line if len(line) <= 80 else f"{line[:79]}…"
    pieces = to_pieces(f"Not sure about “{quoted(text)}”. **{quoted(text)}** x")
    said = plain(pieces)
    assert said.startswith(f"Not sure about “{line}”.".replace("\x00", "\ufffd"))
    assert all(run.link is None and not run.code and not run.emphasis for piece in pieces for run in piece.runs)
