"""What we hear. References are opaque strings that only the platform that made them can read; a message's or a
thread's reference is unique on its platform."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Person:
    """Somebody as one platform knows them. `manages`: the platform lets them administer the place they speak from."""

    ref: str
    name: str
    manages: bool = False


@dataclass(frozen=True)
class Reply:
    """A message that somebody wrote in a thread, or to us directly (`thread` None). Never a bot's, never our own.

    message: the message's reference. revision: 0 as first written, else the moment of the edit in microseconds since
    1970, so that the highest is the newest. sent_at: when the platform says it was written, aware UTC.
    """

    platform: str
    workspace: str
    thread: str | None
    message: str
    author: Person
    text: str
    sent_at: datetime
    revision: int = 0


@dataclass(frozen=True)
class ReplyEdited:
    """The whole message as it stands after an edit: an edit may arrive before the message it edits. Its `thread` is the
    channel when it stands outside of threads: it may be counted as an answer all the same. Then its author's name may
    be "", which is no name: nobody is asked for it."""

    reply: Reply


@dataclass(frozen=True)
class ReplyDeleted:
    """A message is gone. Its author is not always known, and it may arrive before the message itself.

    thread: as in a reply; for a message that stood outside of threads the channel. outside: the platform is sure that
    it did; False where it cannot tell.
    """

    platform: str
    workspace: str
    thread: str | None
    message: str
    at: datetime
    outside: bool = False


@dataclass(frozen=True)
class Reacted:
    """Somebody put an emoji under a message, or took it away again (`there` False). Never a bot. emoji: its name or
    itself, as the platform gives it, at most 100 characters. A moderator takes away everybody's at once: then the
    person's `ref` is "", and the emoji is "" when it is all of them."""

    platform: str
    workspace: str
    message: str
    person: Person
    emoji: str
    there: bool
    at: datetime


Heard = Reply | ReplyEdited | ReplyDeleted


def with_files(text: str, names: Iterable[str]) -> str:
    """What a member wrote, and below it the name of every file that hangs on the message: an answer may be a picture.
    The file itself stays on its platform."""
    return "\n".join(part for part in (text, *(f"📎 {name}" for name in names)) if part)


@dataclass(frozen=True)
class Command:
    """Somebody asks for something: a slash command, a mention, or a button (the same thing, ready to press).

    name: as in `bot.chat.commands`, a subcommand after a space ("cohort create"). options: option name → what was
    typed, already stripped, absent when empty. channel: where it was asked; in a thread the channel that the thread
    belongs to; None in a direct message. about: the message that a message command was asked about, as it stands.
    locale: like "de" or "en-US", where the platform tells; zone: the person's own IANA zone, likewise.
    """

    platform: str
    workspace: str
    channel: str | None
    person: Person
    name: str
    options: Mapping[str, str] = field(default_factory=dict)
    locale: str | None = None
    about: Reply | None = None
    zone: str | None = None


@dataclass(frozen=True)
class FormAnswer:
    """A form that was sent. values: field id → text to the letter."""

    platform: str
    workspace: str
    channel: str | None
    person: Person
    action: str
    values: Mapping[str, str]


@dataclass(frozen=True)
class Partial:
    """What has been typed so far into one option of a command; it asks for suggestions. person: who types, by their
    reference, which matters where there is no channel; None where it is not known."""

    platform: str
    workspace: str
    channel: str | None
    command: str
    option: str
    text: str
    person: str | None = None
