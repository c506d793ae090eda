"""One member: how far they are, what they are excused from, what they wrote last; a private word to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from bot.cohorts.audit import Action, write_down
from bot.cohorts.calendar import Span
from bot.cohorts.excuses import count_again, excuse_from
from bot.cohorts.nudges import nudge
from bot.cohorts.paths import Opened, who_opened
from bot.cohorts.progress import LessonState, Progress, State, member_progress, released_lessons
from bot.store.tables import Delivery, Member, Message, Submission
from bot.talk.nudges import draft
from bot.web.desk.doors import Answer, Audience, Call, Door, Missing, Moved, Shown
from bot.web.desk.heat import Cell, cell_of
from bot.web.desk.keys import new_key
from bot.web.desk.moments import Moments
from bot.web.desk.numbers import to_number
from bot.web.desk.people import Enrolled, enrolled, person_of

LATEST = 5
EXCERPT = 400
"""Characters of each of the latest answers."""

LONGEST_WORD = 4_000
"""Characters of a private word: what platforms take in one message."""


@dataclass(frozen=True)
class Line:
    """One lesson that concerns the member."""

    state: LessonState
    cell: Cell
    title: str
    day: date

    @property
    def can_count_again(self) -> bool:
        return self.state.state is State.EXCUSED

    @property
    def can_be_excused(self) -> bool:
        return self.state.state in (State.OPEN, State.MISSED, State.NOT_YET)


@dataclass(frozen=True)
class Latest:
    lesson: int
    text: str
    cut: bool
    at: object


def member(call: Call) -> Answer:
    one = enrolled(call)
    if one is None:
        return Missing()
    progress = member_progress(call.session, call.at, one.member, call.now)
    assert progress is not None, "who is enrolled has progress"
    return Shown(
        "member.html",
        {
            "one": one,
            "progress": progress,
            "State": State,
            "Audience": Audience,
            "lines": _lines(call, one, progress),
            "latest": _latest(call, one.member),
            "opened": _opened(call, one),
            "draft": draft(call.at, one.member, progress),
            "when": Moments(call.at.zone, call.now),
        },
    )


def change_excuse(call: Call) -> Answer:
    """Excuse the member from a lesson, or take that back: `do` is "excuse" or "count"."""
    one = enrolled(call)
    lesson = to_number(call.form.get("lesson"))
    day = next((each.local_date for each in released_lessons(call.session, call.at) if each.lesson == lesson), None)
    if one is None or day is None:
        return Missing()
    back, name = f"/c/{call.at.id}/member/{one.member.id}#lessons", one.member.name
    if call.form.get("do") == "count":
        changed, action = count_again(call.session, one.enrollment, Span(day, day)), Action.COUNTED
        says = f"Day {lesson} counts for {name} again." if changed else f"Nothing changed: day {lesson} stays as it is."
    else:
        changed, action = excuse_from(call.session, one.enrollment, Span(day, day)), Action.EXCUSED
        says = f"{name} is excused from day {lesson}." if changed else f"{name} is excused from day {lesson} already."
    if changed:
        write_down(call.session, call.at, call.member, action, f"day {lesson}, {day}", call.now, about=one.member)
    return Moved(back, says)


def write_privately(call: Call) -> Answer:
    """A private word, about no answer in particular."""
    one = enrolled(call)
    text = call.form.get("text", "").strip()[:LONGEST_WORD]
    if one is None or one.enrollment.left_on is not None:
        return Missing()
    back, name = f"/c/{call.at.id}/member/{one.member.id}", one.member.name
    if not text:
        return Moved(back, "Write something first. Nobody has been told anything.")
    if one.member.id == call.member.id:
        return Moved(back, "That is you, so there is nobody to tell.")
    kept = nudge(call.session, call.at, one.member, person_of(call.member), text, new_key(), call.now)
    return Moved(
        back, f"Your note goes to {name} alone." if kept else f"{name} has been sent these very words already."
    )


def _lines(call: Call, one: Enrolled, progress: Progress) -> tuple[Line, ...]:
    """Newest first."""
    days = {each.lesson: each.local_date for each in released_lessons(call.session, call.at)}
    return tuple(
        Line(
            state=each,
            cell=cell_of(each),
            title=call.course.lessons[each.lesson].title if each.lesson in call.course.lessons else "",
            day=days[each.lesson],
        )
        for each in reversed(progress.lessons)
    )


def _latest(call: Call, member: Member) -> tuple[Latest, ...]:
    rows = call.session.execute(
        select(Delivery.lesson, Submission.text, Submission.sent_at)
        .join(Message, Message.id == Submission.message_id)
        .join(Delivery, Delivery.id == Message.delivery_id)
        .where(Delivery.cohort_id == call.at.id, Submission.member_id == member.id, Submission.withdrawn_at.is_(None))
        .order_by(Submission.sent_at.desc(), Submission.id.desc())
        .limit(LATEST)
    )
    return tuple(Latest(lesson, text[:EXCERPT].rstrip(), len(text) > EXCERPT, at) for lesson, text, at in rows)


def _opened(call: Call, one: Enrolled) -> Sequence[Opened]:
    """Who has read everything the member wrote: for them, and for who could."""
    return who_opened(call.session, call.at, one.member)


DOORS = (
    Door("GET", "/c/{cohort}/member/{member}", Audience.MEMBER, member),
    Door("POST", "/c/{cohort}/member/{member}/excuse", Audience.FACILITATOR, change_excuse),
    Door("POST", "/c/{cohort}/member/{member}/word", Audience.FACILITATOR, write_privately),
)
