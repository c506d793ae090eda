"""A gentle word about the length that was asked, and none when it was met."""

import time

import pytest

from bot.curriculum.model import Length
from bot.talk.lengths import count, length_note


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One.", 1),
        ("One. Two.", 2),
        ("no full stop", 1),
        ("It rose from 12.5% to 78%. Why?", 2),
        ("Hubinger et al. found it, e.g. in fig. 3, i.e. there.", 1),
        ("Apples, pears, etc. are fruit.", 1),
        ("He said “no.” Then he left!", 2),
        ("Read https://a.example/x.y?z=1. Then write.", 2),
        ("Run `a.b. c. d` once.", 1),
        ("```\nx. y. z.\n```\nThat is it.", 2),
        ("1. First.\n2. Second.", 2),
        ("- First.\n- Second. Third.", 3),
        ("> quoted. and more.", 2),
        ("...", 0),
        ("", 0),
        ("   \n\n", 0),
        ("👍", 0),
        ("Ja! Nein? 好。", 3),
    ],
)
def test_sentences_are_counted_as_people_count_them(text: str, sentences: int):
    assert count(text, "sentences") == sentences


@pytest.mark.parametrize(
    ("text", "unit", "number"),
    [
        ("one two three", "words", 3),
        ("it's a well-known state-of-the-art thing", "words", 5),
        ("see https://a.example/b-c/d?e=f now", "words", 3),
        ("a `long piece of code` here", "words", 3),
        ("- a\n- b\n- c", "bullets", 3),
        ("Before:\n* a\n• b\n1) c", "bullets", 3),
        ("a\nb\n\nc", "bullets", 3),
        ("- a\n  which goes on\n- b", "bullets", 2),
        ("| h | i |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |", "rows", 2),
        ("h | i\n:-- | --:\n1 | 2", "rows", 1),
        ("first\nsecond\nthird", "rows", 3),
        ("", "rows", 0),
    ],
)
def test_the_other_units_are_counted(text: str, unit: str, number: int):
    assert count(text, unit) == number


def asked(text: str, unit: str, most: int, least: int | None = None) -> Length:
    return Length(text=text, unit=unit, max=most, min=least)


@pytest.mark.parametrize(
    ("text", "length", "note"),
    [
        ("One.", asked("one sentence", "sentences", 1), None),
        (
            "One. Two.",
            asked("one sentence", "sentences", 1),
            "for one sentence; this has 2 sentences. What could go?",
        ),
        (
            "One.",
            asked("three bullets", "bullets", 3, 3),
            "for three bullets; this has 1 bullet. What could you add?",
        ),
        ("- a\n- b\n- c", asked("three bullets", "bullets", 3, 3), None),
        ("w " * 120, asked("at most 120 words", "words", 120), None),
        ("w " * 138, asked("at most 120 words", "words", 120), None),
        (
            "w " * 139,
            asked("at most 120 words", "words", 120),
            "for at most 120 words; this has 139 words. What could go?",
        ),
        ("h\n--|--\n1|2", asked("two rows", "rows", 4, 2), "for two rows; this has 1 row. What could you add?"),
    ],
)
def test_a_note_comes_only_when_the_asked_length_is_missed(text: str, length: Length, note: str | None):
    assert length_note(text, length) == (note and f"It asked {note}")


def test_a_mebibyte_is_counted_in_good_time():
    started = time.monotonic()
    for text in ("x" * 2**20, ". " * 2**19, "`" * 2**20, "```" * 2**18, "|" * 2**20, "- \n" * 2**18, "\x00" * 2**20):
        for unit in ("sentences", "words", "bullets", "rows"):
            length_note(text, asked("one", unit, 1))
    assert time.monotonic() - started < 4
