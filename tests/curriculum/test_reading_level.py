"""Words, sentences and reading ease, against texts that were counted by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.curriculum.reading_level import Measure, count_syllables, measure, total


@pytest.mark.parametrize(
    ("word", "syllables"),
    [
        ("the", 1), ("be", 1), ("reads", 1), ("reading", 2), ("measured", 2), ("trained", 1), ("wanted", 2),
        ("whole", 1), ("rules", 1), ("changes", 2), ("little", 2), ("table", 2), ("called", 1), ("settled", 2),
        ("evidence", 3), ("syllable", 3), ("evaluation", 5), ("material", 4), ("2024", 1), ("model’s", 2),
        ("well-known", 2), ("THE", 1),
    ],
)  # fmt: skip
def test_syllables(word: str, syllables: int):
    assert count_syllables(word) == syllables


def test_a_text_counted_by_hand():
    """Two sentences of 4 words; 1 + 1 + 1 + 1 and 1 + 2 + 2 + 3 syllables."""
    found = measure(["The cat sat down. It wanted *little* evidence"])
    assert found == Measure(words=8, sentences=2, syllables=12, longest=4)
    assert found.mean == 4
    assert found.ease == pytest.approx(206.835 - 1.015 * 4 - 84.6 * 12 / 8)


def test_markup_tables_code_and_addresses_are_not_read():
    bare = measure(["Read the table."])
    assert measure(["**Read** the [table](https://example.org/a-b-c)."]) == bare
    assert measure(["Read the table.\n\n| a | b |\n|---|---|\n| c | d |\n"]) == bare


def test_nothing_is_measured_as_nothing():
    assert measure([]) == measure(["", "…", "---"]) == Measure()
    assert (Measure().mean, Measure().ease) == (0.0, 0.0)


@given(st.lists(st.text(max_size=80), max_size=6))
def test_parts_add_up_to_the_whole(texts: list[str]):
    assert measure(texts) == total(measure([text]) for text in texts)
    found = measure(texts)
    assert found.words <= found.syllables or not found.words
    assert found.longest <= found.words
