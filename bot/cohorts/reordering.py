"""Which lessons come, and which comes now: skipped and taken back, posted now, posted again. The rows only: whoever
calls works the next dates out anew (`rescheduling`), and takes everything back where the answer is a No."""

from datetime import datetime

from sqlalchemy import case, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.cohorts.calendar import Slot, closing
from bot.cohorts.changes import Change, No, PostAgain, PostNow, Skip, Unskip, Why
from bot.cohorts.cohorts import local_date, schedule_of
from bot.cohorts.deliveries import BY_TOKEN, next_round
from bot.cohorts.foreseeing import Foreseen
from bot.cohorts.planning import DayAfter, new_delivery
from bot.store.tables import BLOCKED, Cohort, Delivery, SkippedLesson


def skip(session: Session, cohort: Cohort, seen: Foreseen, change: Skip) -> No | None:
    """Leave out a lesson that is still to come."""
    if session.get(SkippedLesson, (cohort.id, change.lesson)) is not None:
        return No(Why.SKIPPED, change, change.lesson)
    entry = next((each for each in seen.ledger if each.lesson == change.lesson and each.state != "skipped"), None)
    if entry is not None:
        return No(Why.STUCK if entry.state in ("blocked", "dead") else Why.OUT, change, change.lesson, entry.local_date)
    if change.lesson not in {*(each.lesson for each in seen.coming), *seen.unplaced}:
        return No(Why.NO_LESSON, change, change.lesson)
    session.add(SkippedLesson(cohort_id=cohort.id, lesson=change.lesson))
    session.flush()
    return None


def unskip(session: Session, cohort: Cohort, change: Unskip) -> No | None:
    """Take back what the cohort has not come past."""
    row = session.get(SkippedLesson, (cohort.id, change.lesson))
    if row is None:
        return No(Why.NOT_SKIPPED, change, change.lesson)
    if change.lesson < (_last_lesson(session, cohort) or 0):
        return No(Why.BEHIND, change, change.lesson)
    if cohort.state == "finished" and _successor(session, cohort):
        return No(Why.CHANNEL_TAKEN, change, change.lesson)
    session.delete(row)
    session.flush()
    cohort.next_lesson = change.lesson if cohort.next_lesson is None else min(cohort.next_lesson, change.lesson)
    return None


def post_now(
    session: Session, day_after: DayAfter, cohort: Cohort, seen: Foreseen, change: PostNow, now: datetime
) -> No | None:
    """The next lesson goes into the ledger, due now."""
    if cohort.state == "paused":
        return No(Why.PAUSED, change)
    first = next(iter(seen.coming), None)
    if first is None:
        return No(Why.FINISHED, change)
    cohort.next_lesson = day_after(cohort.course, first.lesson)
    return _put_today(session, cohort, seen, change, first.lesson, now)


def post_again(session: Session, cohort: Cohort, seen: Foreseen, change: PostAgain, now: datetime) -> No | None:
    """What was given up, blocked or skipped is to be posted; what is out never is."""
    if cohort.state == "paused":
        return No(Why.PAUSED, change)
    if cohort.state == "finished" and _successor(session, cohort):
        return No(Why.CHANNEL_TAKEN, change, change.lesson)
    rows = [each for each in seen.ledger if each.lesson == change.lesson]
    entry = next((each for each in rows if each.state != "skipped"), rows[-1] if rows else None)
    coming = next((each for each in seen.coming if each.lesson == change.lesson), None)
    if coming is not None:
        return No(Why.COMES, change, change.lesson, coming.local_date)
    if entry is not None and entry.state in ("done", "planned"):
        return No(Why.OUT, change, change.lesson, entry.local_date)
    if entry is not None:
        _try_again(session, entry.delivery, now)
        return None
    row = session.get(SkippedLesson, (cohort.id, change.lesson))
    if row is None:
        return No(Why.NO_LESSON, change, change.lesson)
    if change.lesson > (_last_lesson(session, cohort) or 0) and cohort.state != "finished":
        return No(Why.SKIPPED, change, change.lesson)
    session.delete(row)
    session.flush()
    return _put_today(session, cohort, seen, change, change.lesson, now)


def _put_today(
    session: Session, cohort: Cohort, seen: Foreseen, change: Change, lesson: int, now: datetime
) -> No | None:
    """A row for today, due now: the schema says whether the date, or the lesson, is taken."""
    today = local_date(cohort, now)
    if seen.ledger and today < seen.ledger[-1].local_date:  # on this side of the date line, since the zone was changed
        return No(Why.DATE_TAKEN, change, lesson, today)
    slot = Slot(today, now)
    row = new_delivery(cohort, slot, lesson, closing(schedule_of(session, cohort), slot), now)
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        return No(Why.DATE_TAKEN, change, lesson, today)
    return None


def _try_again(session: Session, delivery: int, now: datetime) -> None:
    """A new round of attempts of the same row, under its own date; see `deliveries.retry_stuck`."""
    again = update(Delivery).where(Delivery.id == delivery, Delivery.state.in_(("blocked", "dead", "skipped")))
    by_token = BLOCKED & BY_TOKEN  # the platform is looked at before anything is sent there
    state, reason = case((by_token, "blocked"), else_="planned"), case((by_token, Delivery.reason), else_=None)
    session.execute(again.values(state=state, reason=reason, next_try_at=now, attempt=next_round(), probes=0))


def _last_lesson(session: Session, cohort: Cohort) -> int | None:
    """The last lesson that is out or on its way."""
    return session.scalar(
        select(func.max(Delivery.lesson)).where(
            Delivery.cohort_id == cohort.id, Delivery.kind == "lesson", Delivery.state != "skipped"
        )
    )


def _successor(session: Session, cohort: Cohort) -> bool:
    """Whether another cohort runs in the channel by now."""
    others = select(Cohort.id).where(
        Cohort.platform == cohort.platform,
        Cohort.channel == cohort.channel,
        Cohort.state != "finished",
        Cohort.id != cohort.id,
    )
    return session.scalar(others.limit(1)) is not None
