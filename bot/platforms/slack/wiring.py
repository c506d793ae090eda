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

from bot.chat.commands import from_line
from bot.chat.inbound import Heard, Reply, ReplyEdited
from bot.chat.port import Ears
from bot.platforms.slack.actions import PREFIX
from bot.platforms.slack.agent import Agent, Conversations
from bot.platforms.slack.answering import Answering
from bot.platforms.slack.commands import is_for_us_alone, reads_as_command, to_asked, to_line
from bot.platforms.slack.events import Identity, is_direct, is_members, said_to_us, to_heard
from bot.platforms.slack.failures import told
from bot.platforms.slack.home import Home
from bot.platforms.slack.memory import to_memory
from bot.platforms.slack.people import People
from bot.platforms.slack.pressing import press, sent, shortcut
from bot.platforms.slack.reactions import to_reacted
from bot.platforms.slack.selecting import to_options, to_partial
from bot.platforms.slack.unfurling import unfurl

log = logging.getLogger(__name__)
bolt_log = logging.getLogger(f"{__name__}.bolt")
bolt_log.setLevel(logging.CRITICAL)  # Bolt logs whole requests, and members' words with them

Payload = Mapping[str, Any]


def build_app(
    web: AsyncWebClient,
    us: Identity,
    ears: Ears,
    people: People,
    answering: Answering,
    conversations: Conversations,
    reader_url: str | None = None,
) -> AsyncApp:
    """All that Slack can send, wired to the ears. Raising in a listener leaves the event unacknowledged.

    Bolt asks its listeners one after the other, and what it makes to ask each is the most that it does: what comes
    most often, and by the hundred, stands first.

    reader_url: the address of our reader's root, links to which are shown as cards; None for none.
    """
    app = _bare_app(web, us)
    home, agent = Home(answering), Agent(answering.mouth, ears, us, conversations)
    _hear(app, us, ears, people, answering, agent)
    _interact(app, ears, answering, home)
    _hear_mentions(app, us, answering)
    _see(app, us, ears, people)
    _open(app, us, answering, home, agent, reader_url)
    app.event(re.compile(".*"))(nothing)
    return app


async def nothing() -> None:
    """What nobody waits for is acknowledged, or Slack sends it again."""


def _hear(app: AsyncApp, us: Identity, ears: Ears, people: People, answering: Answering, agent: Agent) -> None:
    """What people write."""

    async def message(event: Payload, body: Payload) -> None:
        workspace = str(body.get("team_id") or us.team)
        heard = to_heard(event, workspace, us)
        if heard is None:
            return
        direct = is_direct(str(event.get("channel")))
        thread = await agent.begun(event) if direct and isinstance(heard, Reply) else ""
        line = _line_for_us(heard, us)
        if line is None:
            await ears.hear(await _named(heard, people))
        elif direct and isinstance(heard, Reply):
            await answering.speak(event, workspace, *from_line(line), thread)

    app.event("message")(message)


def _hear_mentions(app: AsyncApp, us: Identity, answering: Answering) -> None:
    """What people ask us before others."""

    async def app_mention(event: Payload, body: Payload) -> None:
        line = said_to_us(str(event.get("text") or ""), us)
        direct = is_direct(str(event.get("channel")))
        if line is None or direct or event.get("edited") or not is_members(event, us):
            return
        thread = str(event.get("thread_ts") or "")
        await answering.speak(event, str(body.get("team_id") or us.team), *to_asked(to_line(line)), thread)

    app.event("app_mention")(app_mention)


def _see(app: AsyncApp, us: Identity, ears: Ears, people: People) -> None:
    """The emoji that people put under messages and take away again. None is worth a second delivery."""

    async def reacted(event: Payload, body: Payload) -> None:
        try:
            seen = to_reacted(event, str(body.get("team_id") or us.team), us)
            if seen is not None and not await people.is_bot(seen.person.ref):
                await ears.see(seen)
        except Exception as error:
            log.error("slack event=not_kept name=%s error=%s", event.get("type"), told(error))

    app.event("reaction_added")(reacted)
    app.event("reaction_removed")(reacted)


def _open(app: AsyncApp, us: Identity, answering: Answering, home: Home, agent: Agent, reader_url: str | None) -> None:
    """What people look at."""

    async def app_home_opened(event: Payload, body: Payload) -> None:
        workspace = str(body.get("team_id") or us.team)
        if event.get("tab") == "home":
            await home.opened(event, workspace)
        await agent.opened(event, workspace)

    async def link_shared(event: Payload, body: Payload) -> None:
        if reader_url:
            await answering.within(unfurl(answering, reader_url, event, str(body.get("team_id") or us.team)))

    app.event("app_home_opened")(app_home_opened)
    app.event("link_shared")(link_shared)


def _interact(app: AsyncApp, ears: Ears, answering: Answering, home: Home) -> None:
    """What people type into a command or a form, press and choose."""

    async def command(ack: AsyncAck, body: Payload) -> None:
        answer = await answering.slash(body)
        await (ack(dict(answer)) if answer else ack())

    async def pressed(ack: AsyncAck, body: Payload) -> None:
        await press(answering, home, body)
        await ack()

    async def called(ack: AsyncAck, body: Payload) -> None:
        await shortcut(answering, body)
        await ack()

    async def typing(ack: AsyncAck, body: Payload) -> None:
        view = body.get("view") or {}
        channel = (body.get("channel") or {}).get("id") or to_memory(view).channel
        partial = to_partial(body, answering.team(body), None if channel and is_direct(channel) else channel)
        await ack(options=list(to_options(ears.suggest(partial) if partial else ())))

    async def form(ack: AsyncAck, body: Payload) -> None:
        await ack(**await sent(answering, home, body))

    ours = re.compile(f"^{PREFIX}")
    app.command(re.compile(".*"))(command)
    app.action(ours)(pressed)
    app.shortcut(ours)(called)
    app.options(ours)(typing)
    app.view(ours)(form)


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


def _line_for_us(heard: Heard, us: Identity) -> str | None:
    """What somebody wrote that is no reply: a command in a direct message; a command or a question to us in a thread,
    which comes as a mention as well."""
    reply = heard.reply if isinstance(heard, ReplyEdited) else heard
    if not isinstance(reply, Reply):
        return None
    line = said_to_us(reply.text, us)
    if reply.thread is None:
        line = reply.text if line is None else line
        return line if reads_as_command(line) else None
    return line if line is not None and is_for_us_alone(line) else None


async def _named(heard: Heard, people: People) -> Heard:
    """With its author's name; nobody is looked up who wrote outside of threads, and has none."""
    match heard:
        case Reply():
            return replace(heard, author=await people.person(heard.author.ref))
        case ReplyEdited(reply) if reply.author.name:
            return ReplyEdited(replace(reply, author=await people.person(reply.author.ref)))
        case _:
            return heard
