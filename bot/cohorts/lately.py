"""What learners have written lately: which answers wait for a response, and which are worth reading aloud.

Which there are is known from the tallies. Of their words only those are read that are shown, and those of a fixed
number to choose from.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from heapq import nlargest, nsmallest
from statistics import median_high

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.cohorts.cohorts import FACILITATOR
from bot.cohorts.masks import to_microseconds, to_moment
from bot.cohorts.progress import Progress
from bot.cohorts.slots import Posed, Slot, around, judged, posed, reactors, read_kept
from bot.curriculum.model import Course
from bot.store.tables import Cohort, Enrollment, Member

RESPONSE_WITHIN = timedelta(hours=24)
"""An answer that nobody has said anything about for so long is waiting."""

LATELY = timedelta(days=14)
"""What is older is not brought up any more."""

THIS_WEEK = timedelta(days=7)

ENOUGH = Fraction(2, 3)
"""Of the words that were asked at most: an answer as long as that has something in it to be read aloud."""

LOOKED_AT = 100
"""Answers from which those to be read aloud are chosen: those that most people have reacted to, then the newest."""


@dataclass(frozen=True)
class Answer:
    """One member's answer to one prompt. submission: its first standing one; prompt: its id in the lesson; key: the
    prompt's, as buttons carry it. words: how long all of it is in words; asked: how many were asked for at most, where
    the prompt says. reactions: how many people have put an emoji under it."""

    submission: int
    member: int
    name: str
    lesson: int
    prompt: str
    key: str
    at: datetime
    words: int
    asked: int | None
    reactions: int


@dataclass(frozen=True)
class Lately:
    """The answers of the last two weeks that stand. at: since when, in microseconds since 1970; reactors: who has put
    an emoji there; judged: where somebody has given feedback."""

    at: Mapping[Slot, int]
    reactors: Mapping[Slot, Collection[str]]
    judged: Collection[Slot]


def read_lately(session: Session, everybody: Iterable[Progress], now: datetime) -> Lately:
    """What these members have written in the last two weeks, to whichever prompt of their cohort."""
    since = to_microseconds(now - LATELY)
    at = {
        (prompt, each.member): first
        for each in everybody
        if each.answers.last is not None and each.answers.last >= since
        for prompt, first in zip(each.answers.prompts, each.answers.first, strict=True)
        if first >= since and prompt in each.ledger.slots
    }
    where = list(around(at))
    return Lately(at, reactors(session, where, at), judged(session, where))


def waiting(session: Session, cohort: Cohort, lately: Lately, now: datetime, at_most: int) -> tuple[list[Slot], int]:
    """The oldest answers, and how many there are in all, that are older than a day and that no facilitator has
    responded to: with a note, with praise, or with a reaction of their own."""
    until = to_microseconds(now - RESPONSE_WITHIN)
    facilitators = frozenset(
        session.scalars(
            select(Member.ref)
            .join(Enrollment, Enrollment.member_id == Member.id)
            .where(Enrollment.cohort_id == cohort.id, Enrollment.role == FACILITATOR)
        )
    )
    answered = {slot for slot, people in lately.reactors.items() if not facilitators.isdisjoint(people)}
    answered.update(lately.judged)
    waits = [(at, slot) for slot, at in lately.at.items() if at < until and slot not in answered]
    return [slot for _, slot in nsmallest(at_most, waits)], len(waits)


def aloud(session: Session, course: Course, lately: Lately, now: datetime) -> list[Slot]:
    """The answers of the last seven days with something in them to be read aloud: long enough for what was asked, in
    words; where no words were asked, among the longer half of those under their prompt; or reacted to. What most
    people have reacted to comes first, then the newest."""
    since = to_microseconds(now - THIS_WEEK)
    reacted = sorted((-len(people), -lately.at[slot], slot) for slot, people in lately.reactors.items())
    newest = nlargest(LOOKED_AT, ((at, slot) for slot, at in lately.at.items() if at >= since))
    recent = [slot for _, at, slot in reacted if -at >= since]
    recent = [*recent, *(slot for _, slot in newest if slot not in lately.reactors)][:LOOKED_AT]
    words = {slot: kept.words for slot, kept in read_kept(session, recent).items()}
    enough = _enough_words(posed(session, course, words), words)
    return [slot for slot in recent if slot in words and (slot in lately.reactors or words[slot] >= enough[slot[0]])]


def to_answers(
    session: Session, course: Course, lately: Lately, slots: Collection[Slot], names: Mapping[int, str]
) -> tuple[Answer, ...]:
    """These answers as they are told, oldest first. names: of the members."""
    prompts = posed(session, course, slots)
    found = [
        Answer(
            submission=kept.submission,
            member=slot[1],
            name=names[slot[1]],
            lesson=prompts[slot[0]].lesson,
            prompt=prompts[slot[0]].prompt,
            key=prompts[slot[0]].key,
            at=to_moment(lately.at[slot]),
            words=kept.words,
            asked=prompts[slot[0]].words,
            reactions=len(lately.reactors.get(slot, ())),
        )
        for slot, kept in read_kept(session, slots).items()
    ]
    return tuple(sorted(found, key=lambda each: (each.at, each.submission)))


def _enough_words(prompts: Mapping[int, Posed], words: Mapping[Slot, int]) -> dict[int, Fraction]:
    """Message → how many words under it are enough."""
    lengths: dict[int, list[int]] = defaultdict(list)
    for (message, _), number in words.items():
        lengths[message].append(number)
    asked = {message: prompts[message].words for message in lengths}
    return {
        message: ENOUGH * most if (most := asked[message]) is not None else Fraction(median_high(numbers))
        for message, numbers in lengths.items()
    }
