"""Lessons that a cohort leaves out: the next one takes their date, they count for nobody, and once the cohort is past
them its members may read them."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.store.tables import Cohort, SkippedLesson


def skipped_lessons(session: Session, cohort: Cohort) -> frozenset[int]:
    """The days of the lessons that are left out."""
    return frozenset(session.scalars(select(SkippedLesson.lesson).where(SkippedLesson.cohort_id == cohort.id)))


def past(session: Session, cohort: Cohort, reached: int) -> int:
    """The last day that members may read, where `reached` is the last that is out. Nothing comes behind a course's last
    lessons that would show that the cohort is past them: they are open when it has finished."""
    if cohort.state != "finished" or cohort.next_lesson is not None:
        return reached
    return max([reached, *skipped_lessons(session, cohort)])
