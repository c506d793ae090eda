"""What stands in a concept's and a paper's post beside the entry itself: where it is taught, what it builds on, what
builds on it, and how far what was shown goes."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from bot.chat.post import Block, Callout, Heading, Small, Text
from bot.curriculum.building import Building, Tie, claim_of, read_on
from bot.curriculum.model import Concept, Course, Paper
from bot.talk.asking import quoted
from bot.talk.gists import gist

NAMED = 4
"""Concepts in one line; who wants all of them goes on from there, or to the reader's page."""

DAYS = 2
"""Lessons that lean on a concept and are shown with their reason; the others are named."""

REASON = 200
"""Characters of a reason: it stands in a list."""


def concept_blocks(built: Building, day: int) -> Iterator[Block]:
    """How far the claim of a concept's day goes, and where the concept stands, in a few lines."""
    if built.lesson is not None:
        yield Callout(f"Shown on day {day}", quoted(gist(built.lesson.claim.shown), 300))
        yield Callout("Not shown", quoted(gist(built.lesson.claim.not_shown), 300))
    yield Small(_taught(built, day))
    leans = [f"what day {day} leans on: {_names([tie.concept for tie in built.leans_on])}"] if built.leans_on else []
    yield from _list("Builds on", [*_tied(built.builds_on), *leans])
    yield from _list("What builds on it", [*_tied(built.built_on_by), *_used(built)])


def paper_blocks(course: Course, paper: Paper, up_to_day: int | None) -> Iterator[Block]:
    """Both sides of what a paper shows, and the days that read it."""
    lesson = claim_of(course, paper, up_to_day)
    if lesson is not None:
        yield Callout(f"Shown, as day {lesson.day} puts it", lesson.claim.shown)
    yield Callout("Not shown", paper.not_shown)
    days = read_on(course, paper, up_to_day)
    if days:
        yield Small(f"Read on {days_in_words(days)}")


def days_in_words(days: Sequence[int]) -> str:
    """ "day 3", "days 3 and 5", "days 3, 5 and 8"."""
    if len(days) == 1:
        return f"day {days[0]}"
    return f"days {', '.join(map(str, days[:-1]))} and {days[-1]}"


def _taught(built: Building, day: int) -> str:
    title = f": {built.lesson.title}" if built.lesson is not None else ""
    beside = f" · beside {_plain_names(built.beside)}" if built.beside else ""
    return f"Taught on day {day}{title}{beside}"


def _list(heading: str, lines: Sequence[str]) -> Iterator[Block]:
    if lines:
        yield Heading(heading)
        yield Text("\n".join(f"- {line[:1].upper()}{line[1:]}" for line in lines))


def _tied(ties: Sequence[Tie]) -> Iterator[str]:
    """A line for each day: what it introduces, and the reason where there is one."""
    for (day, why), together in groupby(ties, key=lambda tie: (tie.concept.day, tie.why)):
        names = _names([tie.concept for tie in together])
        yield f"{names} (day {day}){f': {_reason(why)}' if why else ''}"


def _used(built: Building) -> Iterator[str]:
    """The days that lean on it: a line for some of those that say why, where no line above says it, and one for the
    rest."""
    told = {tie.concept.day for tie in built.built_on_by}
    saying = [use for use in built.uses if use.why and use.lesson.day not in told][:DAYS]
    for use in saying:
        title = quoted(use.lesson.title)
        yield f"day {use.lesson.day}, *{title}*: {_reason(use.why)}"
    rest = [use.lesson.day for use in built.uses if use not in saying and use.lesson.day not in told]
    if rest:
        yield f"{days_in_words(rest)} {'lean' if len(rest) > 1 else 'leans'} on it{' too' if saying or told else ''}"


def _reason(why: str) -> str:
    """The whole of it where it is short, else its first sentence; as markdown on one line."""
    whole = " ".join(why.split())
    return whole if len(whole) <= REASON else quoted(gist(why, REASON), REASON)


def _names(concepts: Sequence[Concept]) -> str:
    return _joined([f"**{quoted(each.name)}**" for each in concepts])


def _plain_names(concepts: Sequence[Concept]) -> str:
    return _joined([each.name for each in concepts])


def _joined(names: Sequence[str]) -> str:
    """ "A", "A and B", "A, B, C, D and 4 more"."""
    shown = [*names[:NAMED], f"{len(names) - NAMED} more"] if len(names) > NAMED + 1 else [*names]
    return " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))
