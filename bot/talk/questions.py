"""Something written to us in plain words: a command without its slash, or a question about the course."""

import re
from dataclasses import replace

from bot.chat.commands import BY_NAME, from_line
from bot.chat.inbound import Command
from bot.chat.post import Block, Button, Buttons, Callout, Heading, Post, Small, Text
from bot.curriculum.lookup import SURE, Hit, Lookup
from bot.curriculum.model import Course, Lesson
from bot.talk.asking import Asking, quoted, sentence
from bot.talk.lookups import concept_post, hit_button, paper_post

NEAR = 0.6
"""What a hit has to score to be shown as an answer. A lesson is named by its day or title, or it was not meant."""

MOST_WORDS, MOST_CHARACTERS = 30, 300
"""Of a question. What is longer tells something rather than asks for it."""

ESSENTIALS = ("today", "concept", "paper", "progress", "help")

_LEAD = re.compile(
    r"(?:hey|hi|hello|homeroom|please|so|and|(?:can|could|would|will) you|i (?:do not|don['’]t) (?:get|understand)"
    r"|explain|define|describe|tell (?:me|us) (?:more )?about|remind me|look up|show me|search(?: for)?|find"
    r"|what(?:['’]s| is| are| was| were| does| do| did)|who (?:is|are)|how (?:does|do|did|is|are|can)"
    r"|why (?:is|are|do|does|did)|(?:the )?(?:meaning|definition|idea|concept) (?:of|behind)"
    r"|(?:the )?difference between|to (?:me|us)|about|again|the|an|a)\b[\s,:]*",
    re.IGNORECASE,
)
_TAIL = re.compile(
    r"\s*\b(?:mean|means|meant|work|works|about|again|please|to (?:me|us)|exactly|all)\s*$", re.IGNORECASE
)
_ENDS = " \t\r\n?!.,;:…\"'“”‘’"


def meant(command: Command) -> Command:
    """The command that somebody has written without its slash; what is none stays `ask`. A command that takes nothing
    is one only where nothing else was written: "leave me alone" takes nobody out of a cohort."""
    text = command.options.get("text", "")
    if command.name != "ask" or len(text) > MOST_CHARACTERS:
        return command
    name, options = from_line(text.strip(_ENDS))
    spec = BY_NAME.get(name)
    if spec is None:
        return command
    bare = text.strip(_ENDS).lstrip("/").lower() == name
    if not spec.options and not bare:
        return command
    if spec.for_facilitators and spec.options and " " not in name and not text.lstrip().startswith("/"):
        return command  # "Excuse me, what is …" is a question
    if any(option.kind == "number" and not _is_number(options.get(option.name, "0")) for option in spec.options):
        return command  # "lesson about probes" is a question
    return replace(command, name=name, options=options)


def ask(asking: Asking) -> Post:
    """What is no command: an answer from the course, or an honest no."""
    text, up_to_day = asking.command.options.get("text", ""), asking.up_to_day()
    found = question_post(asking.course, asking.lookup, text, up_to_day)
    if found is not None:
        return found
    lines = "\n".join(f"- `/{name}` {BY_NAME[name].description}" for name in ESSENTIALS)
    if not text.strip():
        unsure = "What would you like to know? Write the name of a concept or a paper, or use a command:"
    elif up_to_day == 0:
        unsure = "Nothing of the course is open to you yet, so I cannot look that up. What I can do:"
    else:
        unsure = f"I am not sure what “{quoted(text)}” is about: nothing in the course is near it. What I can do:"
    return Post(title="I am not sure", blocks=(Text(unsure), Text(lines)))


def question_post(course: Course, lookup: Lookup, text: str, up_to_day: int | None) -> Post | None:
    """The entry that a question is about, with up to two near ones to press. None when nothing is near enough, when it
    is too long for a question, or when nothing is open yet (`up_to_day` 0; None: all of it is)."""
    if up_to_day == 0 or len(text) > MOST_CHARACTERS or len(text.split()) > MOST_WORDS:
        return None
    query = to_query(text)
    hits = [hit for hit in lookup.find(query, up_to_day=up_to_day, limit=6) if _is_near(hit)]
    if up_to_day is not None and _comes_later(lookup, query, up_to_day, hits):
        return sentence(f"“{quoted(query)}” comes later in the course: your cohort is on day {up_to_day}.")
    if not hits:
        return None
    best, *others = hits
    entry = _entry(course, best, up_to_day)
    lead: tuple[Block, ...] = () if best.sure or best.score >= SURE else (Small("The nearest to that in the course:"),)
    there = {button.action for block in entry.blocks if isinstance(block, Buttons) for button in block.buttons}
    near = tuple(each for each in map(hit_button, others) if each.action not in there)[:2]
    tail: tuple[Block, ...] = (Small("Also near:"), Buttons(near)) if near else ()
    return replace(entry, blocks=(*lead, *entry.blocks, *tail))


def to_query(text: str) -> str:
    """What a question is about: "How does activation steering work?" → "activation steering"."""
    query = text[:MOST_CHARACTERS].strip(_ENDS)
    while (found := _LEAD.match(query)) and found.end() < len(query):
        query = query[found.end() :].strip(_ENDS)
    while (found := _TAIL.search(query)) and found.start() > 0:
        query = query[: found.start()].strip(_ENDS)
    return query


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal()


def _is_near(hit: Hit) -> bool:
    return hit.score >= (1.0 if hit.kind == "lesson" else NEAR)


def _comes_later(lookup: Lookup, query: str, up_to_day: int, hits: list[Hit]) -> bool:
    """Whether what was named belongs to a later day: nothing that is only near may be shown in its place."""
    named = [hit for hit in lookup.find(query, up_to_day=None, limit=1) if hit.sure or hit.score == 1.0]
    return any((hit.day or 0) > up_to_day and (not hits or hits[0].score < hit.score) for hit in named)


def _entry(course: Course, hit: Hit, up_to_day: int | None) -> Post:
    if hit.kind == "paper":
        return paper_post(course, course.papers[int(hit.id)], up_to_day)
    if hit.kind == "concept":
        return concept_post(course, course.concepts[hit.id], up_to_day)
    return _lesson_post(course.lessons[int(hit.id)])


def _lesson_post(lesson: Lesson) -> Post:
    ways = (Button("Read the whole lesson", f"lesson:{lesson.day}"), Button("Its concepts", f"concepts:{lesson.day}"))
    return Post(
        title=f"Day {lesson.day}: {lesson.title}",
        blocks=(
            Heading(lesson.title, 1),
            Small(f"Day {lesson.day} · ~{lesson.minutes} minutes"),
            Callout("Thesis", lesson.thesis),
            Buttons(ways),
        ),
    )
