"""`/cohort pause`, `/cohort resume`, `/cohort status`: stopping, going on, and where it stands."""

from collections.abc import Iterator

from sqlalchemy import func, select

from bot.chat.post import Block, Heading, Post, Small, Text
from bot.cohorts import cohorts
from bot.cohorts.changes import No, Pause, Resume
from bot.cohorts.foreseeing import foresee
from bot.store.tables import Cohort, Delivery, Enrollment
from bot.talk.asking import Asking, quoted, sentence
from bot.talk.calendar import apply_now, refused, today_of
from bot.talk.calendar_words import ahead_words
from bot.talk.care import ping_words, pins_words
from bot.talk.cohort_commands import none_here, rhythm
from bot.talk.moments import next_moment, state_word


def pause(asking: Asking) -> Post:
    """`/cohort pause`: at once, because whoever stops is in a hurry, and going on takes it back."""
    cohort = asking.find_cohort()
    if cohort is None:
        return none_here()
    done = apply_now(asking, cohort, (Pause(),))
    if isinstance(done, No):
        return refused(asking, cohort, done)
    return sentence(f"**{quoted(cohort.name)}** is paused. Nothing is posted until `/cohort resume`.")


def resume(asking: Asking) -> Post:
    """`/cohort resume`."""
    cohort = asking.find_cohort()
    if cohort is None:
        return none_here()
    done = apply_now(asking, cohort, (Resume(),))
    if isinstance(done, No):
        return refused(asking, cohort, done)
    goes_on = Text(f"**{quoted(cohort.name)}** goes on.")
    return Post(title="Resumed", blocks=(goes_on, *_next(cohort), *_ahead(asking, cohort)))


def status(asking: Asking) -> Post:
    """`/cohort status`."""
    cohort = asking.find_cohort()
    if cohort is None:
        return none_here()
    learners = asking.session.scalar(
        select(func.count())
        .select_from(Enrollment)
        .where(Enrollment.cohort_id == cohort.id, Enrollment.role == cohorts.LEARNER, Enrollment.left_on.is_(None))
    )
    state = state_word(cohort).capitalize()
    blocks: list[Block] = [
        Heading(cohort.name, 1),
        Text(f"{state}. Lessons {rhythm(cohort)}. {learners} learner{'s' * (learners != 1)}."),
        *_next(cohort),
        *_ahead(asking, cohort),
        Text(f"{ping_words(cohort)} {pins_words(cohort)}"),
    ]
    for each in asking.session.scalars(
        select(Delivery).where(Delivery.cohort_id == cohort.id, Delivery.state.in_(("blocked", "dead")))
    ):
        blocks.append(Small(f"Day {each.lesson} could not be posted: {each.reason}"))
    return Post(title=f"Status: {cohort.name}", blocks=tuple(blocks))


def _ahead(asking: Asking, cohort: Cohort) -> Iterator[Block]:
    try:
        seen = foresee(asking.session, lambda _, day: asking.course.day_after(day), cohort, asking.now)
    except LookupError:  # its zone is gone from the zone database
        return
    if words := " ".join(ahead_words(seen, cohort, today_of(asking, cohort))):
        yield Text(words)


def _next(cohort: Cohort) -> tuple[Block, ...]:
    if cohort.archived_at is not None:
        return (Small("Nothing is posted any more. /cohort unarchive takes it out again."),)
    if cohort.state == "paused":
        return (Small("Nothing is posted until /cohort resume."),)
    return next_moment(cohort)
