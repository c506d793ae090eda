"""The page of a facilitator's own: where each of their cohorts is, who needs a word, and what holds it up. Its numbers
are the report's."""

from collections.abc import Iterator, Sequence

from bot.chat.post import Block, Button, Buttons, Divider, Heading, Post, Text
from bot.cohorts.brief import brief
from bot.cohorts.nudges import nudged_lately
from bot.cohorts.progress import cohort_progress
from bot.store.tables import Cohort
from bot.talk.asking import Asking, quoted
from bot.talk.brief_words import need_words, standing_words
from bot.talk.moments import next_moment
from bot.talk.next_step import next_step

MOST_COHORTS = 3


def facilitator_post(asking: Asking, cohorts: Sequence[Cohort]) -> Post:
    """cohorts: those that the person facilitates; nobody else's are shown."""
    blocks: list[Block] = [Heading("For facilitators", 1)]
    if not cohorts:
        blocks.append(Text("You facilitate no cohort here. `/cohort create NAME` in a channel opens one."))
    for cohort in cohorts[:MOST_COHORTS]:
        blocks += _section(asking, cohort)
    if len(cohorts) > MOST_COHORTS:
        names = ", ".join(quoted(each.name) for each in cohorts[MOST_COHORTS : MOST_COHORTS + 10])
        blocks.append(Text(f"And {len(cohorts) - MOST_COHORTS} more: {names}. Say `/report` in their channels."))
    blocks += [Divider(), Buttons((Button("My page", "home"), Button("What I can do", "help")))]
    return Post(title="For facilitators", blocks=tuple(blocks))


def _section(asking: Asking, cohort: Cohort) -> Iterator[Block]:
    """The report's words, and its one step among the buttons."""
    session, course, now = asking.session, asking.course, asking.now
    told = brief(session, course, cohort, cohort_progress(session, cohort, now), now)
    nudged = nudged_lately(session, cohort, now)
    yield Heading(cohort.name, 2)
    yield Text(standing_words(cohort, told.standing))
    yield from next_moment(cohort)
    yield Text(need_words(course, cohort, told, now, nudged))
    step = next_step(course, cohort, told, nudged)
    buttons = [Button("Report", f"report:{cohort.id}"), Button("Status", f"cohort status:{cohort.id}")]
    if step is not None and step.button.action not in [each.action for each in buttons]:
        buttons.insert(0, step.button)
    if cohort.state == "paused":
        buttons.append(Button("Resume", f"cohort resume:{cohort.id}"))
    yield Buttons(tuple(buttons))
