"""Several processes that listen with one token: sockets side by side, or HTTP servers behind one address."""

import asyncio
import contextlib
import json
import time
from dataclasses import dataclass, field, replace

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from slack_room import LESSON, QUICK, KeepingEars, open_replicas, running, serve, until

from bot.chat.inbound import Heard
from bot.chat.post import Button, Buttons, Field, Form, Post
from bot.fakes.slack import FakeSlack
from bot.fakes.slack.http_events import sign
from bot.platforms.slack.client import SlackPlatform

SLOW_TO_GO = replace(QUICK, grace=2.0)
FORM = Form("Your answer", "write:k1", (Field("answer", "Your answer"),))
WRITE = Post("P", (Buttons((Button("Write", "write:k1"),)),))


@dataclass
class RecordEars(KeepingEars):
    """Ears before a record that several processes share, which has each message once. `held`: an open transaction;
    begun: how many have come to it."""

    record: dict[str, Heard] = field(default_factory=dict)
    held: asyncio.Event | None = None
    begun: int = 0

    async def hear(self, heard: Heard) -> None:
        self.begun += 1
        if self.held:
            await self.held.wait()
        await super().hear(heard)
        self.record.setdefault(heard.message, heard)


@pytest.fixture(params=["socket", "http"])
async def replicas(request):
    async with open_replicas(http=request.param == "http") as opened:
        yield opened
        assert opened.fake.refusals() == ()


async def reply(replicas, thread, *texts):
    for text in texts:
        await replicas.fake.reply(replicas.ada, thread, text)


async def test_each_event_goes_to_one_of_the_processes(replicas):
    thread = await replicas.lesson()
    texts = [f"{number:02}" for number in range(10)]
    await reply(replicas, thread, *texts)
    await replicas.fake.settle()
    assert replicas.heard == texts
    assert all(ears.heard for ears in replicas.ears)
    assert len(replicas.fake.trials) == len({trial.event for trial in replicas.fake.trials}) == 11
    assert replicas.fake.lost == ()


async def test_an_event_that_one_process_could_not_keep_reaches_another_and_is_kept_once(replicas):
    thread = await replicas.lesson()
    await replicas.fake.settle()
    for ears in replicas.ears:
        ears.deny = 1
    await reply(replicas, thread, "again?")
    await until(lambda: replicas.heard == ["again?"])
    await replicas.fake.settle()
    trials = [trial for trial in replicas.fake.trials if trial.event == replicas.fake.trials[-1].event]
    assert [trial.acknowledged for trial in trials] == [False, False, True]
    assert len({trial.socket for trial in trials[:2]}) == (1 if replicas.fake.http_target else 2)
    assert replicas.fake.lost == ()


async def test_an_event_is_acknowledged_only_after_it_is_kept(replicas):
    thread = await replicas.lesson()
    await replicas.fake.settle()
    acknowledged, committing = len(replicas.fake.acknowledged), asyncio.Event()
    ears = [RecordEars(held=committing) for _ in replicas.ears]
    for own, record_ears in zip(replicas.ears, ears, strict=True):
        own.hear = record_ears.hear
    await reply(replicas, thread, "slowly")
    await until(lambda: replicas.fake.trials[-1].socket > 0 or replicas.fake.http_target is not None)
    with pytest.raises(TimeoutError):
        await replicas.fake.settle(0.3)
    assert len(replicas.fake.acknowledged) == acknowledged
    committing.set()
    await replicas.fake.settle()
    assert len(replicas.fake.acknowledged) == acknowledged + 1


async def test_an_event_that_takes_too_long_is_heard_twice_and_recorded_once():
    async with open_replicas(timing=replace(QUICK, acknowledge=0.3)) as replicas:
        thread = await replicas.lesson()
        await replicas.fake.settle()
        record: dict[str, Heard] = {}
        committing = asyncio.Event()
        ears = [RecordEars(record=record, held=committing) for _ in replicas.ears]
        for own, record_ears in zip(replicas.ears, ears, strict=True):
            own.hear = record_ears.hear
        await reply(replicas, thread, "slowly")
        await until(lambda: replicas.fake.trials[-1].retry == 1)
        committing.set()
        await replicas.fake.settle()
        assert [len(own.heard) for own in ears] == [1, 1]
        assert [heard.text for heard in record.values()] == ["slowly"]
        assert replicas.fake.lost == ()


@pytest.mark.parametrize("reason", ["refresh_requested", "warning"])
@pytest.mark.parametrize("count", [1, 2])
async def test_a_socket_that_is_renewed_loses_nothing_and_misses_nothing(reason, count):
    async with open_replicas(count, timing=SLOW_TO_GO) as replicas:
        thread = await replicas.lesson()
        going = asyncio.create_task(replicas.fake.disconnect_sockets(reason, most=1))
        texts = [f"{number:02}" for number in range(40)]
        for text in texts:
            await reply(replicas, thread, text)
            await asyncio.sleep(0.005)  # so that it goes on while the sockets change
        await until(lambda: sockets_opened(replicas.fake) == count + 1)
        await replicas.fake.settle()
        await going
        await until(lambda: replicas.fake.sockets == count)
        assert replicas.heard == texts
        assert [ears.gaps for ears in replicas.ears] == [0] * count
        assert {trial.retry for trial in replicas.fake.trials} == {0}
        assert replicas.fake.lost == ()


async def test_what_is_being_heard_when_a_socket_goes_is_acknowledged_on_it():
    async with open_replicas(1, timing=SLOW_TO_GO) as replicas:
        thread = await replicas.lesson()
        await replicas.fake.settle()
        ears = RecordEars(held=asyncio.Event())
        replicas.ears[0].hear = ears.hear
        await reply(replicas, thread, "under way")
        await until(lambda: replicas.fake.trials[-1].socket == 1)
        going = asyncio.create_task(replicas.fake.disconnect_sockets())
        await until(lambda: sockets_opened(replicas.fake) == 2)
        ears.held.set()
        await replicas.fake.settle()
        assert (replicas.fake.trials[-1].retry, replicas.fake.trials[-1].acknowledged) == (0, True)
        await going


async def test_what_is_being_heard_when_a_process_ends_is_acknowledged_first():
    async with FakeSlack(rate=None, timing=QUICK) as fake:
        platform = SlackPlatform(fake.bot_token, fake.app_token, api_url=fake.api_url, pace=0)
        channel, ada, ears = fake.add_channel("cohort"), fake.add_person("Ada"), RecordEars(held=asyncio.Event())
        async with running(platform, ears) as task:
            thread = await platform.post(channel, platform.render(LESSON, None)[0])
            await fake.reply(ada, thread, "under way")
            await until(lambda: ears.begun == 1)
            task.cancel()
            await asyncio.wait({task}, timeout=0.1)
            ears.held.set()
            await fake.settle()
        assert [(trial.retry, trial.acknowledged) for trial in fake.trials] == [(0, True)] * 2


async def test_one_process_goes_and_the_other_hears_on():
    async with open_replicas() as replicas:
        thread = await replicas.lesson()
        await replicas.fake.settle()
        replicas.fake.cut_sockets(most=1)
        await reply(replicas, thread, *"abcdef")
        await replicas.fake.settle()
        assert replicas.heard == list("abcdef")
        await until(lambda: sum(ears.gaps for ears in replicas.ears) == 1)


async def test_the_eleventh_process_is_a_spare_that_asks_seldom_and_takes_a_free_place():
    async with FakeSlack(rate=None, timing=QUICK) as fake, aiohttp.ClientSession() as session:
        sockets = [await raw_socket(fake, session) for _ in range(10)]
        platform = SlackPlatform(fake.bot_token, fake.app_token, api_url=fake.api_url, pace=0)
        ready = asyncio.Event()
        task = asyncio.create_task(platform.run(KeepingEars(), ready.set))
        await asyncio.sleep(1.5)  # long enough for a loop without a pause to be seen
        assert (ready.is_set(), task.done(), fake.sockets) == (False, False, 10)
        assert sockets_opened(fake) - 10 <= 6
        await sockets[0].close()
        await asyncio.wait_for(ready.wait(), 10)
        task.cancel()
        await asyncio.gather(task, *(each.close() for each in sockets), return_exceptions=True)


async def raw_socket(fake, session):
    headers = {"Authorization": f"Bearer {fake.app_token}"}
    async with session.post(f"{fake.api_url}apps.connections.open", headers=headers) as answer:
        ws = await session.ws_connect((await answer.json())["url"])
    assert json.loads(await ws.receive_str())["type"] == "hello"
    return ws


def sockets_opened(fake):
    return [name for name, _ in fake.calls].count("apps.connections.open")


async def test_a_socket_that_is_closed_at_once_again_and_again_is_not_asked_for_without_a_pause():
    opened = 0

    async def slack(request):
        nonlocal opened
        if request.path.endswith("auth.test"):
            return web.json_response({"ok": True, "user_id": "U1", "bot_id": "B1", "team_id": "T1"})
        if request.path.endswith("apps.connections.open"):
            opened += 1
            return web.json_response({"ok": True, "url": f"ws://{request.host}/link"})
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        await ws.send_str('{"type": "hello"}')
        await ws.close()
        return ws

    async with serve(slack) as server:
        platform = SlackPlatform("xoxb-1", "xapp-1", api_url=str(server.make_url("/")), pace=0)
        async with running(platform, KeepingEars()):
            await asyncio.sleep(1.5)
        assert 2 <= opened <= 6


async def test_a_form_may_be_opened_by_one_process_and_kept_by_another(replicas):
    for ears in replicas.ears:
        ears.says = lambda command: FORM
    message = await replicas.lesson(WRITE)
    await replicas.fake.settle()
    asked, kept = [], []
    for _ in range(3):  # an odd number of steps between, so that every pair of processes meets
        shown = await replicas.fake.press(replicas.ada, message, "Write")
        asked.append([len(ears.commands) for ears in replicas.ears])
        answered = await replicas.fake.submit(replicas.ada, shown.form, {"answer": "mine"})
        kept.append([len(ears.forms) for ears in replicas.ears])
        assert "It is kept." in answered.text
    assert asked[0] != kept[0], "the same process answered both"
    assert {form.channel for ears in replicas.ears for form in ears.forms} == {replicas.channel}
    assert all(ears.commands or ears.forms for ears in replicas.ears)


async def test_commands_may_reach_any_process(replicas):
    for _ in range(4):
        shown = await replicas.fake.command(replicas.ada, replicas.channel, "today")
        assert "You asked today" in shown.text
    assert [len(ears.commands) for ears in replicas.ears] == [2, 2]


async def test_a_rejected_form_is_taken_by_another_process_with_what_was_typed(replicas):
    for ears in replicas.ears:
        ears.says = lambda command: FORM
    shown = await replicas.fake.press(replicas.ada, await replicas.lesson(WRITE), "Write")
    for ears in replicas.ears:
        ears.deny = 1
    refused = await replicas.fake.submit(replicas.ada, shown.form, {"answer": "precious"})
    refused = await replicas.fake.submit(replicas.ada, refused.form, refused.form.fields)
    assert "send it again" in refused.errors["answer"]
    kept = await replicas.fake.submit(replicas.ada, refused.form, refused.form.fields)
    assert "It is kept." in kept.text
    assert [form.values for ears in replicas.ears for form in ears.forms] == [{"answer": "precious"}] * 3


async def test_an_event_is_heard_whatever_its_retry_headers_say():
    async with open_replicas(http=True) as replicas:
        thread = await replicas.lesson()
        await replicas.fake.settle()
        replicas.fake.deafen()
        await reply(replicas, thread, "unheard so far")
        replicas.fake.deafen(False)
        body = json.dumps(replicas.fake.lost[-1])
        retry = {"X_Slack_Retry_Num": "3", "X_Slack_Retry_Reason": "http_timeout"}
        assert await replicas.fake.send_http(body, **retry) == 200
        assert replicas.heard == ["unheard so far"]


async def test_a_replica_says_503_before_it_is_ready_and_after_it_has_ended():
    async with FakeSlack(rate=None, timing=QUICK) as fake:
        platform = SlackPlatform(fake.bot_token, None, fake.signing_secret, fake.api_url, pace=0)
        async with serve_routes(platform) as server, aiohttp.ClientSession() as session:

            async def status():
                stamp, body = str(int(time.time())), '{"type":"url_verification","challenge":"c"}'
                signed = sign(fake.signing_secret, stamp, body)
                headers = {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": signed}
                headers |= {"Content-Type": "application/json"}
                async with session.post(server.make_url("/slack/events"), data=body, headers=headers) as answer:
                    return answer.status

            assert await status() == 503
            async with running(platform, KeepingEars()):
                assert await status() == 200
            assert await status() == 503


@contextlib.asynccontextmanager
async def serve_routes(platform):
    """The server of somebody else, on which the platform's routes are mounted."""
    app = web.Application()
    app.add_routes(platform.routes())
    async with TestServer(app) as server:
        yield server
