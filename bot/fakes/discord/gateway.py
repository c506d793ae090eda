"""The gateway: sessions, sockets, and what each session may hear. Close codes and opcodes: Discord's documentation,
"Opcodes and Status Codes"."""

import asyncio
import json
import secrets
import zlib
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from aiohttp import WSMsgType, web

from bot.fakes.discord.sessions import (
    GUILDS,
    MEMBERS,
    MESSAGE_CONTENT,
    PRESENCES,
    Line,
    Session,
    Starts,
    fault_in,
    hears,
    on_shard,
    shard_in,
    write_out,
)
from bot.fakes.discord.wire import guild_create, member_with_user, user_json
from bot.fakes.discord.wire_messages import without_content
from bot.fakes.discord.world import Json, World

DISPATCH, HEARTBEAT, IDENTIFY, PRESENCE, VOICE, RESUME, RECONNECT, MEMBERS_ASKED = 0, 1, 2, 3, 4, 6, 7, 8
INVALID_SESSION, HELLO, HEARTBEAT_ACK = 9, 10, 11


class Gateway:
    """All gateway sessions of the bot. `token` answers with the token that counts now, or None when it was revoked."""

    def __init__(self, world: World, token: Callable[[], str | None], heartbeat: float, starts: Starts) -> None:
        self._world = world
        self._token = token
        self.starts = starts
        self.reset_token: Callable[[], None] = lambda: None
        self.crowded: list[int] = []  # shards that were opened while another session of theirs was connected
        self._heartbeat = heartbeat
        self._sessions: dict[str, Session] = {}
        self._lines: set[Line] = set()
        self._held: list[tuple[str, Json]] | None = None
        self.url = ""
        self.identified: Counter[int] = Counter()  # shard → sessions opened
        self.answers_heartbeats = True
        self.resumes = 0

    @property
    def identifies(self) -> int:
        return self.identified.total()

    @property
    def connected(self) -> int:
        """Sessions with an open socket."""
        return len(self.shards())

    def shards(self) -> list[int]:
        """The shard of each session with an open socket."""
        return sorted(session.shard[0] for session in self._sessions.values() if session.line is not None)

    def emit(self, name: str, payload: Json) -> None:
        """Tell every session that may hear it; one without a socket hears it when it resumes."""
        if self._held is not None:
            self._held.append((name, payload))
            return
        for session in self._sessions.values():
            if hears(session, name, payload):
                self._dispatch(session, name, self._as_heard(session, name, payload))

    def hold(self) -> None:
        """Keep events back until `release`."""
        self._held = []

    def release(self, backwards: bool) -> None:
        held, self._held = self._held or [], None
        for name, payload in reversed(held) if backwards else held:
            self.emit(name, payload)

    def drop(self, resumable: bool, shard: int | None = None) -> None:
        """Ask every client (or one shard's) to reconnect (op 7), or invalidate its session (op 9), and close."""
        for session in [each for each in self._sessions.values() if shard in (None, each.shard[0])]:
            if session.line is not None:
                session.line.send(*((RECONNECT, None) if resumable else (INVALID_SESSION, False)))
                self._close(session.line, 4000)
            if not resumable:
                del self._sessions[session.id]

    def cut(self) -> None:
        """Break every socket without a word, as a network does."""
        for line in [*self._lines]:
            if line.transport is not None:
                line.transport.abort()

    def forget(self) -> None:
        """Forget every session: the next RESUME is answered with op 9."""
        for session in self._sessions.values():
            session.line = None
        self._sessions.clear()

    def refuse_all(self, code: int) -> None:
        """Close every socket with this code and forget the sessions."""
        for line in [*self._lines]:
            self._close(line, code)
        self._sessions.clear()

    async def connect(self, request: web.Request) -> web.WebSocketResponse:
        """One client's socket, from HELLO until it closes."""
        socket = web.WebSocketResponse(max_msg_size=0)
        await socket.prepare(request)
        line = Line(socket, request.transport)
        line.squeeze = zlib.compressobj() if request.query.get("compress") == "zlib-stream" else None
        self._lines.add(line)
        writer = asyncio.create_task(write_out(line))
        line.send(HELLO, {"heartbeat_interval": int(self._heartbeat * 1_000), "_trace": []})
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    self._hear(line, message.data)
        finally:
            self._lines.discard(line)
            self._detach(line)
            writer.cancel()
            with suppress(asyncio.CancelledError, ConnectionError):
                await writer
        return socket

    async def stop(self) -> None:
        for line in [*self._lines]:
            with suppress(ConnectionError):
                await line.socket.close(code=1001)

    def _hear(self, line: Line, text: str) -> None:
        code = fault_in(line, text)
        if code:
            self._close(line, code)
            return
        payload = json.loads(text)
        op, d = payload["op"], payload.get("d")
        if op == HEARTBEAT:
            if self.answers_heartbeats:
                line.send(HEARTBEAT_ACK)
        elif op == IDENTIFY:
            self._identify(line, d)
        elif op == RESUME:
            self._resume(line, d)
        elif self._session_of(line) is None:
            self._close(line, 4003)
        elif op == MEMBERS_ASKED:
            self._send_members(line, d)
        elif op not in (PRESENCE, VOICE):
            self._close(line, 4001)

    def _identify(self, line: Line, d: Any) -> None:
        if self._session_of(line) is not None:
            self._close(line, 4005)
        elif not isinstance(d, dict) or self._token() is None or d.get("token") != self._token():
            self._close(line, 4004)
        elif (shard := shard_in(d)) is None:
            self._close(line, 4010)
        elif not isinstance(d.get("intents"), int) or d["intents"] >> 26:
            self._close(line, 4013)
        elif d["intents"] & self._disallowed():
            self._close(line, 4014)
        else:
            self._start(line, d["intents"], shard)

    def _start(self, line: Line, intents: int, shard: tuple[int, int]) -> None:
        """Count the session, and open it when it may be opened."""
        self.identified[shard[0]] += 1
        in_time = self.starts.take(shard[0])
        if self.starts.remaining < 0:
            self.reset_token()
        elif in_time:
            if any(each.shard == shard and each.line is not None for each in self._sessions.values()):
                self.crowded.append(shard[0])
            self._open(line, intents, shard)
        else:
            line.send(INVALID_SESSION, False)

    def _disallowed(self) -> int:
        """Privileged intents that are not switched on for the app."""
        members = 0 if self._world.members_intent else MEMBERS
        return members | PRESENCES | (0 if self._world.message_content else MESSAGE_CONTENT)

    def _open(self, line: Line, intents: int, shard: tuple[int, int]) -> None:
        session = Session(secrets.token_hex(16), intents, shard, line=line)
        self._sessions[session.id] = session
        bot = self._world.bot
        guilds = [guild for guild in self._world.guilds.values() if bot.id in guild.members]
        guilds = [guild for guild in guilds if on_shard(session, guild.id)]
        ready = {
            "v": 10,
            "user": user_json(bot) | {"flags": 0, "verified": True, "mfa_enabled": False, "email": None},
            "guilds": [{"id": str(guild.id), "unavailable": True} for guild in guilds],
            "private_channels": [],
            "session_id": session.id,
            "resume_gateway_url": self.url,
            "application": {"id": str(bot.id), "flags": 1 << 19 if self._world.message_content else 0},
            "shard": list(session.shard),
            "session_type": "normal",
            "_trace": [],
        }
        self._dispatch(session, "READY", ready)
        for guild in guilds if intents & GUILDS else ():
            self._dispatch(session, "GUILD_CREATE", guild_create(self._world, guild))

    def _resume(self, line: Line, d: Any) -> None:
        fields = d if isinstance(d, dict) else {}
        if self._token() is None or fields.get("token") != self._token():
            self._close(line, 4004)
            return
        session, seen = self._sessions.get(str(fields.get("session_id"))), fields.get("seq")
        if session is None or not isinstance(seen, int) or seen > session.sequence:
            line.send(INVALID_SESSION, False)
            return
        if session.log and seen < session.log[0][0] - 1:
            line.send(INVALID_SESSION, False)
            return
        self.resumes += 1
        session.line = line
        for number, text in session.log:
            if number > seen:
                line.queue.put_nowait(text)
        self._dispatch(session, "RESUMED", {"_trace": []})

    def _send_members(self, line: Line, d: Any) -> None:
        session, fields = self._session_of(line), d if isinstance(d, dict) else {}
        guild = self._world.guilds.get(int(fields.get("guild_id") or 0))
        if session is None or guild is None:
            return
        wanted = {int(each) for each in fields.get("user_ids") or guild.members}
        members = [member_with_user(self._world, guild, each) for each in sorted(wanted & guild.members.keys())]
        chunk = {"guild_id": str(guild.id), "members": members, "chunk_index": 0, "chunk_count": 1, "not_found": []}
        nonce = {"nonce": fields["nonce"]} if fields.get("nonce") else {}
        self._dispatch(session, "GUILD_MEMBERS_CHUNK", chunk | nonce)

    def _dispatch(self, session: Session, name: str, payload: Json) -> None:
        session.sequence += 1
        text = json.dumps({"op": DISPATCH, "d": payload, "s": session.sequence, "t": name})
        session.log.append((session.sequence, text))
        if session.line is not None:
            session.line.queue.put_nowait(text)

    def _as_heard(self, session: Session, name: str, payload: Json) -> Json:
        hides = name in ("MESSAGE_CREATE", "MESSAGE_UPDATE") and not session.intents & MESSAGE_CONTENT
        return without_content(self._world, payload) if hides else payload

    def _session_of(self, line: Line) -> Session | None:
        return next((each for each in self._sessions.values() if each.line is line), None)

    def _close(self, line: Line, code: int) -> None:
        self._detach(line)
        line.queue.put_nowait(code)

    def _detach(self, line: Line) -> None:
        session = self._session_of(line)
        if session is not None:
            session.line = None
