"""auth, users, bots, team and reactions."""

import re

from bot.fakes.slack.calls import Call, Refusal
from bot.fakes.slack.events import reaction_event
from bot.fakes.slack.world import Json, World, to_json

_EMOJI = re.compile(r"[a-z0-9_+'-]+(::skin-tone-[2-6])?")


def auth_test(call: Call) -> Json:
    world = call.world
    return {
        "ok": True,
        "url": "https://homeroom-test.slack.com/",
        "team": "Homeroom test",
        "user": "homeroom",
        "team_id": world.enterprise if world.org_wide else world.team,
        "user_id": world.bot_user,
        "bot_id": world.bot_id,
        "is_enterprise_install": world.org_wide,
    } | ({"enterprise_id": world.enterprise} if world.enterprise else {})


def user(call: Call) -> Json:
    named = call.text("user")
    if named == call.world.bot_user:
        return {"ok": True, "user": _member(call.world, named, "homeroom", is_bot=True)}
    person = call.world.people.get(named)
    if person is None:
        raise Refusal("user_not_found")
    return {"ok": True, "user": _member(call.world, person.id, person.name, person.admin, person.tz)}


def bot(call: Call) -> Json:
    if call.find("bot") not in (None, call.world.bot_id):
        raise Refusal("bot_not_found")
    named = {"id": call.world.bot_id, "app_id": call.world.app_id, "user_id": call.world.bot_user}
    return {"ok": True, "bot": named | {"name": "homeroom", "deleted": False, "updated": 1_600_000_000}}


def team(call: Call) -> Json:
    return {"ok": True, "team": {"id": call.world.team, "name": "Homeroom test", "domain": "homeroom-test"}}


def add_reaction(call: Call) -> Json:
    message, name, world = call.message("timestamp"), _emoji(call), call.world
    who = message.reactions.setdefault(name, [])
    if world.bot_user in who:
        raise Refusal("already_reacted", slip=False)
    if world.channels[message.channel].archived:
        raise Refusal("is_archived")
    who.append(world.bot_user)
    world.tell(reaction_event(message, world.bot_user, name, world))
    return {"ok": True}


def remove_reaction(call: Call) -> Json:
    message, name, world = call.message("timestamp"), _emoji(call), call.world
    who = message.reactions.get(name, [])
    if world.bot_user not in who:
        raise Refusal("no_reaction", slip=False)
    who.remove(world.bot_user)
    world.tell(reaction_event(message, world.bot_user, name, world, added=False))
    return {"ok": True}


def reactions(call: Call) -> Json:
    message = call.message("timestamp")
    return {"ok": True, "type": "message", "channel": message.channel, "message": to_json(message, call.world)}


def _emoji(call: Call) -> str:
    name = call.text("name").strip(":")
    if not _EMOJI.fullmatch(name):
        raise Refusal("invalid_name")
    return name


def _member(world: World, named: str, name: str, admin: bool = False, tz: str = "UTC", is_bot: bool = False) -> Json:
    return {
        "id": named,
        "team_id": world.team,
        "name": name.lower().replace(" ", "."),
        "real_name": name,
        "deleted": False,
        "tz": tz,
        "locale": "en-GB",
        "profile": {"real_name": name, "display_name": name},
        "is_admin": admin,
        "is_owner": False,
        "is_primary_owner": False,
        "is_bot": is_bot,
        "is_app_user": False,
    }
