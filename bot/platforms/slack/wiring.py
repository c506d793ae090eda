"""Bolt's listeners: each event is acknowledged only after what it says is safe."""

import logging
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.error import BoltUnhandledRequestError
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.chat.inbound import Heard, Reply, ReplyEdited
from bot.chat.port import Ears
from bot.platforms.slack.actions import PREFIX
from bot.platforms.slack.answering import Answering
from bot.platforms.slack.commands import reads_as_command
from bot.platforms.slack.events import Identity, is_direct, is_members, said_to_us, to_heard
from bot.platforms.slack.failures import told
from bot.platforms.slack.limits import typed
from bot.platforms.slack.people import People

log = logging.getLogger(__name__)
bolt_log = logging.getLogger(f"{__name__}.bolt")
bolt_log.setLevel(logging.CRITICAL)  # Bolt logs whole requests, and members' words with them

Payload = Mapping[str, Any]


def build_app(web: AsyncWebClient, us: Identity, ears: Ears, people: People, answering: Answering) -> AsyncApp:
    """All that Slack can send, wired to the ears. Raising in a listener leaves the event unacknowledged."""
    app = _bare_app(web, us)

    async def message(event: Payload, body: Payload) -> None:
        workspace = str(body.get("team_id") or us.team)
        heard = to_heard(event, workspace, us)
        line = _command_line(heard, us)
        if line is None:
            if heard is not None:
                await ears.hear(await _named(heard, people))
        elif isinstance(heard, Reply) and is_direct(str(event.get("channel"))):
            await answering.speak(event, workspace, line)

    async def app_mention(event: Payload, body: Payload) -> None:
        line = said_to_us(typed(str(event.get("text") or "")), us)
        direct = is_direct(str(event.get("channel")))
        if line is None or direct or event.get("edited") or not is_members(event, us):
            return
        if not event.get("thread_ts") or reads_as_command(line):
            await answering.speak(event, str(body.get("team_id") or us.team), line)

    async def command(ack: AsyncAck, body: Payload) -> None:
        answer = await answering.slash(body)
        await (ack(dict(answer)) if answer else ack())

    async def button(ack: AsyncAck, body: Payload) -> None:
        await answering.press(body)
        await ack()

    async def form(ack: AsyncAck, body: Payload) -> None:
        await ack(**await answering.submit(body))

    async def nothing() -> None:
        """What nobody waits for is acknowledged, or Slack sends it again."""

    app.event("message")(message)
    app.event("app_mention")(app_mention)
    app.event(re.compile(".*"))(nothing)
    app.command(re.compile(".*"))(command)
    app.action(re.compile(f"^{PREFIX}"))(button)
    app.view(re.compile(f"^{PREFIX}"))(form)
    return app


def _bare_app(web: AsyncWebClient, us: Identity) -> AsyncApp:
    async def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        return AuthorizeResult(
            enterprise_id=enterprise_id,
            team_id=team_id or us.team,
            bot_user_id=us.user,
            bot_id=us.bot,
            bot_token=web.token,
        )

    app = AsyncApp(
        logger=bolt_log,
        client=web,
        authorize=authorize,
        process_before_response=True,
        raise_error_for_unhandled_request=True,
        request_verification_enabled=False,  # done before Bolt, see http.py; Socket Mode has no signature
    )

    async def failed(error: Exception) -> BoltResponse:
        if isinstance(error, BoltUnhandledRequestError):
            return BoltResponse(status=200, body="")
        log.error("slack event=unacknowledged error=%s", told(error))
        return BoltResponse(status=500, body="")

    app.error(failed)
    return app


def _command_line(heard: Heard | None, us: Identity) -> str | None:
    """The command that somebody wrote instead of a reply, in a direct message or behind a mention."""
    reply = heard.reply if isinstance(heard, ReplyEdited) else heard
    if not isinstance(reply, Reply):
        return None
    line = said_to_us(reply.text, us)
    if line is None and reply.thread is None:
        line = reply.text
    return line if line is not None and reads_as_command(line) else None


async def _named(heard: Heard, people: People) -> Heard:
    match heard:
        case Reply():
            return replace(heard, author=await people.person(heard.author.ref))
        case ReplyEdited(reply):
            return ReplyEdited(replace(reply, author=await people.person(reply.author.ref)))
        case _:
            return heard
