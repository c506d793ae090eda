"""Where a cohort stands, and when its next lesson comes."""

from bot.chat.post import Block, Moment, Small
from bot.store.tables import Cohort


def state_word(cohort: Cohort) -> str:
    """ "active", "paused", "finished" or "archived"."""
    return "archived" if cohort.archived_at is not None else cohort.state


def next_moment(cohort: Cohort) -> tuple[Block, ...]:
    """As a member is told it; nothing when no lesson comes any more."""
    if cohort.state == "paused":
        return (Small("The cohort is paused: nothing is posted until its facilitator resumes it."),)
    if cohort.state == "finished" or cohort.next_due_at is None:  # an archived one keeps its place in the course
        return ()
    return (Moment("Next lesson", cohort.next_due_at, cohort.zone),)
