"""The one step that a facilitator is offered, of all that a brief tells.

In this order, the first that there is:

1. a lesson that could not be posted: everybody waits for it;
2. somebody who has gone silent and to whom nobody has written this week, of several the one who has missed the fewest
   lessons: so early a word helps most;
3. the answer that has waited longest for a word;
4. the prompt that the fewest have answered;
5. somebody who has come back and to whom nobody has written this week;
6. an answer worth reading aloud.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.chat.post import Button
from bot.cohorts.brief import Answer, Brief, Returned, Silent, Thin
from bot.curriculum.model import Course
from bot.store.tables import Cohort
from bot.talk.asking import quoted
from bot.talk.brief_words import asked_words


@dataclass(frozen=True)
class Step:
    """says: markdown, a sentence or two. button: opens what it takes; a note in it is a draft to edit. member, lesson:
    whom and which lesson it is about, for a page that leads there."""

    says: str
    button: Button
    member: int | None = None
    lesson: int | None = None


def next_step(course: Course, cohort: Cohort, brief: Brief, nudged: Mapping[int, datetime]) -> Step | None:
    """nudged: member → when somebody last wrote to them, of those who were written to this week."""
    silent = [each for each in brief.silent if each.member not in nudged]
    returned = [each for each in brief.returned if each.member not in nudged]
    if brief.standing.stuck:
        return _unstick(cohort, brief.standing.stuck[0][0])
    if silent:
        fewest = min(silent, key=lambda each: each.missed)
        return _write(cohort, fewest, "has gone silent. A few friendly lines help most when they come early")
    if brief.waiting:
        return _comment(course, brief.waiting[0])
    if brief.thin:
        return _look_into(course, min(brief.thin, key=lambda each: each.answered / max(each.asked, 1)))
    if returned:
        return _write(cohort, returned[0], "is back. A word says that it was seen")
    return _read_aloud(course, brief.aloud[0]) if brief.aloud else None


def _unstick(cohort: Cohort, lesson: int) -> Step:
    says = f"Begin with **day {lesson}**, which could not be posted: what helps stands above."
    return Step(says, Button("Status", f"cohort status:{cohort.id}", "primary"))


def _write(cohort: Cohort, who: Silent | Returned, why: str) -> Step:
    says = f"Write to **{quoted(who.name, 40)}**, who {why}; the form holds a draft to edit."
    line = " ".join(who.name.split())
    label = f"Write to {line if len(line) <= 40 else f'{line[:39]}…'}"
    return Step(says, Button(label, f"nudge:{cohort.id}-{who.member}", "primary"), member=who.member)


def _comment(course: Course, answer: Answer) -> Step:
    says = f"**{quoted(answer.name, 40)}** has waited longest for a word: {asked_words(course, answer)}."
    give = Button("Give feedback", f"feedback:{answer.submission}", "primary")
    says = f"{says} One thing that works and one question are enough."
    return Step(says, give, answer.member, answer.lesson)


def _look_into(course: Course, thin: Thin) -> Step:
    title = asked_words(course, thin)
    if not thin.answered:
        says = f"Nobody has answered **{title}** yet. Say in the channel what makes it easier to begin."
        return Step(says, Button("See the prompt", f"answers:{thin.key}", "primary"), lesson=thin.lesson)
    says = f"Read how those who answered **{title}** took it, and say in the channel what makes it easier to begin."
    return Step(says, Button("Read the answers", f"answers:{thin.key}", "primary"), lesson=thin.lesson)


def _read_aloud(course: Course, answer: Answer) -> Step:
    whose = f"**{quoted(answer.name, 40)}** whether you may read their answer to {asked_words(course, answer)}"
    read = Button("Read the answers", f"answers:{answer.key}", "primary")
    return Step(f"Ask {whose} aloud.", read, answer.member, answer.lesson)
