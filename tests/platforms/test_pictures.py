"""Pictures in private answers: what the real clients upload, what the platforms take of it, and the words that stay
when they take none."""

import base64
import struct
import zlib

import pytest
from discord_reader import components, texts
from discord_stage import Listener, running
from slack_room import open_room

from bot.chat.post import Button, Buttons, Heading, Picture, Post, Small
from bot.fakes.discord.bodies import check_message
from bot.fakes.discord.errors import Refused
from bot.fakes.discord.fake import FakeDiscord
from bot.fakes.faults import Fault, Kind
from bot.platforms.discord.limits import FILE_LIMIT, TEXT_LIMIT
from bot.platforms.discord.render import render as discord
from bot.platforms.discord.render import render_shown
from bot.platforms.simulator.render import to_bodies
from bot.platforms.slack import pictures
from bot.platforms.slack.pictures import PAUSES
from bot.platforms.slack.render import render as slack
from bot.platforms.slack.scopes import OPTIONAL


def png(width: int = 2) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    rows = (b"\0" + b"\x17\x69\x6a" * width) * width
    header = struct.pack(">IIBBBBB", width, width, 8, 2, 0, 0, 0)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


PNG = png()
ALT = "2 members. *3* answered <!channel> @everyone."
POST = Post("Map", (Heading("Map", 1), Picture(PNG, ALT), Buttons((Button("Next", "map:1:2"),))))


async def test_discord_is_given_the_picture_with_its_words_at_once_and_after_a_wait():
    async with FakeDiscord() as fake:
        channel, fay = fake.add_channel("cohort"), fake.add_person("Fay", manages=True)
        async with running(fake, Listener(says=POST)) as bot:
            for takes in (0.0, 0.6):
                bot.ears.takes = takes
                shown = await fake.command(fay, channel, "today")
                assert [(alt.replace("\u200b", ""), found) for alt, found in shown.pictures.items()] == [(ALT, PNG)]
                assert shown.private
                assert "Next" in shown.buttons
        assert fake.refusals() == ()


async def test_discord_is_told_the_words_where_files_are_not_taken():
    async with FakeDiscord() as fake:
        channel, fay = fake.add_channel("cohort"), fake.add_person("Fay", manages=True)
        fake.world.takes_files = False
        async with running(fake, Listener(says=POST)) as bot:
            for takes in (0.0, 0.6):
                bot.ears.takes = takes
                shown = await fake.command(fay, channel, "today")
                assert shown.pictures == {}
                assert "2 members." in shown.text
                assert "Next" in shown.buttons


@pytest.mark.parametrize(
    ("media", "code"),
    [
        ({"url": "attachment://other.png"}, "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND"),
        ({"url": "attachment://note.txt"}, "UNFURLED_MEDIA_ITEM_TYPE"),
    ],
)
def test_the_fake_discord_refuses_what_was_not_uploaded_or_is_no_picture(media, code):
    body = {"flags": 1 << 15, "components": [{"type": 12, "items": [{"media": media}]}]}
    file = {"id": "0", "filename": "note.txt", "size": 3, "content_type": "text/plain"}
    with pytest.raises(Refused) as told:
        check_message(body, (file,), answer=True)
    assert code in str(told.value.errors)


def test_the_fake_discord_refuses_a_file_that_is_too_large():
    file = {"id": "0", "filename": "a.png", "size": FILE_LIMIT + 1, "content_type": "image/png"}
    with pytest.raises(Refused) as told:
        check_message({"content": "x"}, (file,), answer=True)
    assert told.value.code == 40005


@pytest.mark.parametrize("alt", [ALT, "x" * 1_000, "*" * 1_000, "😀" * 1_000, "w" * 5_000, "", " "])
def test_a_page_with_pictures_has_room_for_their_words_and_loses_none(alt):
    post = Post("Many", tuple(block for n in range(12) for block in (Small(f"{n}"), Picture(png(n + 1), alt))))
    for page in render_shown(post):
        assert len(page.files) <= 10
        assert {each["filename"] for each in page.body.get("attachments", ())} == set(page.files)
        for body in filter(None, (page.body, page.words)):
            assert sum(map(len, texts(body))) <= TEXT_LIMIT
            assert len(components(body)) <= 40
    shown = [each for page in render_shown(post) for each in page.files.values()]
    assert shown in ([], [png(n + 1) for n in range(12)])


def test_where_nothing_can_be_uploaded_a_picture_is_its_words():
    for key in (None, "k" * 24):
        for body in (*discord(POST, key), *slack(POST, key), *to_bodies(POST, key)):
            told = str(body)
            assert "2 members" in told
            assert "attachment://" not in told
            assert "slack_file" not in told
            assert "'picture'" not in told


def test_the_rehearsal_room_shows_it_in_private_answers():
    [body] = to_bodies(POST, None, shows=True)
    [found] = [block for block in body["blocks"] if block["type"] == "picture"]
    assert (base64.b64decode(found["png"]), found["alt"]) == (PNG, ALT)


async def slack_shown(prepare=lambda fake: None):
    async with open_room() as room:
        room.ears.says = lambda command: POST
        prepare(room.fake)
        shown = await room.fake.command(room.fay, room.channel, "today")
        return shown, room.fake


async def test_slack_is_given_a_file_that_nobody_else_has():
    shown, fake = await slack_shown()
    assert dict(shown.pictures) == {ALT: PNG}
    assert shown.private
    assert "Next" in shown.buttons
    assert [file.shared for file in fake.world.files.values()] == [()]
    assert fake.refusals() == ()


async def test_slack_may_look_at_a_file_before_it_shows_it():
    def rests(fake):
        fake.world.files_rest = 1

    shown, fake = await slack_shown(rests)
    assert dict(shown.pictures) == {ALT: PNG}
    assert fake.world.files_rest == 0


def _never_ready(fake):
    fake.world.files_rest = len(PAUSES)


def _without_scope(fake):
    fake.take_scope("files:write")


def _broken(fake):
    fake.plan.next_calls("upload", Fault(Kind.ERROR))


def _cut(fake):
    fake.plan.next_calls("files.completeUploadExternal", Fault(Kind.ERROR), times=9)


@pytest.mark.parametrize("prepare", [_never_ready, _without_scope, _broken, _cut])
async def test_slack_is_told_the_words_when_the_picture_cannot_be_shown(prepare, monkeypatch):
    monkeypatch.setattr(pictures, "PAUSES", (0.0,) * len(PAUSES))
    shown, _ = await slack_shown(prepare)
    assert shown.pictures == {}
    assert "2 members. *3* answered <!channel> @everyone." in shown.text
    assert "Next" in shown.buttons
    assert "files:write" in OPTIONAL


async def test_in_a_modal_of_slacks_the_picture_takes_the_place_of_what_stood_there():
    async with open_room() as room:
        way = Post("Look", (Heading("Look", 1), Buttons((Button("Map", "map:1:1"),))))
        room.ears.says = lambda command: POST if command.name == "map" else way
        shown = await room.fake.shortcut(room.fay, "hr:today")
        shown = await room.fake.press(room.fay, shown, "Map")
        assert dict(shown.pictures) == {ALT: PNG}
        assert room.fake.refusals() == ()
