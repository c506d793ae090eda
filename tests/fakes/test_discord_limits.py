"""Every documented limit of a message is kept: what breaks it is refused as Discord refuses it, and written down."""

from typing import Any

import pytest
from fake_discord_clients import raw, told
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.fakes.discord import FakeDiscord

V2 = 32_768


def text(content: str) -> dict[str, Any]:
    return {"type": 10, "content": content}


def button(**more: Any) -> dict[str, Any]:
    return {"type": 2, "style": 1, "label": "Go", "custom_id": "go"} | more


def row(*inside: dict[str, Any]) -> dict[str, Any]:
    return {"type": 1, "components": list(inside)}


def v2(*components: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"flags": V2, "components": list(components)} | more


def select(**more: Any) -> dict[str, Any]:
    return {"type": 3, "custom_id": "s", "options": [{"label": "a", "value": "a"}]} | more


FITS = [
    {"content": "x" * 2_000},
    {"content": "😀" * 2_000},
    {"embeds": [{"title": "t" * 256, "description": "d" * 4_096}]},
    {"content": "x", "components": [row(*[button(custom_id=f"b{n}") for n in range(5)])]},
    {"content": "x", "components": [row(button(label="l" * 80, custom_id="c" * 100))]},
    {"content": "x", "components": [row(select())]},
    {"content": "x", "components": [row({"type": 2, "style": 5, "label": "read", "url": "https://example.org/"})]},
    v2(*[text("x" * 100) for _ in range(40)]),
    v2({"type": 17, "accent_color": 0xFF, "components": [text("x"), {"type": 14}, row(button())]}),
    v2({"type": 9, "components": [text("x")], "accessory": button()}),
    {"content": "x", "nonce": "n" * 25, "enforce_nonce": True, "allowed_mentions": {"parse": []}},
    {"content": "x", "flags": 4 | 4_096},
]

BREAKS = [
    ({"content": "x" * 2_001}, "BASE_TYPE_MAX_LENGTH"),
    ({"content": 7}, "STRING_TYPE_CONVERT"),
    ({"content": "x", "nonce": "n" * 26}, "BASE_TYPE_MAX_LENGTH"),
    ({"content": "x", "flags": 64}, "BITFIELD_INVALID"),
    ({"embeds": [{"title": "x"}] * 11}, "BASE_TYPE_MAX_LENGTH"),
    ({"embeds": [{"title": "t" * 257}]}, "BASE_TYPE_MAX_LENGTH"),
    ({"embeds": [{"description": "d" * 4_097}]}, "BASE_TYPE_MAX_LENGTH"),
    ({"embeds": [{"description": "d" * 3_001}] * 2}, "MAX_EMBED_SIZE_EXCEEDED"),
    ({"embeds": [{"fields": [{"name": "n", "value": "v"}] * 26}]}, "BASE_TYPE_MAX_LENGTH"),
    ({"embeds": [{"fields": [{"name": "n", "value": ""}]}]}, "BASE_TYPE_REQUIRED"),
    ({"embeds": [{"title": "x", "footer": {"text": "f" * 2_049}}]}, "BASE_TYPE_MAX_LENGTH"),
    ({"content": "x", "components": [row(*[button(custom_id=f"b{n}") for n in range(6)])]}, "BASE_TYPE_MAX_LENGTH"),
    ({"content": "x", "components": [row()]}, "BASE_TYPE_REQUIRED"),
    ({"content": "x", "components": [row(button())] * 6}, "BASE_TYPE_MAX_LENGTH"),
    ({"content": "x", "components": [row(button(), button())]}, "COMPONENT_CUSTOM_ID_DUPLICATED"),
    ({"content": "x", "components": [row(button(label="l" * 81))]}, "BASE_TYPE_MAX_LENGTH"),
    ({"content": "x", "components": [row(button(custom_id="c" * 101))]}, "BASE_TYPE_MAX_LENGTH"),
    ({"content": "x", "components": [row(button(custom_id=""))]}, "BASE_TYPE_REQUIRED"),
    ({"content": "x", "components": [row(button(style=7))]}, "BASE_TYPE_CHOICES"),
    ({"content": "x", "components": [row(button(label=None))]}, "BUTTON_COMPONENT_LABEL_OR_EMOJI"),
    ({"content": "x", "components": [row(button(style=5, custom_id=None, url="x"))]}, "URL_TYPE_INVALID_URL"),
    ({"content": "x", "components": [row(select(), select(custom_id="t"))]}, "COMPONENT_LAYOUT_WIDTH_EXCEEDED"),
    ({"content": "x", "components": [row(select(options=[{"label": "a", "value": "a"}] * 2))]}, "VALUE_DUPLICATED"),
    ({"content": "x", "components": [row(select(options=[]))]}, "BASE_TYPE_REQUIRED"),
    ({"content": "x", "components": [text("y")]}, "UNION_TYPE_CHOICES"),
    (v2(*[text("x")] * 41), "BASE_TYPE_MAX_LENGTH"),
    (v2(*[row(button(custom_id=f"b{n}")) for n in range(21)]), "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED"),
    (v2(text("x" * 2_001), text("x" * 2_000)), "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED"),
    (v2(text("")), "BASE_TYPE_REQUIRED"),
    (v2(text("x"), content="y"), "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"),
    (v2(text("x"), embeds=[{"title": "y"}]), "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"),
    (v2({"type": 17, "components": [{"type": 17, "components": [text("x")]}]}), "UNION_TYPE_CHOICES"),
    (v2({"type": 9, "components": [text("x")] * 4, "accessory": button()}), "BASE_TYPE_MAX_LENGTH"),
    (v2({"type": 9, "components": [text("x")]}), "MODEL_TYPE_CONVERT"),
    (v2({**text("x"), "id": 5}, {**text("y"), "id": 5}), "COMPONENT_ID_DUPLICATED"),
    (v2({"type": 12, "items": []}), "BASE_TYPE_REQUIRED"),
    ({"content": "x", "allowed_mentions": {"parse": ["all"]}}, "BASE_TYPE_CHOICES"),
    ({"content": "x", "allowed_mentions": {"parse": ["users"], "users": ["1"]}}, "PARSE_EXCLUSIVE"),
    ({"content": "x", "allowed_mentions": {"users": ["1"] * 101}}, "BASE_TYPE_MAX_LENGTH"),
    ({"content": "x", "message_reference": {"message_id": "1"}}, "REPLIES_UNKNOWN_MESSAGE"),
]


@pytest.mark.parametrize("body", FITS)
async def test_what_fits_is_taken(body: dict[str, Any]) -> None:
    async with FakeDiscord() as fake, raw(fake) as call:
        channel = fake.add_channel("cohort")
        taken = await call("POST", f"/channels/{channel}/messages", body)
        assert call.status == 200, taken
        assert len(fake.posts(channel)) == 1
        assert fake.refusals() == ()


@pytest.mark.parametrize(("body", "code"), BREAKS)
async def test_what_breaks_a_limit_is_refused_and_written_down(body: dict[str, Any], code: str) -> None:
    async with FakeDiscord() as fake, raw(fake) as call:
        channel = fake.add_channel("cohort")
        answer = await call("POST", f"/channels/{channel}/messages", body)
        assert (call.status, answer["code"], answer["message"]) == (400, 50035, "Invalid Form Body")
        assert code in told(answer["errors"])
        assert call.headers["Content-Type"] == "application/json"
        assert len(fake.refusals()) == 1
        assert fake.posts(channel) == ()


@pytest.mark.parametrize("body", [{}, {"content": " \n "}, {"content": ""}, {"components": []}, v2()])
async def test_an_empty_message_is_refused(body: dict[str, Any]) -> None:
    async with FakeDiscord() as fake, raw(fake) as call:
        path = f"/channels/{fake.add_channel('cohort')}/messages"
        assert await call.code("POST", path, body) == 50006


@pytest.mark.parametrize("said", [b"{", b"\xff", b'{"content": "\\ud800"}', b"[" * 100_000])
async def test_what_is_no_json_is_refused(said: bytes) -> None:
    async with FakeDiscord() as fake, raw(fake) as call:
        path = f"/channels/{fake.add_channel('cohort')}/messages"
        headers = {"Content-Type": "application/json"}
        assert await call.code("POST", path, data=said, headers=headers) == 50109


async def test_a_body_of_another_content_type_is_refused() -> None:
    async with FakeDiscord() as fake, raw(fake) as call:
        path = f"/channels/{fake.add_channel('cohort')}/messages"
        assert await call.code("POST", path, data=b"{}", headers={"Content-Type": "text/plain"}) == 50035


async def test_an_unknown_route_is_refused_and_written_down() -> None:
    async with FakeDiscord() as fake, raw(fake) as call:
        assert await call("POST", "/channels/1/nothing", {}) == {"message": "404: Not Found", "code": 0}
        assert fake.refusals() == ("POST /channels/1/nothing: 404 0 404: Not Found",)


async def test_an_edit_cannot_take_the_v2_flag_away_nor_add_it_over_standing_content() -> None:
    async with FakeDiscord() as fake, raw(fake) as call:
        path = f"/channels/{fake.add_channel('cohort')}/messages"
        modern = await call("POST", path, v2(text("x")))
        classic = await call("POST", path, {"content": "x"})
        assert await call.code("PATCH", f"{path}/{modern['id']}", {"flags": 0}) == 50035
        assert await call.code("PATCH", f"{path}/{modern['id']}", {"content": "y"}) == 50035
        assert await call.code("PATCH", f"{path}/{classic['id']}", v2(text("y"))) == 50035
        assert await call.code("PATCH", f"{path}/{classic['id']}", v2(text("y"), content=None)) == 0
        edited = await call("GET", f"{path}/{classic['id']}")
        assert (edited["content"], edited["flags"]) == ("", V2)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from([1, 2, 3, 9, 10, 17, "x"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["type", "components", "content", "embeds", "fields", "flags", "nonce", "options", "accessory"]
            )
            | st.sampled_from(
                ["allowed_mentions", "parse", "users", "custom_id", "label", "style", "id", "items", "media"]
            )
            | st.sampled_from(
                ["message_reference", "message_id", "attachments", "name", "auto_archive_duration", "data"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(body=json_values)
async def test_no_body_whatever_breaks_the_fake(body: Any) -> None:
    async with FakeDiscord() as fake, raw(fake) as call:
        path = f"/channels/{fake.add_channel('cohort')}/messages"
        sent = await call("POST", path, {"content": "x"})
        for method, where in (
            ("POST", path),
            ("PATCH", f"{path}/{sent['id']}"),
            ("POST", f"{path}/{sent['id']}/threads"),
            ("POST", "/users/@me/channels"),
            ("PUT", f"/applications/{fake.world.bot.id}/commands"),
        ):
            await call(method, where, body)
            assert call.status < 500
