"""The table of REST routes: a template for the path, and the function that answers."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.fakes.discord import messages, pins, places, threads
from bot.fakes.discord.interactions import Interactions
from bot.fakes.discord.world import Call, World

Handler = Callable[[World, Call], Any]


@dataclass(frozen=True)
class Route:
    method: str
    template: str
    handler: Handler
    pattern: re.Pattern[str]

    @property
    def name(self) -> str:
        return f"{self.method} {self.template}"

    @property
    def needs_token(self) -> bool:
        """Interaction callbacks and webhooks carry their own token, and do not count for the bot's overall limit."""
        return "{token}" not in self.template


def routes(interactions: Interactions) -> list[Route]:
    """Every route but those that say where the gateway is. A route with a fixed part stands before a wilder one."""
    channel, guild = "/channels/{channel}", "/guilds/{guild}"
    message, application = f"{channel}/messages/{{message}}", "/applications/{application}"
    hook, mine = "/webhooks/{application}/{token}", f"{channel}/messages/{{message}}/reactions/{{emoji}}/@me"
    table: list[tuple[str, str, Handler]] = [
        ("GET", "/users/@me", places.read_me),
        ("GET", "/users/@me/guilds", places.read_my_guilds),
        ("POST", "/users/@me/channels", places.open_dm),
        ("GET", "/users/{user}", places.read_user),
        ("GET", "/applications/@me", places.read_application),
        ("GET", "/oauth2/applications/@me", places.read_application),
        ("GET", f"{application}/commands", places.read_commands),
        ("PUT", f"{application}/commands", places.write_commands),
        ("GET", f"{application}/guilds/{{guild}}/commands", places.read_commands),
        ("PUT", f"{application}/guilds/{{guild}}/commands", places.write_commands),
        ("GET", guild, places.read_guild),
        ("GET", f"{guild}/roles", places.read_roles),
        ("GET", f"{guild}/channels", places.read_guild_channels),
        ("GET", f"{guild}/members", places.read_members),
        ("GET", f"{guild}/members/{{user}}", places.read_member),
        ("GET", f"{guild}/threads/active", threads.read_active_threads),
        ("GET", channel, places.read_channel),
        ("PATCH", channel, threads.edit_channel),
        ("DELETE", channel, threads.delete_thread),
        ("POST", f"{channel}/threads", threads.start_post),
        ("GET", f"{channel}/threads/archived/public", threads.read_archived_threads),
        ("GET", f"{channel}/thread-members", threads.read_thread_members),
        ("PUT", f"{channel}/thread-members/{{user}}", threads.join_thread),
        ("DELETE", f"{channel}/thread-members/{{user}}", threads.leave_thread),
        ("POST", f"{channel}/typing", places.show_typing),
        ("GET", f"{channel}/messages", messages.read_history),
        ("POST", f"{channel}/messages", messages.create_message),
        ("GET", f"{channel}/messages/pins", pins.read_pins),
        ("PUT", f"{channel}/messages/pins/{{message}}", pins.add_pin),
        ("DELETE", f"{channel}/messages/pins/{{message}}", pins.remove_pin),
        ("GET", message, messages.read_message),
        ("PATCH", message, messages.edit_message),
        ("DELETE", message, messages.delete_message),
        ("POST", f"{message}/threads", threads.start_thread),
        ("PUT", mine, messages.add_reaction),
        ("DELETE", mine, messages.remove_reaction),
        ("GET", f"{message}/reactions/{{emoji}}", messages.read_reactions),
        ("POST", "/interactions/{interaction}/{token}/callback", interactions.answer),
        ("POST", hook, interactions.follow_up),
        ("GET", f"{hook}/messages/{{message}}", interactions.read_answer),
        ("PATCH", f"{hook}/messages/{{message}}", interactions.edit_answer),
        ("DELETE", f"{hook}/messages/{{message}}", interactions.delete_answer),
    ]
    return [Route(method, path, handler, _pattern(path)) for method, path, handler in table]


def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template))
