"""Everybody in a cohort, day by day, as a picture: what stands behind a button of `/report`."""

import re
from collections.abc import Sequence
from functools import partial

from bot.chat.post import Block, Button, Buttons, Heading, Post, Small
from bot.cohorts.feedback import may_judge
from bot.cohorts.progress import Progress, cohort_progress
from bot.store.tables import Cohort
from bot.talk.answers import observes
from bot.talk.asking import MOST_DIGITS, Asking, sentence
from bot.talk.drawing.heat_map import Page, heat_map, heat_map_alt, page_of
from bot.talk.drawing.sketch import Sketch

_WHICH = re.compile(rf"([0-9]{{1,{MOST_DIGITS}}}):([0-9]{{1,4}})", re.ASCII)


def map_button(cohort: Cohort, label: str = "Show everybody, day by day", number: int = 1) -> Button:
    """Opens page `number` of the cohort's picture."""
    return Button(label, f"map:{cohort.id}:{number}")


def day_by_day(asking: Asking) -> Post:
    """`map:COHORT:PAGE`, for the cohort's facilitators and observers. What comes back is drawn by whoever shows it."""
    named = _WHICH.fullmatch(asking.command.options.get("which", ""))
    cohort = asking.session.get(Cohort, int(named[1])) if named else None
    if named is None or cohort is None or not _may_look(asking, cohort):
        return sentence("This picture is for the cohort's facilitators and observers.")
    return _sketched(asking, cohort, cohort_progress(asking.session, cohort, asking.now), int(named[2]))


def _may_look(asking: Asking, cohort: Cohort) -> bool:
    """Facilitators, whoever administers the place it lives in from there, and observers; never of another platform or
    workspace."""
    command = asking.command
    if cohort.platform != command.platform or not asking.is_here(cohort):
        return False
    judges = may_judge(asking.session, cohort, command.workspace, command.channel, command.person)
    return judges or observes(asking, cohort)


def _sketched(asking: Asking, cohort: Cohort, everybody: Sequence[Progress], number: int) -> Post:
    page = page_of(cohort.name, everybody, number, cohort.silent_after)
    if page is None:
        return sentence("There are not so many members (any more). `/report` shows who there is.")
    title = f"Everybody, day by day: {cohort.name}"
    words = Small(heat_map_alt(page))
    blocks: list[Block] = [Heading(title, 1), words]
    if turns := _turns(cohort, page):
        blocks.append(Buttons(turns))
    return Sketch(title=title, blocks=tuple(blocks), words=words, draw=partial(heat_map, asking.course, page))


def _turns(cohort: Cohort, page: Page) -> tuple[Button, ...]:
    before = [map_button(cohort, f"← Page {page.number - 1}", page.number - 1)] if page.number > 1 else []
    behind = [map_button(cohort, f"Page {page.number + 1} →", page.number + 1)] if page.number < page.pages else []
    return (*before, *behind)
