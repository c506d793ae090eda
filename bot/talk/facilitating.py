"""The page of a facilitator's own: where each of their cohorts is, who needs a word, and what holds it up. Its numbers
are the report's."""

from collections.abc import Iterator, Sequence

from bot.chat.post import Block, Button, Buttons, Divider, Heading, Post, Small, Text
from bot.cohorts.progress import cohort_progress
from bot.store.tables import Cohort
from bot.talk.asking import Asking, quoted
from bot.talk.moments import next_moment
from bot.talk.reports import silent_words, standing_words

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
    everybody = cohort_progress(asking.session, cohort, asking.now)
    yield Heading(cohort.name, 2)
    yield Text(standing_words(asking.session, cohort, everybody))
    yield from next_moment(cohort)
    yield Small("Who needs a word")
    yield Text(silent_words(everybody, cohort))
    buttons = [Button("Report", f"report:{cohort.id}", "primary"), Button("Status", f"cohort status:{cohort.id}")]
    if cohort.state == "paused":
        buttons.append(Button("Resume", f"cohort resume:{cohort.id}"))
    yield Buttons(tuple(buttons))
