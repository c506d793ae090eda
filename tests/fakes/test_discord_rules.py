"""Permissions, history, nonces, threads, reactions, direct messages and mentions behave as documented."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fake_discord_clients import raw

from bot.clock import ShiftedClock
from bot.fakes.discord import FakeDiscord

START = datetime(2026, 9, 1, 9, tzinfo=UTC)


async def test_ids_hold_the_fakes_time_and_grow() -> None:
    clock = ShiftedClock(START)
    async with FakeDiscord(clock) as fake, raw(fake) as call:
        path = f"/channels/{fake.add_channel('cohort')}/messages"
        first, second = [int((await call("POST", path, {"content": "x"}))["id"]) for _ in range(2)]
        assert second > first
        made = datetime.fromtimestamp(((first >> 22) + 1_420_070_400_000) / 1_000, UTC)
        assert START <= made < START + timedelta(minutes=1)


@pytest.mark.parametrize(
    ("taken", "method", "path", "body", "code"),
    [
        ("VIEW_CHANNEL", "POST", "messages", {"content": "x"}, 50001),
        ("VIEW_CHANNEL", "GET", "messages", None, 50001),
        ("VIEW_CHANNEL", "GET", "", None, 50001),
        ("SEND_MESSAGES", "POST", "messages", {"content": "x"}, 50013),
        ("send_messages_in_threads", "POST", "thread", {"content": "x"}, 50013),
        ("EMBED_LINKS", "POST", "messages", {"embeds": [{"title": "x"}]}, 50013),
        ("CREATE_PUBLIC_THREADS", "POST", "messages/{id}/threads", {"name": "x"}, 50013),
        ("ADD_REACTIONS", "PUT", "messages/{id}/reactions/%E2%9C%85/@me", None, 50013),
        ("READ_MESSAGE_HISTORY", "GET", "messages/{id}", None, 50013),
        ("READ_MESSAGE_HISTORY", "POST", "messages", {"content": "x", "message_reference": {"message_id": 1}}, 160002),
    ],
)
async def test_a_missing_permission_is_told_by_its_code(
    taken: str, method: str, path: str, body: Any, code: int
) -> None:
    async with FakeDiscord() as fake, raw(fake) as call:
        channel = fake.add_channel("cohort")
        standing = (await call("POST", f"/channels/{channel}/messages", {"content": "x"}))["id"]
        with_thread = (await call("POST", f"/channels/{channel}/messages", {"content": "x"}))["id"]
        await call("POST", f"/channels/{channel}/messages/{with_thread}/threads", {"name": "t"})
        where = f"/channels/{channel}/{path.format(id=standing)}".rstrip("/")
        where = f"/channels/{with_thread}/messages" if path == "thread" else where
        fake.take_permission(channel, taken)
        assert await call.code(method, where, body) == code
        fake.give_permission(channel, taken)
        if code != 160002:
            assert await call.code(method, where, body) == 0
            assert fake.refusals() == ()


async def test_history_is_newest_first_even_with_after_and_has_pages() -> None:
    async with FakeDiscord() as fake, raw(fake) as call:
        path = f"/channels/{fake.add_channel('cohort')}/messages"
        ids = [(await call("POST", path, {"content": f"{number}"}))["id"] for number in range(6)]

        async def read(query: str) -> list[str]:
            return [each["content"] for each in await call("GET", path + query)]

        assert await read("") == ["5", "4", "3", "2", "1", "0"]
        assert await read(f"?after={ids[1]}&limit=2") == ["3", "2"]
        assert await read(f"?before={ids[4]}&limit=2") == ["3", "2"]
        assert await read(f"?around={ids[3]}&limit=3") == ["4", "3", "2"]
        assert await call.code("GET", f"{path}?limit=101") == 50035
        assert await call.code("GET", f"{path}?after=1&before=2") == 50035


async def test_without_the_permission_history_is_empty_and_not_an_error() -> None:
    async with FakeDiscord() as fake, raw(fake) as call:
        channel = fake.add_channel("cohort")
        await call("POST", f"/channels/{channel}/messages", {"content": "x"})
        fake.take_permission(channel, "READ_MESSAGE_HISTORY")
        assert await call("GET", f"/channels/{channel}/messages") == []
        assert call.status == 200


async def test_history_can_lag_behind() -> None:
    async with FakeDiscord() as fake, raw(fake) as call:
        path = f"/channels/{fake.add_channel('cohort')}/messages"
        fake.late_history(0.3)
        await call("POST", path, {"content": "x"})
        assert await call("GET", path) == []
        await asyncio.sleep(0.32)
        assert len(await call("GET", path)) == 1


async def test_a_nonce_gives_the_same_message_within_the_window_and_a_new_one_after() -> None:
    clock = ShiftedClock(START)
    async with FakeDiscord(clock, nonce_seconds=120) as fake, raw(fake) as call:
        channel = fake.add_channel("cohort")
        body = {"content": "x", "nonce": "key", "enforce_nonce": True}
        first = await call("POST", f"/channels/{channel}/messages", body)
        again = await call("POST", f"/channels/{channel}/messages", body)
        assert (again["id"], again["nonce"]) == (first["id"], "key")
        loose = await call("POST", f"/channels/{channel}/messages", body | {"enforce_nonce": False})
        assert loose["id"] != first["id"]
        clock.advance_to(clock() + timedelta(seconds=121))
        late = await call("POST", f"/channels/{channel}/messages", body)
        assert late["id"] not in (first["id"], loose["id"])


async def test_a_nonce_whose_message_was_deleted_is_an_unknown_message() -> None:
    async with FakeDiscord() as fake, raw(fake) as call:
        channel = fake.add_channel("cohort")
        body = {"content": "x", "nonce": "key", "enforce_nonce": True}
        first = await call("POST", f"/channels/{channel}/messages", body)
        fake.remove(f"{channel}/{first['id']}")
        assert await call.code("POST", f"/channels/{channel}/messages", body) == 10008
        assert fake.refusals() == ()


async def test_a_thread_has_its_messages_id_and_there_is_only_one() -> None:
    async with FakeDiscord() as fake, raw(fake) as call:
        channel = fake.add_channel("cohort")
        message = (await call("POST", f"/channels/{channel}/messages", {"content": "x"}))["id"]
        path = f"/channels/{channel}/messages/{message}/threads"
        thread = await call("POST", path, {"name": "Prompt", "auto_archive_duration": 10_080})
        assert (thread["id"], thread["type"], thread["parent_id"]) == (message, 11, channel)
        assert await call.code("POST", path, {"name": "Prompt"}) == 160004
        (starter,) = await call("GET", f"/channels/{message}/messages")
        assert (starter["type"], starter["content"]) == (21, "")
        assert starter["referenced_message"]["id"] == message
        active = await call("GET", f"/guilds/{fake.workspace}/threads/active")
        assert [each["id"] for each in active["threads"]] == [message]
        assert await call.code("POST", path.replace(message, "1"), {"name": "x"}) == 10008
        for wrong in ({"name": ""}, {"name": "n" * 101}, {"name": "x", "auto_archive_duration": 61}):
            assert await call.code("POST", path, wrong) == 50035


async def test_an_archived_thread_refuses_reactions_edits_and_deletes_and_a_message_opens_it() -> None:
    async with FakeDiscord() as fake, raw(fake) as call:
        thread = await _thread(fake, call)
        message = (await call("POST", f"/channels/{thread}/messages", {"content": "x"}))["id"]
        fake.archive_thread(thread)
        path = f"/channels/{thread}/messages/{message}"
        assert await call.code("PUT", f"{path}/reactions/%E2%9C%85/@me") == 50083
        assert await call.code("PATCH", path, {"content": "y"}) == 50083
        assert await call.code("PUT", f"/channels/{thread}/thread-members/@me") == 50083
        assert await call.code("POST", f"/channels/{thread}/messages", {"content": "y"}) == 0
        assert await call.code("PATCH", path, {"content": "y"}) == 0


async def test_a_quiet_thread_is_archived_by_the_clock() -> None:
    clock = ShiftedClock(START)
    async with FakeDiscord(clock) as fake, raw(fake) as call:
        thread = await _thread(fake, call)
        clock.advance_to(clock() + timedelta(minutes=1_439))
        assert not (await call("GET", f"/channels/{thread}"))["thread_metadata"]["archived"]
        clock.advance_to(clock() + timedelta(minutes=2))
        assert (await call("GET", f"/channels/{thread}"))["thread_metadata"]["archived"]
        assert (await call("GET", f"/guilds/{fake.workspace}/threads/active"))["threads"] == []


async def test_a_locked_thread_takes_nothing() -> None:
    async with FakeDiscord() as fake, raw(fake) as call:
        thread, ada = await _thread(fake, call), fake.add_person("Ada")
        fake.archive_thread(thread, locked=True)
        assert await call.code("POST", f"/channels/{thread}/messages", {"content": "x"}) == 160005
        with pytest.raises(LookupError, match="locked"):
            await fake.reply(ada, thread, "x")


async def test_a_deleted_channel_and_its_threads_are_unknown() -> None:
    async with FakeDiscord() as fake, raw(fake) as call:
        thread = await _thread(fake, call)
        channel = (await call("GET", f"/channels/{thread}"))["parent_id"]
        fake.delete_channel(channel)
        assert await call.code("POST", f"/channels/{channel}/messages", {"content": "x"}) == 10003
        assert await call.code("POST", f"/channels/{thread}/messages", {"content": "x"}) == 10003


async def test_only_real_emoji_and_twenty_of_them() -> None:
    async with FakeDiscord() as fake, raw(fake) as call:
        channel = fake.add_channel("cohort")
        message = (await call("POST", f"/channels/{channel}/messages", {"content": "x"}))["id"]
        path = f"/channels/{channel}/messages/{message}/reactions"
        assert await call.code("PUT", f"{path}/ok/@me") == 10014
        for number in range(20):
            assert await call.code("PUT", f"{path}/{chr(0x1F600 + number)}/@me") == 0
        assert await call.code("PUT", f"{path}/{chr(0x1F600)}/@me") == 0
        assert await call.code("PUT", f"{path}/{chr(0x1F640)}/@me") == 30010


async def test_closed_direct_messages_are_50007() -> None:
    async with FakeDiscord() as fake, raw(fake) as call:
        ada = fake.add_person("Ada")
        dm = await call("POST", "/users/@me/channels", {"recipient_id": ada})
        assert dm["type"] == 1
        fake.close_dms(ada)
        assert await call.code("POST", f"/channels/{dm['id']}/messages", {"content": "x"}) == 50007
        assert fake.notes(ada) == ()


async def test_the_bot_edits_only_its_own_messages() -> None:
    async with FakeDiscord() as fake, raw(fake) as call:
        channel, ada = fake.add_channel("cohort"), fake.add_person("Ada")
        channel, message = (await fake.reply(ada, channel, "mine")).split("/")
        assert await call.code("PATCH", f"/channels/{channel}/messages/{message}", {"content": "x"}) == 50005
        assert await call.code("DELETE", f"/channels/{channel}/messages/{message}") == 50013


async def test_edits_of_old_messages_are_limited() -> None:
    clock = ShiftedClock(START)
    async with FakeDiscord(clock) as fake, raw(fake) as call:
        path = f"/channels/{fake.add_channel('cohort')}/messages"
        message = (await call("POST", path, {"content": "x"}))["id"]
        clock.advance_to(clock() + timedelta(hours=2))
        codes = {await call.code("PATCH", f"{path}/{message}", {"content": f"{number}"}) for number in range(31)}
        assert codes == {0, 30046}


@pytest.mark.parametrize(
    ("text", "allowed", "pinged"),
    [
        ("hi @everyone", None, ["@everyone"]),
        ("hi @here", {"parse": ["everyone"]}, ["@everyone"]),
        ("hi <@{ada}>", {"parse": ["users"]}, ["<@{ada}>"]),
        ("hi <@{ada}>", {"users": ["{ada}"]}, ["<@{ada}>"]),
        ("hi <@&7>", None, ["<@&7>"]),
        ("hi @everyone <@{ada}> <@&7>", {"parse": []}, []),
        ("hi <@{ada}>", {"parse": ["roles"], "users": ["8"]}, []),
        ("e@everyone.org", {"parse": []}, []),
    ],
)
async def test_whom_a_message_pings_is_written_down(text: str, allowed: Any, pinged: list[str]) -> None:
    async with FakeDiscord() as fake, raw(fake) as call:
        channel, ada = fake.add_channel("cohort"), fake.add_person("Ada")
        if allowed and "users" in allowed:
            allowed["users"] = [each.format(ada=ada) for each in allowed["users"]]
        sent = await call(
            "POST", f"/channels/{channel}/messages", {"content": text.format(ada=ada), "allowed_mentions": allowed}
        )
        expected = [f"{channel}/{sent['id']} {each.format(ada=ada)}" for each in pinged]
        assert list(fake.pinged()) == expected


async def test_answering_a_message_pings_its_author_unless_told_not_to() -> None:
    async with FakeDiscord() as fake, raw(fake) as call:
        channel, ada = fake.add_channel("cohort"), fake.add_person("Ada")
        _, message = (await fake.reply(ada, channel, "a question")).split("/")
        body = {"content": "x", "message_reference": {"message_id": message}}
        await call("POST", f"/channels/{channel}/messages", body | {"allowed_mentions": {"parse": []}})
        assert fake.pinged() == ()
        await call("POST", f"/channels/{channel}/messages", body)
        assert len(fake.pinged()) == 1


async def test_the_application_says_which_intents_are_on() -> None:
    async with FakeDiscord() as fake, raw(fake) as call:
        on = 1 << 19
        assert (await call("GET", "/oauth2/applications/@me"))["flags"] & on
        fake.message_content_intent = False
        assert not (await call("GET", "/applications/@me"))["flags"] & on
        assert (await call("GET", "/gateway"))["url"] == fake.gateway_url
        assert (await call("GET", "/gateway/bot"))["session_start_limit"]["total"] == 1_000


async def test_a_guild_is_read_through_its_routes() -> None:
    async with FakeDiscord() as fake, raw(fake) as call:
        channel, ada = fake.add_channel("cohort"), fake.add_person("Ada", manages=True)
        guild = f"/guilds/{fake.workspace}"
        assert (await call("GET", guild))["id"] == fake.workspace
        roles = {each["id"]: each["name"] for each in await call("GET", f"{guild}/roles")}
        member = await call("GET", f"{guild}/members/{ada}")
        assert [roles[each] for each in member["roles"]] == ["facilitators"]
        assert [each["id"] for each in await call("GET", f"{guild}/channels")] == [channel]
        assert await call.code("GET", f"{guild}/members") == 50001
        assert await call.code("GET", f"{guild}/members/1") == 10013
        assert await call.code("GET", "/guilds/1") == 10004
        assert [each["id"] for each in await call("GET", "/users/@me/guilds")] == [fake.workspace]


async def test_the_same_discord_comes_back_after_an_outage() -> None:
    async with FakeDiscord() as fake, raw(fake) as call:
        path = f"/channels/{fake.add_channel('cohort')}/messages"
        await call("POST", path, {"content": "before"})
        await fake.stop()
        await fake.start()
        assert [each["content"] for each in await call("GET", path)] == ["before"]


async def _thread(fake: FakeDiscord, call: Any) -> str:
    channel = fake.add_channel("cohort")
    message = (await call("POST", f"/channels/{channel}/messages", {"content": "x"}))["id"]
    return (await call("POST", f"/channels/{channel}/messages/{message}/threads", {"name": "t"}))["id"]
