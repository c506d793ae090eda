"""Each fault does what it says, and whatever else may happen to a workspace is told as Slack tells it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import aiohttp
import pytest
from fake_slack_clients import socket_app, web_client
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.fakes.faults import Fault, Kind
from bot.fakes.slack import FakeSlack

POST = "chat.postMessage"


@pytest.fixture
async def fake() -> AsyncIterator[FakeSlack]:
    async with FakeSlack(rate=None) as running:
        yield running


@pytest.fixture
async def client(fake: FakeSlack) -> AsyncIterator[AsyncWebClient]:
    async with web_client(fake) as connected:
        yield connected


@pytest.mark.parametrize(("kind", "standing"), [(Kind.DROP, 0), (Kind.ACCEPT_THEN_DROP, 1)])
async def test_a_dropped_call_is_done_or_not_as_the_plan_says(
    kind: Kind, standing: int, fake: FakeSlack, client: AsyncWebClient
) -> None:
    channel = fake.add_channel("spring")
    fake.plan.next_calls(POST, Fault(kind))
    with pytest.raises(aiohttp.ClientError):
        await client.chat_postMessage(channel=channel, text="x")
    assert len(fake.posts(channel)) == standing
    await client.chat_postMessage(channel=channel, text="x")
    assert len(fake.posts(channel)) == standing + 1
    assert fake.plan.injected == {kind: 1}


@pytest.mark.parametrize(("kind", "standing"), [(Kind.ERROR, 0), (Kind.ACCEPT_THEN_ERROR, 2)])
async def test_an_error_is_a_503_and_then_a_fatal_error(
    kind: Kind, standing: int, fake: FakeSlack, client: AsyncWebClient
) -> None:
    channel = fake.add_channel("spring")
    fake.plan.next_calls(POST, Fault(kind), times=2)
    with pytest.raises(SlackApiError) as unavailable:
        await client.chat_postMessage(channel=channel, text="x")
    assert unavailable.value.response.status_code == 503
    with pytest.raises(SlackApiError) as fatal:
        await client.chat_postMessage(channel=channel, text="x")
    assert (fatal.value.response.status_code, fatal.value.response["error"]) == (200, "fatal_error")
    assert len(fake.posts(channel)) == standing


async def test_a_busy_fault_says_when_to_come_again(fake: FakeSlack, client: AsyncWebClient) -> None:
    channel = fake.add_channel("spring")
    fake.plan.next_calls(POST, Fault(Kind.BUSY, 7))
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel=channel, text="x")
    assert (caught.value.response.status_code, caught.value.response.headers["Retry-After"]) == (429, "7")
    assert fake.posts(channel) == ()


async def test_a_throttled_method_is_busy_for_so_long_and_no_other(fake: FakeSlack, client: AsyncWebClient) -> None:
    channel = fake.add_channel("spring")
    fake.throttle("conversations.history", 1.4)
    for left in ("2", "2"):
        with pytest.raises(SlackApiError) as caught:
            await client.conversations_history(channel=channel)
        assert (caught.value.response.status_code, caught.value.response.headers["Retry-After"]) == (429, left)
    await client.chat_postMessage(channel=channel, text="x")
    assert fake.hurried == ("conversations.history",), "the second call did not wait"
    assert [name for name, _ in fake.calls] == [POST]
    fake.throttle("conversations.history", 0)
    await client.conversations_history(channel=channel)


async def test_a_deletion_twice_is_told_and_no_slip(fake: FakeSlack, client: AsyncWebClient) -> None:
    channel = fake.add_channel("spring")
    posted = await client.chat_postMessage(channel=channel, text="x")
    deleted = await client.chat_delete(channel=channel, ts=posted["ts"])
    assert (deleted["channel"], deleted["ts"]) == (channel, posted["ts"])
    with pytest.raises(SlackApiError, match="message_not_found"):
        await client.chat_delete(channel=channel, ts=posted["ts"])
    with pytest.raises(SlackApiError, match="channel_not_found"):
        await client.chat_delete(channel="C404", ts=posted["ts"])
    assert fake.refusals() == ("chat.delete: channel_not_found",)


async def test_a_root_tells_of_its_replies(fake: FakeSlack, client: AsyncWebClient) -> None:
    channel = fake.add_channel("spring")
    root = f"{channel}/{(await client.chat_postMessage(channel=channel, text='x'))['ts']}"
    replies = [await fake.reply(fake.add_person(f"P{number}"), root, "mine") for number in range(7)]
    (read,) = (await client.conversations_history(channel=channel))["messages"]
    assert (read["reply_count"], read["reply_users_count"], len(read["reply_users"])) == (7, 7, 5)
    assert read["latest_reply"] == replies[-1].partition("/")[2]


async def test_a_conversation_is_told_as_its_kind_has_it(fake: FakeSlack, client: AsyncWebClient) -> None:
    public, private, anna = fake.add_channel("a"), fake.add_channel("b", private=True), fake.add_person("Anna")
    told = [(await client.conversations_info(channel=each))["channel"] for each in (public, private, fake.dm(anna))]
    assert [(each["is_im"], each.get("is_private"), each.get("is_member")) for each in told] == [
        (False, False, True),
        (False, True, True),
        (True, None, None),
    ]
    fake.archive_channel(public)
    fake.remove_bot(public)
    left = (await client.conversations_info(channel=public))["channel"]
    assert (left["is_archived"], left["is_member"]) == (True, False)
    fake.remove_bot(private)
    for channel in (private, "C404"):
        with pytest.raises(SlackApiError, match="channel_not_found"):
            await client.conversations_info(channel=channel)


async def test_a_reading_method_takes_no_json(fake: FakeSlack, client: AsyncWebClient) -> None:
    channel = fake.add_channel("spring")
    with pytest.raises(SlackApiError, match="invalid_arguments"):
        await client.api_call("conversations.info", json={"channel": channel})
    answer = await client.api_call("conversations.info", params={"channel": channel})
    assert "chat:write" in answer.headers["X-OAuth-Scopes"]


async def test_a_late_call_is_done_after_the_connection_is_gone(fake: FakeSlack, client: AsyncWebClient) -> None:
    channel = fake.add_channel("spring")
    fake.plan.next_calls(POST, Fault(Kind.LATE, 0.05))
    with pytest.raises(aiohttp.ClientError):
        await client.chat_postMessage(channel=channel, text="x")
    assert fake.posts(channel) == ()
    await asyncio.sleep(0.1)
    assert len(fake.posts(channel)) == 1


async def test_a_slow_call_is_answered_after_a_while(fake: FakeSlack, client: AsyncWebClient) -> None:
    channel = fake.add_channel("spring")
    fake.plan.next_calls(POST, Fault(Kind.SLOW, 0.05))
    assert (await client.chat_postMessage(channel=channel, text="x"))["ok"]


@pytest.mark.parametrize("error", ["token_revoked", "invalid_auth", "account_inactive"])
async def test_a_revoked_token_is_refused(error: str, fake: FakeSlack, client: AsyncWebClient) -> None:
    channel = fake.add_channel("spring")
    fake.revoke_token(error)
    with pytest.raises(SlackApiError, match=error):
        await client.chat_postMessage(channel=channel, text="x")
    fake.restore_token()
    await client.chat_postMessage(channel=channel, text="x")


async def test_each_token_is_for_its_own_methods(fake: FakeSlack) -> None:
    async with web_client(fake, fake.app_token) as wrong, web_client(fake, "xoxb-nobody") as nobody:
        for client, error in ((wrong, "not_allowed_token_type"), (nobody, "invalid_auth")):
            with pytest.raises(SlackApiError, match=error):
                await client.auth_test()
        with pytest.raises(SlackApiError, match="not_allowed_token_type"):
            await nobody.apps_connections_open(app_token=fake.bot_token)
        with pytest.raises(SlackApiError, match="invalid_auth"):
            await nobody.apps_connections_open(app_token="xapp-nobody")


async def test_channels_that_cannot_be_posted_to_say_why(fake: FakeSlack, client: AsyncWebClient) -> None:
    archived, left, secret = fake.add_channel("a"), fake.add_channel("b"), fake.add_channel("c", private=True)
    fake.archive_channel(archived)
    fake.remove_bot(left)
    fake.remove_bot(secret)
    for channel, error in ((archived, "is_archived"), (left, "not_in_channel"), (secret, "channel_not_found")):
        with pytest.raises(SlackApiError, match=error):
            await client.chat_postMessage(channel=channel, text="x")
    with pytest.raises(SlackApiError, match="not_in_channel"):
        await client.conversations_history(channel=left)
    await client.conversations_join(channel=left)
    await client.chat_postMessage(channel=left, text="x")


async def test_a_missing_scope_is_named(fake: FakeSlack, client: AsyncWebClient) -> None:
    channel = fake.add_channel("spring")
    fake.take_scope("channels:history")
    with pytest.raises(SlackApiError) as caught:
        await client.conversations_history(channel=channel)
    assert caught.value.response["error"] == "missing_scope"
    assert caught.value.response["needed"] == "channels:history"
    assert "channels:history" not in caught.value.response["provided"].split(",")
    await client.chat_postMessage(channel=channel, text="x")
    assert fake.sent == (), "without the scope there are no events either"


async def test_every_ts_is_later_than_the_last_though_the_clock_stands_still() -> None:
    noon = datetime(2026, 9, 1, 12, tzinfo=UTC)
    async with FakeSlack(lambda: noon, rate=None) as fake, web_client(fake) as client:
        channel = fake.add_channel("spring")
        sent = [(await client.chat_postMessage(channel=channel, text="x"))["ts"] for _ in range(3)]
        assert sent[0] == "1788264000.000000"
        assert sent == sorted(set(sent))
        assert fake.posts(channel)[0].at == noon


async def test_history_is_newest_first_and_keeps_to_its_bounds(fake: FakeSlack, client: AsyncWebClient) -> None:
    channel, anna = fake.add_channel("spring"), fake.add_person("Anna")
    sent = [(await client.chat_postMessage(channel=channel, text=str(n)))["ts"] for n in range(5)]
    await fake.reply(anna, f"{channel}/{sent[1]}", "in the thread")

    async def texts(**bounds: object) -> list[str]:
        page = await client.conversations_history(channel=channel, **bounds)
        return [message["text"] for message in page["messages"]]

    assert await texts() == ["4", "3", "2", "1", "0"]
    assert await texts(oldest=sent[1], latest=sent[3]) == ["2"]
    assert await texts(oldest=sent[1], latest=sent[3], inclusive=True) == ["3", "2", "1"]
    first = await client.conversations_history(channel=channel, limit=3)
    assert first["has_more"]
    rest = await client.conversations_history(channel=channel, cursor=first["response_metadata"]["next_cursor"])
    assert [message["text"] for message in rest["messages"]] == ["1", "0"]
    assert rest["messages"][0]["reply_count"] == 1
    assert not rest["has_more"]
    with pytest.raises(SlackApiError, match="invalid_limit"):
        await client.conversations_history(channel=channel, limit=1_000)


async def test_a_deleted_root_leaves_a_tombstone_while_it_has_replies(fake: FakeSlack, client: AsyncWebClient) -> None:
    channel, anna = fake.add_channel("spring"), fake.add_person("Anna")
    root, alone = [(await client.chat_postMessage(channel=channel, text="x"))["ts"] for _ in range(2)]
    await fake.reply(anna, f"{channel}/{root}", "mine")
    for ts in (root, alone):
        await client.chat_delete(channel=channel, ts=ts)
    assert fake.posts(channel) == ()
    read = await client.conversations_replies(channel=channel, ts=root)
    assert [message.get("subtype") for message in read["messages"]] == ["tombstone", None]
    with pytest.raises(SlackApiError, match="message_not_found"):
        await client.chat_update(channel=channel, ts=root, text="y")
    with pytest.raises(SlackApiError, match="thread_not_found"):
        await client.conversations_replies(channel=channel, ts=alone)


async def test_the_bot_changes_only_its_own_messages(fake: FakeSlack, client: AsyncWebClient) -> None:
    channel, anna = fake.add_channel("spring"), fake.add_person("Anna")
    theirs = (await fake.say(anna, channel, "mine")).partition("/")[2]
    other = fake.post_as_other_bot(channel, "other").partition("/")[2]
    for ts in (theirs, other):
        with pytest.raises(SlackApiError, match="cant_update_message"):
            await client.chat_update(channel=channel, ts=ts, text="y")
        with pytest.raises(SlackApiError, match="cant_delete_message"):
            await client.chat_delete(channel=channel, ts=ts)
    with pytest.raises(LookupError, match="own"):
        await fake.edit(anna, f"{channel}/{other}", "y")


async def test_people_are_told_apart(fake: FakeSlack, client: AsyncWebClient) -> None:
    anna, ben = fake.add_person("Anna", manages=True), fake.add_person("Ben")
    assert (await client.users_info(user=anna))["user"]["is_admin"]
    assert not (await client.users_info(user=ben))["user"]["is_admin"]
    with pytest.raises(SlackApiError, match="user_not_found"):
        await client.users_info(user="U404")


async def test_a_direct_message_is_a_note(fake: FakeSlack, client: AsyncWebClient) -> None:
    channel, anna = fake.add_channel("spring"), fake.add_person("Anna")
    opened = await client.conversations_open(users=anna)
    await client.chat_postMessage(channel=opened["channel"]["id"], text="hello")
    await client.chat_postMessage(channel=anna, text="again")
    await client.chat_postEphemeral(channel=channel, user=anna, text="psst")
    assert fake.notes(anna) == ("hello", "again", "psst")
    assert fake.posts(channel) == ()


async def test_unreadable_json_is_refused(fake: FakeSlack) -> None:
    headers = {"Authorization": f"Bearer {fake.bot_token}", "Content-Type": "application/json"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(fake.api_url + POST, data="{", headers=headers) as answer,
    ):
        assert await answer.json() == {"ok": False, "error": "invalid_json"}


async def test_what_happens_while_the_bot_is_deaf_is_lost_to_it(fake: FakeSlack) -> None:
    async with socket_app(fake):
        channel, anna = fake.add_channel("spring"), fake.add_person("Anna")
        fake.deafen()
        await fake.say(anna, channel, "unheard")
        fake.deafen(False)
        await fake.settle()
        assert [callback["event"]["text"] for callback in fake.lost] == ["unheard"]
        assert fake.acknowledged == ()
