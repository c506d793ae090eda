"""The simulator's rendering: lossless, within its limits, inert."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.chat.markdown import plain, shown, to_pieces
from bot.chat.port import PlatformError, Reason, part_key
from bot.chat.post import (
    Button,
    Buttons,
    Callout,
    Divider,
    Field,
    Form,
    Heading,
    Moment,
    Post,
    Small,
    Table,
    Text,
    Words,
)
from bot.platforms.simulator.reading import text_of
from bot.platforms.simulator.render import BLOCK_LIMIT, TEXT_LIMIT, to_bodies, to_form
from bot.platforms.simulator.rules import check_body

KEY = "abcdefghijklmnopqrstuvwx"
SENTENCE = "The quick brown fox jumps over the lazy dog near the river bank. "

_text = st.text(st.characters(codec=None), max_size=400) | st.sampled_from(
    [
        "@everyone",
        "<!channel>",
        "<script>alert(1)</script>",
        "\x00\ud800",
        "\u202eabc",
        "[x](javascript:alert(1))",
        "a" * 5_000,
    ]
)
_long = st.builds(lambda some, times: " ".join([*some] * times), st.lists(_text, max_size=6), st.integers(1, 30))
_blocks = st.one_of(
    st.builds(Heading, _text.filter(str.strip), st.sampled_from([1, 2, 3])),
    st.builds(Text, _long),
    st.builds(Small, _text),
    st.builds(Callout, _text, _long),
    st.builds(Words, _long, st.none() | _text),
    st.just(Moment("Next", datetime(2026, 9, 1, 7, tzinfo=UTC), "Europe/Zurich")),
    st.lists(st.tuples(_text, _text), max_size=30).map(lambda rows: Table("What", ("One", "Two"), tuple(rows))),
    st.just(Divider()),
    st.just(Buttons((Button("Press", "today"),))),
)
_posts = st.builds(
    Post, _text, st.lists(_blocks, min_size=1, max_size=8).map(tuple), st.none() | st.integers(0, 0xFFFFFF)
)


@settings(max_examples=100, deadline=None)
@given(_posts)
def test_every_message_is_within_the_rooms_own_limits(post: Post) -> None:
    for body in to_bodies(post, None):
        if body["blocks"]:
            assert check_body(body) is body
        assert json.loads(json.dumps(body)) == body


@settings(max_examples=100, deadline=None)
@given(_posts)
def test_every_character_of_a_post_is_shown_once_and_in_order(post: Post) -> None:
    seen = "".join(text_of(body["blocks"]) for body in to_bodies(post, None))
    said = _ink("".join(_said(block) for block in post.blocks))
    assert _ink(seen) in ([said] if said else ["", _ink(shown(post.title)) or "…"])


def test_a_long_lesson_is_parted_at_sentence_ends_into_numbered_marked_messages() -> None:
    bodies = to_bodies(Post("Day 1", (Heading("One", 1), Text(SENTENCE * 400))), KEY)
    assert [body["key"] for body in bodies] == [part_key(KEY, number) for number in range(len(bodies))]
    assert [(body["part"], body["parts"]) for body in bodies] == [(n + 1, len(bodies)) for n in range(len(bodies))]
    assert len(bodies) > 5
    assert all(text_of(body["blocks"]).rstrip().endswith("bank.") for body in bodies)


def test_a_heading_never_stays_behind_as_the_last_of_a_message() -> None:
    post = Post("Day 1", (Text(SENTENCE * 50), Heading("Next"), Text(SENTENCE * 20)))
    assert all(body["blocks"][-1]["type"] != "heading" for body in to_bodies(post, None))


def test_a_callout_that_goes_on_says_so_and_keeps_its_label() -> None:
    bodies = to_bodies(Post("Day 1", (Callout("Thesis", "\n\n".join([SENTENCE * 30] * 4)),)), None)
    frames = [block for body in bodies for block in body["blocks"]]
    assert {frame["label"] for frame in frames} == {"Thesis"}
    assert [frame["continued"] for frame in frames] == [number > 0 for number in range(len(frames))]
    assert len(frames) > 1


def test_a_table_that_is_too_long_repeats_its_header() -> None:
    table = Table("Members", ("Name", "State"), tuple((f"Member {number}", "done " * 20) for number in range(90)))
    tables = [
        block for body in to_bodies(Post("T", (table,)), None) for block in body["blocks"] if block["type"] == "table"
    ]
    assert len(tables) > 1
    assert all(one["header"] == tables[0]["header"] for one in tables)
    assert sum(len(one["rows"]) for one in tables) == 90


def test_only_harmless_links_lead_anywhere() -> None:
    markdown = (
        "[a](https://example.org) [b](mailto:a@example.org) [c](ftp://x.example) [d](//evil.example) ![e](javascript:x)"
    )
    runs = to_bodies(Post("L", (Text(markdown),)), None)[0]["blocks"][0]["runs"]
    assert {run["text"]: run["link"] for run in runs if "link" in run} == {
        "a": "https://example.org",
        "b": "mailto:a@example.org",
    }


def test_a_marked_post_beyond_what_a_key_can_mark_is_refused() -> None:
    with pytest.raises(PlatformError) as refusal:
        to_bodies(Post("Endless", (Text(SENTENCE * 2_000),)), KEY)
    assert refusal.value.reason is Reason.REFUSED


def test_a_megabyte_of_somebodys_words_is_shown_whole() -> None:
    words = "word " * 200_000
    bodies = to_bodies(Post("W", (Words(words),)), None)
    assert "".join(block["text"] for body in bodies for block in body["blocks"]) == words
    assert all(len(text_of(body["blocks"])) <= TEXT_LIMIT and len(body["blocks"]) <= BLOCK_LIMIT for body in bodies)


def test_a_form_keeps_the_prompt_in_view_and_the_draft_to_the_letter() -> None:
    form = to_form(
        Form("Day 1: your answer", "write:k", (Field("answer", "Yours", value="\x00 draft"),), intro="Why **so**?")
    )
    assert text_of(form["intro"]) == "Why so?"
    assert form["fields"][0]["value"] == "\x00 draft"


def _said(block: object) -> str:
    match block:
        case Heading(text, _) | Small(text):
            return shown(text)
        case Text(markdown):
            return _read(markdown)
        case Callout(label, markdown):
            return shown(label) + _read(markdown)
        case Words(text, by):
            return shown(by or "") + shown(text)
        case Moment(label, _, _):
            return f"{label} Tuesday 1 September 2026, 09:00 (Europe/Zurich)"
        case Table(caption, header, rows):
            return caption + "".join(shown(cell) for row in (header, *rows) for cell in row)
        case Buttons(buttons):
            return "".join(f"[{button.label}]" for button in buttons)
        case _:
            return ""


def _read(markdown: str) -> str:
    return plain(to_pieces(shown(markdown)))


def _ink(text: str) -> str:
    """Without white space and without the line that stands between cells."""
    return "".join(text.replace("|", "").split())
