"""Socket Mode: several sockets, acknowledgements, goodbyes; and HTTP mode with its signatures."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from fake_slack_clients import Json, http_app, modal, socket_app, web_client

from bot.fakes.slack import FakeSlack, Timing
from bot.fakes.slack.http_events import now_stamp

QUICK = Timing(retries=(0.0, 0.05))
HASTY = Timing(acknowledge=0.3, retries=(0.0, 0.05))


@pytest.fixture
async def fake() -> AsyncIterator[FakeSlack]:
    async with FakeSlack(rate=None, timing=QUICK) as running:
        yield running


@pytest.fixture
async def hasty() -> AsyncIterator[FakeSlack]:
    async with FakeSlack(rate=None, timing=HASTY) as running:
        yield running


class Ear:
    """Keeps what it hears; the first `deaf` events raise, so that they are not acknowledged."""

    def __init__(self, app: Any, deaf: int = 0) -> None:
        self.heard: list[Json] = []
        self.deaf = deaf
        app.event("message")(self.take)

    async def take(self, body: Json) -> None:
        self.heard.append(body)
        if len(self.heard) <= self.deaf:
            raise RuntimeError("the database is away")


async def test_each_event_goes_to_one_of_the_sockets(fake: FakeSlack) -> None:
    async with socket_app(fake, sockets=2) as app:
        ear = Ear(app)
        channel, anna = fake.add_channel("spring"), fake.add_person("Anna")
        for number in range(6):
            await fake.say(anna, channel, str(number))
        await fake.settle()
        assert fake.sockets == 2
        assert sorted(body["event"]["text"] for body in ear.heard) == [str(number) for number in range(6)]
        assert len({body["event_id"] for body in ear.heard}) == 6


async def test_an_event_that_is_not_acknowledged_comes_again_with_the_same_id(hasty: FakeSlack) -> None:
    async with socket_app(hasty) as app:
        ear = Ear(app, deaf=1)
        await hasty.say(hasty.add_person("Anna"), hasty.add_channel("spring"), "hello")
        await hasty.settle()
        first, second = ear.heard
        assert first["event_id"] == second["event_id"]
        assert len(hasty.acknowledged) == 1
        assert hasty.lost == ()


async def test_what_is_sent_again_goes_to_another_socket(hasty: FakeSlack) -> None:
    async with socket_app(hasty, sockets=3) as app:
        ear = Ear(app, deaf=1)
        await hasty.say(hasty.add_person("Anna"), hasty.add_channel("spring"), "hello")
        await hasty.settle()
        first, second = hasty.trials
        assert (first.retry, first.acknowledged, second.retry, second.acknowledged) == (0, False, 1, True)
        assert first.event == second.event == ear.heard[0]["event_id"]
        assert first.socket != second.socket


async def test_a_warned_socket_is_used_until_it_ends_and_one_of_several_may_be_renewed() -> None:
    timing = Timing(grace=0.3)
    async with FakeSlack(timing=timing) as fake, web_client(fake) as client, aiohttp.ClientSession() as session:
        sockets = []
        for _ in range(2):
            opened = await client.apps_connections_open(app_token=fake.app_token)
            sockets.append(await session.ws_connect(opened["url"]))
            assert (await sockets[-1].receive_json())["type"] == "hello"
        await fake.disconnect_sockets("warning", most=1)
        assert (await sockets[0].receive_json())["reason"] == "warning"
        channel, anna = fake.add_channel("spring"), fake.add_person("Anna")
        for _ in range(2):
            await fake.say(anna, channel, "hello")
        assert [(await socket.receive_json())["type"] for socket in sockets] == ["events_api"] * 2
        assert (await sockets[0].receive()).type is aiohttp.WSMsgType.CLOSE
        assert fake.sockets == 1
        await sockets[1].close()


async def test_an_event_that_is_never_acknowledged_is_lost_after_the_last_try(hasty: FakeSlack) -> None:
    async with socket_app(hasty) as app:
        ear = Ear(app, deaf=9)
        await hasty.say(hasty.add_person("Anna"), hasty.add_channel("spring"), "hello")
        await hasty.settle()
        assert len(ear.heard) == 3
        assert len(hasty.lost) == 1


async def test_a_goodbye_moves_the_bot_to_a_new_socket_and_loses_nothing(fake: FakeSlack) -> None:
    async with socket_app(fake) as app:
        ear = Ear(app)
        channel, anna = fake.add_channel("spring"), fake.add_person("Anna")
        await fake.disconnect_sockets("refresh_requested")
        await fake.say(anna, channel, "after")
        await fake.settle()
        await fake.connected()
        assert [body["event"]["text"] for body in ear.heard] == ["after"]
        assert [name for name, _ in fake.calls].count("apps.connections.open") == 2


async def test_a_cut_socket_is_replaced_and_the_event_under_way_comes_again(fake: FakeSlack) -> None:
    async with socket_app(fake) as app:
        heard: list[str] = []

        @app.event("message")
        async def keep(body: Json) -> None:
            heard.append(body["event_id"])
            if len(heard) == 1:
                fake.cut_sockets()
                await asyncio.sleep(0.02)

        await fake.say(fake.add_person("Anna"), fake.add_channel("spring"), "under way")
        await fake.settle()
        assert len(heard) == 2
        assert len(set(heard)) == 1
        assert fake.lost == ()


async def test_a_duplicate_and_an_event_of_ones_own_are_sent_as_given(fake: FakeSlack) -> None:
    async with socket_app(fake) as app:
        ear = Ear(app)
        channel, anna = fake.add_channel("spring"), fake.add_person("Anna")
        await fake.say(anna, channel, "hello")
        fake.send_event(fake.sent[0])
        fake.send_event({"type": "message", "channel": channel, "user": anna, "text": "own", "ts": "1.000001"})
        await fake.settle()
        assert sorted(body["event"]["text"] for body in ear.heard) == ["hello", "hello", "own"]
        assert len({body["event_id"] for body in ear.heard}) == 2


async def test_the_eleventh_socket_is_sent_away(fake: FakeSlack) -> None:
    async with web_client(fake) as client, aiohttp.ClientSession() as session:
        sockets = []
        for _ in range(11):
            opened = await client.apps_connections_open(app_token=fake.app_token)
            sockets.append(await session.ws_connect(opened["url"]))
        firsts = [json.loads(await socket.receive_str()) for socket in sockets]
        assert [first["type"] for first in firsts] == ["hello"] * 10 + ["disconnect"]
        assert firsts[0]["connection_info"]["app_id"] == fake.world.app_id
        assert firsts[10]["reason"] == "too_many_websockets"
        assert fake.sockets == 10
        for socket in sockets:
            await socket.close()


async def test_a_connection_url_works_once(fake: FakeSlack) -> None:
    async with web_client(fake) as client, aiohttp.ClientSession() as session:
        url = (await client.apps_connections_open(app_token=fake.app_token))["url"]
        async with session.ws_connect(url) as socket:
            await socket.receive_str()
            with pytest.raises(aiohttp.WSServerHandshakeError):
                await session.ws_connect(url)


async def test_an_interaction_that_is_not_acknowledged_in_time_is_a_refusal(hasty: FakeSlack) -> None:
    async with socket_app(hasty) as app:

        @app.command("/today")
        async def today(ack: Any) -> None:
            await asyncio.sleep(0.5)
            await ack("too late")

        shown = await hasty.command(hasty.add_person("Anna"), hasty.add_channel("spring"), "today")
        assert "trouble" in shown.text
        assert hasty.refusals() == ("slash_commands: not acknowledged within 0.3 s",)


async def test_http_mode_delivers_events_commands_and_forms(fake: FakeSlack) -> None:
    async with http_app(fake) as app:
        ear = Ear(app)

        @app.command("/today")
        async def today(ack: Any, body: Json, client: Any) -> None:
            await ack()
            await client.views_open(trigger_id=body["trigger_id"], view=modal())

        @app.view("write:1")
        async def take(ack: Any) -> None:
            await ack(response_action="errors", errors={"answer": "Say more."})

        channel, anna = fake.add_channel("spring"), fake.add_person("Anna")
        await fake.say(anna, channel, "hello \ud83d & <b>")
        await fake.settle()
        assert ear.heard[0]["event"]["text"] == "hello \ud83d &amp; &lt;b&gt;"
        shown = await fake.command(anna, channel, "today")
        assert shown.form is not None
        wrong = await fake.submit(anna, shown.form, {"Answer": "x"})
        assert wrong.errors == {"answer": "Say more."}
        assert fake.sockets == 0
        assert fake.refusals() == ()


async def test_http_mode_tries_again_and_says_so(hasty: FakeSlack) -> None:
    async with http_app(hasty) as app:
        numbers: list[Any] = []

        @app.middleware
        async def note(req: Any, next: Any) -> None:
            numbers.append(req.headers.get("x-slack-retry-num", [None])[0])
            await next()

        Ear(app, deaf=1)
        await hasty.say(hasty.add_person("Anna"), hasty.add_channel("spring"), "hello")
        await hasty.settle()
        assert numbers == [None, "1"]
        assert len(hasty.acknowledged) == 1


async def test_a_wrong_or_old_signature_is_sent_as_asked(fake: FakeSlack) -> None:
    async with http_app(fake) as app:
        Ear(app)
        body = json.dumps({"type": "url_verification", "challenge": "abc"})
        right = await fake.http_answer(body)
        assert (right.status, json.loads(right.text)) == (200, {"challenge": "abc"})
        assert await fake.send_http(body, X_Slack_Signature="v0=0") == 401
        old = str(int(now_stamp()) - 301)
        assert await fake.send_http(body, X_Slack_Request_Timestamp=old) == 401
        # Bolt alone answers 500 here; our own adapter has to look first.
        assert await fake.send_http(body, X_Slack_Request_Timestamp="soon") == 500


async def test_http_mode_without_a_listener_loses_the_event(fake: FakeSlack) -> None:
    fake.http_target = "http://127.0.0.1:9/slack/events"
    await fake.say(fake.add_person("Anna"), fake.add_channel("spring"), "hello")
    await fake.settle()
    assert len(fake.lost) == 1
