"""Progress for pictures, made from the states that it is to have."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from bot.cohorts.calendar import Span
from bot.cohorts.masks import Ledger, masks_of, to_ledger, to_microseconds
from bot.cohorts.progress import Progress
from bot.cohorts.states import Membership, Released
from bot.cohorts.tallies import Answers

START = datetime(2026, 9, 7, 9, tzinfo=UTC)
JOINED = date(2026, 9, 1)


def ledger(days: Sequence[int], now: datetime | None = None) -> Ledger:
    """A lesson a day from START on, each with two prompts, on time for a day; those after `now` are not out."""
    now = now or START + timedelta(days=len(days), hours=12)
    lessons = []
    for number, day in enumerate(days):
        due = START + timedelta(days=number)
        out = due if due <= now else None
        lessons.append(Released(day, due.date(), out, due + timedelta(days=1), (day * 10, day * 10 + 1)))
    return to_ledger(lessons, now)


def progress(ledger: Ledger, states: str, member: int = 1, name: str = "Ada") -> Progress:
    """states: a letter a lesson: d(one), l(ate), p(art of it), m(issed), e(xcused)."""
    first: dict[int, int] = {}
    absences = []
    for lesson, state in zip(ledger.lessons, states, strict=True):
        answered = {"d": lesson.prompts, "l": lesson.prompts, "p": lesson.prompts[:1]}.get(state, ())
        moment = lesson.ends_at + timedelta(hours=1) if state == "l" else lesson.ends_at - timedelta(hours=1)
        first |= dict.fromkeys(answered, to_microseconds(moment))
        if state == "e":
            absences.append(Span(lesson.local_date, lesson.local_date))
    prompts = tuple(sorted(first))
    answers = Answers(prompts, tuple(first[each] for each in prompts), max(first.values(), default=None))
    membership = Membership(JOINED, None, tuple(absences))
    masks = masks_of(ledger, membership, answers.prompts, answers.first)
    return Progress(member, name, f"ref{member}", ledger, membership, answers, masks)
