"""Whatever a file holds, the loader answers with a course or with problems, never with a crash."""

import contextlib
import json
import random
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from made_up_course import FILES, write_course

from bot.curriculum.lint import lint_course, warn_course
from bot.curriculum.load import load_with_places
from bot.curriculum.lookup import Lookup
from bot.curriculum.places import to_document
from bot.curriculum.problems import CourseErrors, Problem

quick = settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
TOKENS = [
    *("\t", "\n", "  ", "- ", ": ", "? ", "{", "}", "[", "]", '"', "'", "|", ">", "#", "=", "---\n", "%YAML 3\n"),
    *("&a ", "*a", "!x ", "<<: ", "no", "null", ".inf", "1e9999", "9" * 5000, "2001-99-99"),
    *("\x00", "\ud800", "\ufeff", "\\u202e"),
]
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def problems_of(files: dict[str, str | bytes]) -> tuple[Problem, ...]:
    """Load, check and index a course with these files in place: empty when it loads."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            loaded = load_with_places(write_course(Path(folder), files))
        except CourseErrors as error:
            return error.problems
        lint_course(loaded)
        warn_course(loaded)
        Lookup(loaded.course).find("wind")
        return ()


def assert_told(files: dict[str, str | bytes]) -> None:
    """Whatever is wrong has a place in a file and a sentence."""
    assert all(each.line >= 1 and each.column >= 1 and each.says for each in problems_of(files))


@quick
@given(st.sampled_from(sorted(FILES)), st.integers(0, 10_000), st.integers(0, 40), st.sampled_from(TOKENS))
def test_a_valid_file_with_a_piece_changed_loads_or_is_told(name: str, at: int, cut: int, token: str) -> None:
    text = FILES[name]
    at %= len(text)
    mutated = (text[:at] + token + text[at + cut :]).encode("utf-8", "surrogatepass")
    assert_told({name: mutated})


@quick
@given(st.sampled_from(sorted(FILES)), st.randoms(use_true_random=False))
def test_a_valid_file_with_its_lines_shuffled_loads_or_is_told(name: str, shuffle: random.Random) -> None:
    lines = FILES[name].splitlines(keepends=True)
    shuffle.shuffle(lines)
    assert_told({name: "".join(lines)})


@quick
@given(
    st.sampled_from(sorted(FILES)),
    st.sampled_from(["day", "number", "title", "work", "parts", "theory", "new"]),
    json_values,
)
@example("papers/04-gust-tables.yaml", "number", float("nan"))
def test_any_value_in_any_field_loads_or_is_told(name: str, field: str, value: object) -> None:
    lines = [line for line in FILES[name].splitlines(keepends=True) if not line.startswith(f"{field}:")]
    with contextlib.suppress(UnicodeEncodeError):
        assert_told({name: f"{''.join(lines)}{field}: {json.dumps(value)}\n"})


@quick
@given(st.text() | st.lists(st.sampled_from(TOKENS), max_size=12).map("".join))
def test_any_text_is_read_as_plain_values_with_places(text: str) -> None:
    document = to_document(text, "x.yaml")
    json.dumps(document.value, allow_nan=False)
    assert all(each.line <= text.count("\n") + text.count("\r") + 2 and each.column >= 1 for each in document.problems)


@pytest.mark.parametrize("content", [b"\xff" * 100, b"\x80", b"\xed\xa0\x80", bytes(range(256)), b"\xef\xbb\xbf"])
def test_any_bytes_are_told(content: bytes) -> None:
    assert problems_of({"concepts/wind-load.yaml": content})
