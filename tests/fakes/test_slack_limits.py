"""Each limit of Slack's is refused, with its own error, and what just fits is taken."""

from collections.abc import AsyncIterator

import pytest
from fake_slack_clients import Json, button, field, marked, modal, plain, row, section, web_client
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.fakes.slack import FakeSlack, PostRate
from bot.fakes.slack.blocks import block_errors, size_error, view_errors

CELL = {"type": "raw_text", "text": "x"}


def table(rows: int, columns: int, kind: str = "table", **more: object) -> Json:
    return {"type": kind, "rows": [[CELL] * columns] * rows} | more


def select(options: int) -> Json:
    option = {"text": plain("one"), "value": "1"}
    return {"type": "static_select", "action_id": "pick", "placeholder": plain("…"), "options": [option] * options}


FITS = {
    "fifty blocks": [{"type": "divider"}] * 50,
    "section of 3,000": [section("x" * 3_000)],
    "ten fields": [{"type": "section", "fields": [marked("x")] * 10}],
    "field of 2,000": [{"type": "section", "fields": [marked("x" * 2_000)]}],
    "header of 150": [{"type": "header", "text": plain("x" * 150)}],
    "ten context elements": [{"type": "context", "elements": [marked("x")] * 10}],
    "twenty-five buttons": [row(*(button("x", f"a{n}") for n in range(25)))],
    "button at its limits": [row(button("x" * 75, "a" * 255, value="v" * 2_000))],
    "the same action in two blocks": [row(button("x")), row(button("x"))],
    "markdown of 12,000": [{"type": "markdown", "text": "x" * 12_000}],
    "table 100 × 20": [table(100, 20)],
    "data table 101 × 20": [table(101, 20, "data_table", caption="Everybody")],
    "block_id of 255": [section() | {"block_id": "b" * 255}],
    "a button beside a section": [section() | {"accessory": button("x")}],
    "a select of 100": [row(select(100))],
}
REFUSED = {
    "fifty-one blocks": [{"type": "divider"}] * 51,
    "section of 3,001": [section("x" * 3_001)],
    "empty section text": [section("")],
    "section without words": [{"type": "section"}],
    "eleven fields": [{"type": "section", "fields": [marked("x")] * 11}],
    "field of 2,001": [{"type": "section", "fields": [marked("x" * 2_001)]}],
    "header of 151": [{"type": "header", "text": plain("x" * 151)}],
    "header in mrkdwn": [{"type": "header", "text": marked("x")}],
    "eleven context elements": [{"type": "context", "elements": [marked("x")] * 11}],
    "twenty-six buttons": [row(*(button("x", f"a{n}") for n in range(26)))],
    "no buttons": [row()],
    "button text of 76": [row(button("x" * 76))],
    "button text in mrkdwn": [row(button("x", text=marked("x")))],
    "button value of 2,001": [row(button("x", value="v" * 2_001))],
    "action_id of 256": [row(button("x", "a" * 256))],
    "action_id twice in a block": [row(button("x"), button("y"))],
    "unknown style": [row(button("x", style="secondary"))],
    "markdown of 12,001": [{"type": "markdown", "text": "x" * 12_001}],
    "table of 101 rows": [table(101, 2)],
    "table of 21 columns": [table(2, 21)],
    "ragged table": [{"type": "table", "rows": [[CELL], [CELL, CELL]]}],
    "table of too many characters": [{"type": "table", "rows": [[{"type": "raw_text", "text": "x" * 5_001}]] * 2}],
    "data table of 102 rows": [table(102, 2, "data_table", caption="x")],
    "tables of too many characters together": [
        {"type": "table", "rows": [[{"type": "raw_text", "text": "x" * 5_001}]]},
        {"type": "table", "rows": [[{"type": "raw_text", "text": "x" * 5_001}]]},
    ],
    "data table without a caption": [table(3, 2, "data_table")],
    "data table without a body": [table(1, 2, "data_table", caption="x")],
    "block_id of 256": [section() | {"block_id": "b" * 256}],
    "block_id twice": [section() | {"block_id": "b"}] * 2,
    "unknown block": [{"type": "hero"}],
    "unknown property": [section() | {"colour": "red"}],
    "not a block": ["words"],
    "a text input among buttons": [row({"type": "plain_text_input", "action_id": "t"})],
    "a select of 101": [row(select(101))],
    "emoji that is no boolean": [{"type": "header", "text": plain("x") | {"emoji": "yes"}}],
}
VIEWS_REFUSED = {
    "101 blocks": modal(*([{"type": "divider"}] * 101)),
    "title of 25": modal(title=plain("x" * 25)),
    "submit of 25": modal(submit=plain("x" * 25)),
    "close of 25": modal(close=plain("x" * 25)),
    "no title": {name: part for name, part in modal().items() if name != "title"},
    "input blocks without submit": {name: part for name, part in modal().items() if name != "submit"},
    "private_metadata of 3,001": modal(private_metadata="x" * 3_001),
    "callback_id of 256": modal(callback_id="x" * 256),
    "max_length of 3,001": modal(field(max_length=3_001)),
    "initial_value of 3,001": modal(field(initial_value="x" * 3_001)),
    "placeholder of 151": modal(field(placeholder=plain("x" * 151))),
    "label of 2,001": modal(field() | {"label": plain("x" * 2_001)}),
    "a markdown block": modal({"type": "markdown", "text": "x"}),
    "the same block_id twice": modal(field(), field()),
    "unknown property": modal(colour="red"),
}


@pytest.fixture
async def fake() -> AsyncIterator[FakeSlack]:
    async with FakeSlack(rate=None) as running:
        yield running


@pytest.fixture
async def client(fake: FakeSlack) -> AsyncIterator[AsyncWebClient]:
    async with web_client(fake) as connected:
        yield connected


@pytest.mark.parametrize("blocks", FITS.values(), ids=FITS)
def test_what_just_fits_is_taken(blocks: list[Json]) -> None:
    assert block_errors(blocks) == []
    assert size_error(blocks) is None


@pytest.mark.parametrize("blocks", REFUSED.values(), ids=REFUSED)
def test_what_is_beyond_a_limit_is_refused(blocks: list[Json]) -> None:
    assert block_errors(blocks)


@pytest.mark.parametrize("view", VIEWS_REFUSED.values(), ids=VIEWS_REFUSED)
def test_a_view_beyond_a_limit_is_refused(view: Json) -> None:
    assert view_errors(view)


def test_a_view_at_its_limits_is_taken() -> None:
    assert view_errors(modal(field(initial_value="x" * 3_000), title=plain("x" * 24))) == []
    assert view_errors({"type": "home", "blocks": [section()] * 100}) == []


def test_legal_blocks_can_be_too_much_together() -> None:
    assert size_error([section("x" * 2_600)] * 5) is None
    assert size_error([section("x" * 2_601)] * 5) == "msg_blocks_too_long"
    assert size_error([{"type": "markdown", "text": "x" * 6_001}] * 2) == "msg_blocks_too_long"


async def test_refused_blocks_say_where_and_post_nothing(fake: FakeSlack, client: AsyncWebClient) -> None:
    channel = fake.add_channel("spring")
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel=channel, text="x", blocks=[section(), section("x" * 3_001)])
    assert caught.value.response["error"] == "invalid_blocks"
    [says] = caught.value.response["response_metadata"]["messages"]
    assert says == "[ERROR] must be less than 3001 characters [json-pointer:/blocks/1/text/text]"
    assert fake.posts(channel) == ()
    assert fake.refusals() == (f"chat.postMessage: invalid_blocks {says}",)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"text": "x" * 40_001}, "msg_too_long"),
        ({"text": " "}, "no_text"),
        ({"text": "x", "blocks": [section("x" * 2_601)] * 5}, "msg_blocks_too_long"),
        ({"text": "x", "blocks": "[{"}, "invalid_blocks_format"),
        ({"text": "x", "metadata": {"event_type": "x"}}, "invalid_metadata_format"),
        ({"text": "x", "thread_ts": "1.000001"}, "thread_not_found"),
        ({"text": "x", "channel": "C404"}, "channel_not_found"),
        ({"markdown_text": "x" * 12_001}, "msg_too_long"),
        ({"markdown_text": "x", "text": "y"}, "markdown_text_conflict"),
    ],
)
async def test_a_post_is_refused_with_slacks_own_error(
    arguments: Json, error: str, fake: FakeSlack, client: AsyncWebClient
) -> None:
    channel = fake.add_channel("spring")
    with pytest.raises(SlackApiError) as caught:
        await client.api_call("chat.postMessage", json={"channel": channel} | arguments)
    assert caught.value.response["error"] == error
    assert fake.posts(channel) == ()
    assert len(fake.refusals()) == 1


async def test_a_reaction_by_its_picture_is_refused(fake: FakeSlack, client: AsyncWebClient) -> None:
    channel = fake.add_channel("spring")
    posted = await client.chat_postMessage(channel=channel, text="x")
    with pytest.raises(SlackApiError, match="invalid_name"):
        await client.reactions_add(channel=channel, timestamp=posted["ts"], name="✅")


async def test_live_mentions_are_noted_wherever_they_stand(fake: FakeSlack, client: AsyncWebClient) -> None:
    channel = fake.add_channel("spring")
    blocks = [section("hi <!channel> and <@U123>"), {"type": "markdown", "text": "<!here>"}]
    await client.chat_postMessage(channel=channel, text="<!subteam^S1>", blocks=blocks)
    assert set(fake.pinged()) == {"<!channel>", "<@U123>", "<!here>", "<!subteam^S1>"}


async def test_an_escaped_mention_is_inert_and_a_link_is_no_slip(fake: FakeSlack, client: AsyncWebClient) -> None:
    channel = fake.add_channel("spring")
    words = "&lt;!channel&gt; a &lt; b &amp; c <https://example.org|here>\n> a quote"
    await client.chat_postMessage(channel=channel, text="x", blocks=[section(words), row(button("a < b & c"))])
    assert fake.pinged() == fake.unescaped() == ()
    assert fake.posts(channel)[0].text == "<!channel> a < b & c here\n> a quote\na < b & c"


@pytest.mark.parametrize("text", ["a < b", "a > b", "AT&T", "<b>", "&nbsp;"])
async def test_a_stray_sign_is_noted(text: str, fake: FakeSlack, client: AsyncWebClient) -> None:
    await client.chat_postMessage(channel=fake.add_channel("spring"), text=text)
    assert fake.unescaped() == (text,)


async def test_posting_too_fast_to_one_channel_waits_for_its_turn() -> None:
    async with FakeSlack(rate=PostRate(per_second=1, burst=2)) as fake, web_client(fake) as client:
        busy, calm = fake.add_channel("busy"), fake.add_channel("calm")
        for _ in range(2):
            await client.chat_postMessage(channel=busy, text="x")
        with pytest.raises(SlackApiError) as caught:
            await client.chat_postMessage(channel=busy, text="x")
        assert caught.value.response.status_code == 429
        assert caught.value.response["error"] == "ratelimited"
        assert 1 <= int(caught.value.response.headers["Retry-After"]) <= 2
        await client.chat_postMessage(channel=calm, text="x")
        assert fake.throttled == (busy,)
        assert len(fake.posts(busy)) == 2
