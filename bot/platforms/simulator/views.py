"""The room as one person sees it, as JSON for the page. Times are told in the cohort's zone."""

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any

from bot.chat.commands import COMMANDS, MESSAGE_COMMANDS, CommandSpec
from bot.chat.inbound import Person
from bot.chat.port import Body, Mark
from bot.clock import monotonic
from bot.platforms.simulator import places
from bot.platforms.simulator.record import Message, Whisper, number_of, to_micros
from bot.platforms.simulator.room import Room
from bot.platforms.simulator.rules import MARKS

View = Mapping[str, Any]

PAGE_LENGTH = 120
"""Messages of a channel that are shown at once; earlier ones are asked for."""

_MARK_LABELS: Mapping[str, str] = {
    Mark.KEPT: "Kept",
    Mark.COMPLETE: "Kept: all done for this lesson",
    Mark.PRAISED: "A facilitator liked it",
}


def room_view(room: Room, person: str, channel: str, now: datetime, status: str, suggests: bool) -> View:
    """Everything that the page shows at first. suggests: whether options are completed while somebody types."""
    return {
        "suggests": suggests,
        "you": person,
        "channel": channel,
        "channels": [{"ref": ref, "name": name} for ref, name in room.roster.channels().items()],
        "people": [person_view(known) for known in room.roster.people().values()],
        "direct": places.direct(person),
        "home": places.home(person),
        "commands": [_command_view(spec) for spec in COMMANDS],
        "message_commands": [vars(each) for each in MESSAGE_COMMANDS],
        "clock": clock_view(now, status),
        **place_view(room, person, channel, now, None),
    }


def place_view(room: Room, person: str, place: str, now: datetime, before: int | None) -> View:
    """What stands in a channel or a thread, as this person sees it, numbered below `before`."""
    messages = room.messages(place, before, PAGE_LENGTH + 1)
    whispers = room.whispers(person) if before is None else ()
    zone = now.tzinfo
    root = room.find_root(place)
    return {
        "place": place,
        "earlier": len(messages) > PAGE_LENGTH,
        "pins": pin_views(room, place, zone),
        "root": root and message_view(room, root, zone),
        "messages": [message_view(room, message, zone) for message in messages[-PAGE_LENGTH:]],
        "whispers": [
            whisper_view(room, whisper, zone)
            for whisper in whispers[-PAGE_LENGTH:]
            if whisper.place == place or (whisper.place is None and root is None)
        ],
    }


def pin_views(room: Room, place: str, zone: tzinfo | None) -> Sequence[View]:
    """What is pinned at the top of the place, oldest first."""
    return [
        {"ref": message.ref, "title": message.body["title"], **_time_view(message.at, zone)}
        for message in room.pins(place)
    ]


def home_views(room: Room, person: str, bodies: Sequence[Body], now: datetime) -> Sequence[View]:
    """The page of a person's own, as private messages that stay."""
    place = places.home(person)
    return [
        {
            "ref": f"{place}/{number}",
            "place": place,
            "number": number,
            "private": True,
            "home": True,
            "body": _named(room, body),
            **_time_view(now, now.tzinfo),
            "at": 0,
        }
        for number, body in enumerate(bodies)
    ]


def message_view(room: Room, message: Message, zone: tzinfo | None) -> View:
    """One message; `text` for a person's, `body` for the bot's. `told`: grows, so that the page can tell the newer of
    two views that overtake each other on their way."""
    people = room.roster.people()
    return {
        "ref": message.ref,
        "place": message.place,
        "number": number_of(message.ref),
        "told": monotonic(),
        "author": person_view(people[message.author]) if message.author else None,
        "text": message.body.get("text"),
        "body": _named(room, message.body) if message.author is None else None,
        "edited": message.revision > 0,
        "marks": [{"name": mark, "icon": MARKS[mark], "label": _MARK_LABELS[mark]} for mark in room.marks(message.ref)],
        "likes": room.emoji.under(message.ref),
        "thread": _thread_view(room, message),
        **_time_view(message.at, zone),
    }


def whisper_view(room: Room, whisper: Whisper, zone: tzinfo | None) -> View:
    """One private message."""
    return {
        "ref": whisper.ref,
        "place": whisper.place,
        "number": number_of(whisper.ref),
        "private": True,
        "body": _named(room, whisper.body),
        **_time_view(whisper.at, zone),
    }


def clock_view(now: datetime, status: str) -> View:
    """The simulated time, in the zone that `now` is told in."""
    zone = getattr(now.tzinfo, "key", None) or now.tzname() or ""
    return {
        "iso": now.isoformat(),
        "day": _day(now),
        "short_day": f"{now:%a} {now.day} {now:%b %Y}",
        "time": f"{now:%H:%M}",
        "zone": zone,
        "status": status,
    }


def person_view(person: Person) -> View:
    return {"ref": person.ref, "name": person.name, "manages": person.manages}


def _named(room: Room, body: Body) -> Body:
    """The body with names where somebody is mentioned; a group has no other name than its reference."""
    people = room.roster.people()

    def named(block: View) -> View:
        if block["type"] != "ping":
            return block
        person = people.get(block["ref"]) if block["kind"] == "person" else None
        return {**block, "name": person.name if person else block["ref"].lstrip("@")}

    return {**body, "blocks": [named(block) for block in body["blocks"]]}


def _thread_view(room: Room, message: Message) -> View | None:
    if message.thread is None:
        return None
    authors = [reply.author for reply in room.messages(message.thread) if reply.author]
    return {
        "ref": message.thread,
        "title": message.thread_title,
        "replies": len(authors),
        "people": len(set(authors)),
    }


def _time_view(at: datetime, zone: tzinfo | None) -> View:
    local = at.astimezone(zone)
    return {
        "at": to_micros(at),
        "iso": local.isoformat(timespec="seconds"),
        "day": _day(local),
        "time": f"{local:%H:%M}",
    }


def _day(moment: datetime) -> str:
    return f"{moment:%A} {moment.day} {moment:%B %Y}"


def _command_view(spec: CommandSpec) -> View:
    return {
        "name": spec.name,
        "description": spec.description,
        "for_facilitators": spec.for_facilitators,
        "options": [
            {
                "name": option.name,
                "description": option.description,
                "required": option.required,
                "suggests": option.suggests,
            }
            for option in spec.options
        ],
    }
