"""When a cohort's next lesson comes."""

from bot.chat.post import Block, Moment, Small
from bot.store.tables import Cohort


def next_moment(cohort: Cohort) -> tuple[Block, ...]:
    """As a member is told it; nothing when no lesson comes any more."""
    if cohort.state == "paused":
        return (Small("The cohort is paused: nothing is posted until its facilitator resumes it."),)
    if cohort.next_due_at is None:
        return ()
    return (Moment("Next lesson", cohort.next_due_at, cohort.zone),)
