"""What people did in threads, said to the bot directly and changed anywhere, kept as JSON until it has heard it."""

import json
import sqlite3
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.chat.inbound import Heard, Person, Reply, ReplyDeleted, ReplyEdited
from bot.platforms.simulator import places
from bot.platforms.simulator.record import Message, to_micros, to_moment
from bot.platforms.simulator.roster import Roster
from bot.platforms.simulator.terms import PLATFORM, WORKSPACE


def to_payload(kind: str, message: Message, now: datetime) -> Mapping[str, Any]:
    """An event as JSON. kind: "reply", "edited" or "deleted"; `message` as it stands then."""
    return {
        "kind": kind,
        "thread": _thread(message),
        "message": message.ref,
        "author": message.author,
        "text": message.body["text"],
        "sent_at": to_micros(message.at),
        "revision": message.revision,
        "at": to_micros(now),
    }


def find_waiting(record: sqlite3.Connection, roster: Roster) -> tuple[tuple[int, Heard], ...]:
    """(number, what happened), oldest first: all that the bot has not kept."""
    rows = record.execute("SELECT id, payload FROM events ORDER BY id").fetchall()
    people = roster.people() if rows else {}
    return tuple((row, to_heard(json.loads(payload), people)) for row, payload in rows)


def to_heard(payload: Mapping[str, Any], people: Mapping[str, Person]) -> Heard:
    """The event as the bot hears it."""
    if payload["kind"] == "deleted":
        at = to_moment(payload["at"])
        return ReplyDeleted(PLATFORM, WORKSPACE, payload["thread"], payload["message"], at)
    reply = Reply(
        PLATFORM,
        WORKSPACE,
        payload["thread"],
        payload["message"],
        people[payload["author"]],
        payload["text"],
        to_moment(payload["sent_at"]),
        payload["revision"],
    )
    return ReplyEdited(reply) if payload["kind"] == "edited" else reply


def to_reply(message: Message, people: Mapping[str, Person]) -> Reply:
    """A message as it stands, as the bot reads it: in a thread, in a channel, or (thread None) said to it directly."""
    author = people[message.author or ""]
    text = message.body["text"]
    return Reply(PLATFORM, WORKSPACE, _thread(message), message.ref, author, text, message.at, message.revision)


def _thread(message: Message) -> str | None:
    return None if places.is_direct(message.place) else message.place
