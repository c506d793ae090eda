"""Words in answers, found by the database alone.

Every word has to be somewhere in the answer, as a part of a word or whole; letters in quotation marks stay together.
What the databases hold for the same letter differs: SQLite knows the case of A to Z only, PostgreSQL that of its own
locale. So each word is asked for in the ways in which people write one (as typed, small, CAPITALS, Capital First):
"ÉTUDE" finds "étude" and "Étude" on both, "étude" does not find "éTUDE" on SQLite.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from bot.store.tables import Cohort, Delivery, Member, Message, Submission

PAGE = 25
MOST_LETTERS = 200
MOST_WORDS = 6
READ = 20_000
"""Letters of an answer that are read: whoever writes a megabyte cannot slow everybody's search down."""

PASSAGES = 3
AROUND = 90
"""Letters that stand before and behind a find."""


@dataclass(frozen=True)
class Run:
    text: str
    hit: bool


@dataclass(frozen=True)
class Found:
    """One reply with all the words. passages: where they stand in it, with what stands around them."""

    submission: int
    member: int
    name: str
    lesson: int
    prompt: str
    at: datetime
    passages: tuple[tuple[Run, ...], ...]


def to_words(asked: str) -> tuple[str, ...]:
    """What is looked for: words, and what stands in quotation marks. At most MOST_WORDS."""
    parts = re.findall(r'["“”„]([^"“”„]+)["“”„]|([^\s"“”„]+)', asked)
    words = [(quoted or bare).strip() for quoted, bare in parts]
    return tuple(dict.fromkeys(word for word in words if word))[:MOST_WORDS]


def find_answers(session: Session, cohort: Cohort, words: Sequence[str], before: int | None) -> tuple[Found, ...]:
    """What stands and holds every word, the newest first; one more than a page where there are more. before: a
    submission's id, for the next page."""
    text = func.substr(Submission.text, 1, READ)
    query = (
        select(Submission.id, Member.id, Member.name, Delivery.lesson, Message.prompt, Submission.sent_at, text)
        .join(Message, Message.id == Submission.message_id)
        .join(Delivery, Delivery.id == Message.delivery_id)
        .join(Member, Member.id == Submission.member_id)
        .where(Delivery.cohort_id == cohort.id, Submission.withdrawn_at.is_(None))
        .where(and_(*(_holds(text, word) for word in words)))
    )
    if before is not None:
        query = query.where(Submission.id < before)
    rows = session.execute(query.order_by(Submission.id.desc()).limit(PAGE + 1))
    return tuple(
        Found(id_, member, name, lesson, prompt or "", at, tuple(_passages(shown, words)))
        for id_, member, name, lesson, prompt, at, shown in rows
    )


def _holds(text: ColumnElement[str], word: str) -> ColumnElement[bool]:
    """That the word, letter by letter, is somewhere in the text: % and _ are letters like others."""
    spellings = [word]  # the case of A to Z is known to both databases
    if not word.isascii():
        spellings += dict.fromkeys((word.lower(), word.upper(), word.capitalize(), word.title()))
    return or_(*(text.icontains(each, autoescape=True) for each in spellings))


def _passages(text: str, words: Sequence[str]) -> Iterator[tuple[Run, ...]]:
    """Where the words stand; finds that are near each other share a passage. The databases know a few letters as the
    same that Python does not: then how the text begins."""
    pattern = re.compile("|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)), re.IGNORECASE)
    spans = [found.span() for found in pattern.finditer(text)] or [(0, 0)]
    for _ in range(PASSAGES):
        if not spans:
            return
        last = spans[0][1]
        near = [span for span in spans if span[0] <= last + AROUND][:20]
        spans = [span for span in spans if span[0] > near[-1][1] + AROUND]
        yield tuple(_runs(text, near))


def _runs(text: str, spans: Sequence[tuple[int, int]]) -> Iterator[Run]:
    start, end = _word_start(text, spans[0][0]), _word_end(text, spans[-1][1])
    if start > 0:
        yield Run("… ", False)
    for here, there in spans:
        if here > start:
            yield Run(text[start:here], False)
        if there > here:
            yield Run(text[here:there], True)
        start = there
    if end > start:
        yield Run(text[start:end], False)
    if end < len(text):
        yield Run(" …", False)


def _word_start(text: str, at: int) -> int:
    """Where the passage that leads to a find begins, behind a blank where one is near."""
    start = max(at - AROUND, 0)
    blank = text.find(" ", start, at)
    return start if start == 0 or blank < 0 else blank + 1


def _word_end(text: str, at: int) -> int:
    end = min(at + AROUND, len(text))
    blank = text.rfind(" ", at, end)
    return end if end == len(text) or blank < 0 else blank
