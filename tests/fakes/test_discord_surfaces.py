"""The fake keeps Discord's rules for pins, roles, menus, choices in modals and archived threads."""

from typing import Any

import pytest
from fake_discord_clients import connected, raw, told

from bot.fakes.discord import FakeDiscord, Rates

TEXT = {"content": "x"}


async def test_pins_are_capped_listed_newest_first_and_announced() -> None:
    async with FakeDiscord(rates=Rates(1_000, (1_000, 1.0))) as fake, raw(fake) as call:
        channel = fake.add_channel("cohort")
        path = f"/channels/{channel}/messages"
        ids = [(await call("POST", path, TEXT))["id"] for _ in range(51)]
        assert await call.code("PUT", f"{path}/pins/{ids[0]}") == 50013
        fake.give_permission(channel, "PIN_MESSAGES")
        for each in (*ids[:50], ids[0]):
            assert await call.code("PUT", f"{path}/pins/{each}") == 0
        assert await call.code("PUT", f"{path}/pins/{ids[50]}") == 30003
        assert await call.code("PUT", f"{path}/pins/1") == 10008
        listed = await call("GET", f"{path}/pins?limit=2")
        assert ([each["message"]["id"] for each in listed["items"]], listed["has_more"]) == (ids[49:47:-1], True)
        assert listed["items"][0]["message"]["pinned"]
        notice = (await call("GET", f"{path}?limit=1"))[0]
        assert (notice["type"], notice["message_reference"]["message_id"]) == (6, ids[49])
        assert len(fake.posts(channel)) == 51
        for _ in range(2):
            assert await call.code("DELETE", f"{path}/pins/{ids[0]}") == 0
        assert len(fake.pins(channel)) == 49
        assert fake.refusals() == ()


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "messages/{id}/reactions/%E2%9C%85/@me", None),
        ("PATCH", "messages/{id}", {"content": "y"}),
        ("PUT", "messages/pins/{id}", None),
        ("DELETE", "messages/pins/{id}", None),
        ("PATCH", "", {"name": "new name"}),
    ],
)
async def test_an_archived_thread_refuses_all_but_what_opens_it(method: str, path: str, body: Any) -> None:
    async with FakeDiscord() as fake, raw(fake) as call:
        thread, ours = await _thread(fake, call)
        where = f"/channels/{thread}/{path.format(id=ours)}".rstrip("/")
        fake.archive_thread(thread)
        assert await call.code(method, where, body) == 50083
        assert await call.code("PATCH", f"/channels/{thread}", {"archived": False}) == 0
        assert await call.code(method, where, body) == 0
        assert fake.refusals() == ()


async def test_who_may_write_in_a_thread_may_open_it_again_and_a_locked_one_is_for_who_manages_threads() -> None:
    async with FakeDiscord() as fake, raw(fake) as call:
        thread, ours = await _thread(fake, call)
        opened = f"/channels/{thread}"
        fake.archive_thread(thread)
        fake.take_permission(thread, "send_messages_in_threads")
        assert await call.code("PATCH", opened, {"archived": False}) == 50013
        fake.give_permission(thread, "send_messages_in_threads")
        fake.archive_thread(thread, locked=True)
        assert await call.code("PATCH", opened, {"archived": False}) == 50013
        assert await call.code("POST", f"{opened}/messages", TEXT) == 160005
        assert await call.code("DELETE", f"{opened}/messages/{ours}") == 50083
        fake.give_permission(thread, "manage_threads")
        assert await call.code("PATCH", opened, {"archived": False}) == 0


async def test_a_locked_thread_that_is_open_takes_reactions_but_no_edits() -> None:
    async with FakeDiscord() as fake, raw(fake) as call:
        thread, ours = await _thread(fake, call)
        fake.archive_thread(thread, locked=True)
        fake.world.channels[int(thread)].archived = False
        message = f"/channels/{thread}/messages/{ours}"
        assert await call.code("PUT", f"{message}/reactions/%E2%9C%85/@me") == 0
        assert await call.code("PATCH", message, {"content": "y"}) == 160005


async def test_in_an_archived_thread_a_message_may_be_deleted_and_writing_opens_it() -> None:
    async with FakeDiscord() as fake, raw(fake) as call:
        thread, ours = await _thread(fake, call)
        fake.archive_thread(thread)
        assert await call.code("DELETE", f"/channels/{thread}/messages/{ours}") == 0
        assert (await call("GET", f"/channels/{thread}"))["thread_metadata"]["archived"]
        await fake.reply(fake.add_person("Ada"), thread, "late")
        assert not (await call("GET", f"/channels/{thread}"))["thread_metadata"]["archived"]


async def test_a_role_is_notified_where_it_may_be_mentioned() -> None:
    async with FakeDiscord() as fake, raw(fake) as call:
        channel = fake.add_channel("cohort")
        loud, quiet = fake.add_role("loud", mentionable=True), fake.add_role("quiet")
        path = f"/channels/{channel}/messages"
        body = {"content": f"<@&{loud}> <@&{quiet}>", "allowed_mentions": {"roles": [loud, quiet]}}
        await call("POST", path, body)
        assert [each.split()[1] for each in fake.pinged()] == [f"<@&{loud}>"]
        fake.give_permission(channel, "mention_everyone")
        await call("POST", path, body)
        assert [each.split()[1] for each in fake.pinged()][1:] == [f"<@&{loud}>", f"<@&{quiet}>"]
        roles = await call("GET", f"/guilds/{fake.workspace}/roles")
        assert {each["name"]: each["mentionable"] for each in roles}["loud"]


async def test_an_answer_mentions_whom_it_answers_unless_that_is_switched_off() -> None:
    async with FakeDiscord(message_content_intent=False) as fake, raw(fake) as call:
        channel, ada = fake.add_channel("cohort"), fake.add_person("Ada")
        ours = (await call("POST", f"/channels/{channel}/messages", TEXT))["id"]
        seen = fake.event_of(await fake.reply(ada, f"{channel}/{ours}", "with"))
        unseen = fake.event_of(await fake.reply(ada, f"{channel}/{ours}", "without", notifies=False))
        assert [len(each["mentions"]) for each in (seen, unseen)] == [1, 0]
        history = await call("GET", f"/channels/{channel}/messages?limit=2")
        assert [each["content"] for each in history] == ["", "with"]


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"default_member_permissions": "many"}, "NUMBER_TYPE_COERCE"),
        ({"default_member_permissions": True}, "NUMBER_TYPE_COERCE"),
        ({"contexts": []}, "BASE_TYPE_REQUIRED"),
        ({"contexts": [0, 0]}, "SET_TYPE_ALREADY_CONTAINS_VALUE"),
        ({"contexts": [7]}, "BASE_TYPE_CHOICES"),
        ({"integration_types": [2]}, "BASE_TYPE_CHOICES"),
        ({"type": 3, "description": "none may be given"}, "APPLICATION_COMMAND_CONTEXT_MENU"),
    ],
)
async def test_a_commands_doors_are_checked(more: dict[str, Any], code: str) -> None:
    async with FakeDiscord() as fake, raw(fake) as call:
        path = f"/applications/{fake.world.bot.id}/commands"
        command = {"type": 1, "name": "today", "description": "The lesson"}
        answer = await call("PUT", path, [command | more])
        assert code in told(answer["errors"]), answer


async def test_a_command_is_shown_by_permission_in_servers_and_by_context_everywhere() -> None:
    async with FakeDiscord() as fake, connected(fake), raw(fake) as call:
        path = f"/applications/{fake.world.bot.id}/commands"
        report = {"type": 1, "name": "report", "description": "x", "default_member_permissions": 1 << 13}
        here = {"type": 3, "name": "Only here", "contexts": [0]}
        (listed, menu) = await call("PUT", path, [report, here])
        assert (listed["default_member_permissions"], menu["contexts"]) == ("8192", [0])
        channel, ada = fake.add_channel("cohort"), fake.add_person("Ada")
        with pytest.raises(LookupError, match="needs permissions"):
            await fake.command(ada, channel, "report")
        direct = await fake.reply(ada, fake.dm_channel(ada), "hello")
        with pytest.raises(LookupError, match="is not shown in"):
            await fake.message_command(ada, direct, "Only here")


async def test_a_role_option_takes_a_role_of_the_server() -> None:
    async with FakeDiscord() as fake, connected(fake) as bot, raw(fake) as call:
        path = f"/applications/{fake.world.bot.id}/commands"
        option = {"type": 8, "name": "who", "description": "x"}
        await call("PUT", path, [{"type": 1, "name": "ping", "description": "x", "options": [option]}])
        channel, ada, role = fake.add_channel("cohort"), fake.add_person("Ada"), fake.add_role("learners")
        with pytest.raises(LookupError, match="no role"):
            await fake.command(ada, channel, "ping", {"who": "off"})
        await fake.command(ada, channel, "ping", {"who": role})
        (interaction,) = await bot.hears("interaction")
        assert interaction.data["options"] == [{"name": "who", "type": 8, "value": role}]
        assert interaction.data["resolved"]["roles"][role]["name"] == "learners"


def _select(**more: Any) -> dict[str, Any]:
    options = [{"label": "One", "value": "1"}, {"label": "Two", "value": "2"}]
    return {"type": 3, "custom_id": "which", "options": options} | more


@pytest.mark.parametrize(
    ("select", "code"),
    [
        (_select(), ""),
        (_select(required=False, min_values=0), ""),
        (_select(min_values=0), "SELECT_REQUIRED_MIN_VALUES"),
        (_select(required=True, min_values=0), "SELECT_REQUIRED_MIN_VALUES"),
        (_select(disabled=True), "COMPONENT_DISABLED_IN_MODAL"),
        (_select(options=[]), "BASE_TYPE_REQUIRED"),
        (_select(options=[{"label": "x", "value": str(n)} for n in range(26)]), "BASE_TYPE_MAX_LENGTH"),
        (_select(options=[{"label": "x", "value": "1"}] * 2), "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED"),
        (_select(options=[{"label": "x", "value": v, "default": True} for v in "12"]), "SELECT_TOO_MANY_DEFAULTS"),
    ],
)
async def test_a_choice_in_a_modal_is_checked(select: dict[str, Any], code: str) -> None:
    async with FakeDiscord() as fake, connected(fake), raw(fake) as call:
        await call("PUT", f"/applications/{fake.world.bot.id}/commands", [{"name": "form", "description": "x"}])
        channel, ada = fake.add_channel("cohort"), fake.add_person("Ada")
        started = fake.interactions.start(fake.world, 2, int(ada), fake.world.channels[int(channel)], {"name": "form"})
        label = {"type": 18, "label": "Which?", "component": select}
        modal = {"type": 9, "data": {"custom_id": "m", "title": "Form", "components": [label]}}
        answer = await call("POST", f"/interactions/{started.id}/{started.token}/callback", modal)
        assert code in told((answer or {}).get("errors")) if code else call.status == 204


async def _thread(fake: FakeDiscord, call: Any) -> tuple[str, str]:
    """A thread that the bot opened and may pin in, and a message of its own in it."""
    channel = fake.add_channel("cohort")
    fake.give_permission(channel, "PIN_MESSAGES")
    message = (await call("POST", f"/channels/{channel}/messages", TEXT))["id"]
    await call("POST", f"/channels/{channel}/messages/{message}/threads", {"name": "t"})
    return message, (await call("POST", f"/channels/{message}/messages", TEXT))["id"]
