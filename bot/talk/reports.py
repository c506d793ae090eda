"""How far things are: a member's own progress, a facilitator's report, and all answers to one prompt."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.chat.post import Block, Button, Buttons, Heading, Moment, Post, Small, Table, Text, Words
from bot.cohorts.cohorts import LEARNER
from bot.cohorts.progress import LessonState, Progress, State
from bot.curriculum.model import Course
from bot.store.tables import Cohort, Delivery, Enrollment, Member, Message, Submission
from bot.talk.alerts import cure_of
from bot.talk.asking import quoted

SILENT_AFTER = 2
"""Missed lessons in a row after which a facilitator hears of somebody."""

PUT = {
    State.DONE: "done",
    State.LATE: "done, late",
    State.OPEN: "open",
    State.EXCUSED: "excused",
    State.NOT_YET: "not out yet",
    State.MISSED: "missed",
}


def progress_post(course: Course, cohort: Cohort, progress: Progress, now: datetime) -> Post:
    """A member's own lessons, what each state means, and what is open."""
    rows = tuple(
        (f"Day {each.lesson}", _title(course, each.lesson), PUT[each.state], f"{each.answered} of {each.asked}")
        for each in progress.lessons
    )
    blocks: list[Block] = [Heading("Your progress", 1), Small(cohort.name), Text(progress_words(progress))]
    if rows:
        blocks.append(Table("Your lessons, oldest first", ("Day", "Lesson", "State", "Prompts"), rows))
    for each in progress.lessons:
        if each.state is State.OPEN:
            blocks.append(Moment(f"Day {each.lesson} is on time until", each.closes_at, cohort.zone))
    blocks.append(
        Small("Only lessons since you joined count, and none you were excused from. A late answer is an answer.")
    )
    blocks.append(Buttons((Button("My page", "home"),)))
    return Post(title="Your progress", blocks=tuple(blocks))


def report_post(session: Session, course: Course, cohort: Cohort, everybody: Sequence[Progress], now: datetime) -> Post:
    """What a facilitator needs: who is silent, what the last lesson brought, everybody's counts by name. No ranking."""
    blocks: list[Block] = [Heading(f"Report: {cohort.name}", 1), Text(standing_words(session, cohort, everybody))]
    blocks += [Heading("Who needs a word"), Text(silent_words(everybody, cohort))]
    latest = _latest_prompts(session, cohort)
    if latest:
        blocks += _answers_overview(session, course, cohort, latest)
    if everybody:
        header = ("Member", "Done", "Late", "Open", "Missed", "Excused", "Streak", "Last answer")
        blocks += [
            Heading("Everybody"),
            Table("Lessons by state for each member, by name", header, _rows(everybody, cohort), sortable=True),
        ]
    return Post(title=f"Report: {cohort.name}", blocks=tuple(blocks))


def answers_post(session: Session, course: Course, cohort: Cohort, message: Message, lesson: int) -> Post:
    """All standing answers to one prompt, together, by the writers' names."""
    taught = course.lessons.get(lesson)
    prompt = next((each for each in taught.prompts if each.id == message.prompt), None) if taught else None
    written: dict[tuple[str, int], list[str]] = {}
    for submission, member in session.execute(
        select(Submission, Member)
        .join(Member, Member.id == Submission.member_id)
        .where(Submission.message_id == message.id, Submission.withdrawn_at.is_(None))
        .order_by(Submission.sent_at, Submission.id)
    ):
        written.setdefault((member.name, member.id), []).append(submission.text)
    blocks: list[Block] = [Heading(f"Day {lesson}: {_title(course, lesson)}", 1)]
    if prompt:
        blocks.append(Text(prompt.ask))
    blocks.append(Small(f"{len(written)} {'answer' if len(written) == 1 else 'answers'} · {cohort.name}"))
    blocks += [Words("\n\n".join(texts), name) for (name, _), texts in sorted(written.items())]
    return Post(title=f"Answers, day {lesson}", blocks=tuple(blocks))


def report_rows(everybody: Sequence[Progress]) -> list[dict[str, object]]:
    """The same numbers for a program: one object a member, by name."""
    return [
        {
            "name": each.name,
            "ref": each.ref,
            **{state.value.replace(" ", "_"): each.count(state) for state in State},
            "streak": each.streak,
            "last_answer": each.last_answer.isoformat() if each.last_answer else None,
        }
        for each in everybody
    ]


def progress_words(progress: Progress) -> str:
    """How many of the lessons that were asked of a member they have answered."""
    done, late = progress.count(State.DONE), progress.count(State.LATE)
    expected = sum(progress.count(s) for s in (State.DONE, State.LATE, State.OPEN, State.MISSED))
    if not expected:
        return "No lesson has been asked of you yet."
    late_words = f", {late} of them late" if late else ""
    row = f" **{progress.streak} in a row.**" if progress.streak > 1 else ""
    return f"**{done + late} of {expected}** {'lesson' if expected == 1 else 'lessons'} answered{late_words}.{row}"


def standing_words(session: Session, cohort: Cohort, everybody: Sequence[Progress]) -> str:
    """How many learn, where the cohort is, and what holds it up, with its cure."""
    number = f"{len(everybody)} {'learner' if len(everybody) == 1 else 'learners'}"
    last = session.scalar(
        select(Delivery.lesson)
        .where(Delivery.cohort_id == cohort.id, Delivery.posted_at.is_not(None))
        .order_by(Delivery.local_date.desc())
        .limit(1)
    )
    stuck = session.scalars(
        select(Delivery).where(Delivery.cohort_id == cohort.id, Delivery.state.in_(("blocked", "dead")))
    ).all()
    where = f"on day {last}" if last else "before its first lesson"
    trouble = "".join(f"\n\n{_stuck(each)}" for each in stuck)
    return f"{number}, {where}, {cohort.state}.{trouble}"


def _stuck(delivery: Delivery) -> str:
    cure = cure_of(delivery.reason or "")
    said = quoted(delivery.reason or "")
    return f"**Day {delivery.lesson} could not be posted:** {said}. {cure.why} **What helps:** {cure.cure}"


def silent_words(everybody: Sequence[Progress], cohort: Cohort) -> str:
    """Who has gone silent, by name."""
    if not everybody:
        return "Nobody has joined yet. Members join with `/join`."
    silent = [each for each in everybody if _missed_in_a_row(each.lessons) >= SILENT_AFTER]
    if not silent:
        return "Nobody has gone silent."
    lines = [
        f"- **{quoted(each.name)}**: missed the last {_missed_in_a_row(each.lessons)} lessons"
        f"{f', last wrote on {_day(each, cohort)}' if each.last_answer else ', has not written yet'}"
        for each in silent
    ]
    return "\n".join(lines)


def _missed_in_a_row(lessons: Sequence[LessonState]) -> int:
    missed = 0
    for each in reversed(lessons):
        if each.state is State.MISSED:
            missed += 1
        elif each.state in (State.DONE, State.LATE):
            break
    return missed


def _latest_prompts(session: Session, cohort: Cohort) -> list[tuple[Delivery, Message]]:
    latest = (
        select(Delivery.id)
        .where(Delivery.cohort_id == cohort.id, Delivery.posted_at.is_not(None))
        .order_by(Delivery.local_date.desc())
        .limit(1)
        .scalar_subquery()
    )
    rows = session.execute(
        select(Delivery, Message)
        .join(Message, Message.delivery_id == Delivery.id)
        .where(Delivery.id == latest, Message.prompt.is_not(None))
        .order_by(Message.number)
    )
    return [(delivery, message) for delivery, message in rows]


def _answers_overview(
    session: Session, course: Course, cohort: Cohort, latest: list[tuple[Delivery, Message]]
) -> list[Block]:
    delivery = latest[0][0]
    answered: Counter[int] = Counter()
    for message, _ in session.execute(
        select(Submission.message_id, Submission.member_id)
        .join(Enrollment, Enrollment.member_id == Submission.member_id)
        .where(Submission.message_id.in_([message.id for _, message in latest]), Submission.withdrawn_at.is_(None))
        .where(Enrollment.cohort_id == cohort.id, Enrollment.role == LEARNER, Enrollment.left_on.is_(None))
        .distinct()
    ):
        answered[message] += 1
    lines = [f"- Prompt {n}: {answered[message.id]} answered" for n, (_, message) in enumerate(latest, 1)]
    buttons = [Button(f"Read answers to prompt {n}", f"answers:{m.key}") for n, (_, m) in enumerate(latest, 1)]
    return [
        Heading(f"Day {delivery.lesson}: {_title(course, delivery.lesson)}"),
        Text("\n".join(lines)),
        Buttons(tuple(buttons[:5])),
    ]


def _rows(everybody: Sequence[Progress], cohort: Cohort) -> tuple[tuple[str, ...], ...]:
    counted = (State.DONE, State.LATE, State.OPEN, State.MISSED, State.EXCUSED)
    return tuple(
        (
            each.name,
            *(str(each.count(state)) for state in counted),
            str(each.streak),
            _day(each, cohort) or "—",
        )
        for each in everybody
    )


def _day(progress: Progress, cohort: Cohort) -> str:
    """When they last wrote, on the cohort's own calendar."""
    moment = progress.last_answer
    return f"{moment.astimezone(ZoneInfo(cohort.zone)):%d %b}" if moment else ""


def _title(course: Course, day: int) -> str:
    lesson = course.lessons.get(day)
    return lesson.title if lesson else ""
