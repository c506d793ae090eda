"""What a brief says: where the cohort is, what asks for something, what is worth a look. In chat, on a page of one's
own, and on the command line the same."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.cohorts.brief import Answer, Brief, Returned, Silent, Standing, Thin
from bot.curriculum.model import Course
from bot.store.tables import Cohort
from bot.talk.alerts import cure_of
from bot.talk.asking import quoted
from bot.talk.filing import asked_title
from bot.talk.moments import state_word

MOST_NAMED = 10
"""Members or answers that a list in chat names; the others are counted."""

MOST_STUCK = 3
"""Lessons that could not be posted, each with its cure."""

NOTHING = "Nothing asks for you right now."


def standing_words(cohort: Cohort, standing: Standing) -> str:
    """How many learn and where the cohort is: "2 learners, on day 32, active. 3 lessons to come." """
    where = f"on day {standing.lesson}" if standing.lesson else "before its first lesson"
    state = state_word(cohort)
    if state == "archived":
        return f"{_count(standing.learners, 'learner')}, {where}, {state}."
    left = "the last one" if standing.left == 0 else f"{_count(standing.left, 'lesson')} to come"
    behind = f" {left[0].upper()}{left[1:]}." if standing.lesson or standing.left else ""
    return f"{_count(standing.learners, 'learner')}, {where}, {state}.{behind}"


def need_words(course: Course, cohort: Cohort, brief: Brief, now: datetime, nudged: Mapping[int, datetime]) -> str:
    """All that asks for something, or one line that nothing does."""
    stuck = brief.standing.stuck
    parts = [_stuck_words(lesson, reason) for lesson, reason in stuck[:MOST_STUCK]]
    if len(stuck) > MOST_STUCK:
        parts.append(f"And {_count(len(stuck) - MOST_STUCK, 'more lesson')}, which `/cohort status` lists.")
    if brief.standing.learners == 0:
        parts.append("Nobody has joined yet. Members join with `/join`.")
    if brief.silent:
        lines = [_silent_line(each, cohort, nudged) for each in brief.silent]
        parts.append("**Gone silent:**\n\n" + _listed(lines))
    if brief.waiting:
        lines = [f"{_whose(course, each)}, written {_ago(now - each.at)}" for each in brief.waiting]
        number = _count(brief.waiting_in_all, "answer")
        have = "has" if brief.waiting_in_all == 1 else "have"
        parts.append(
            f"**{number} {have} had no response for a day or longer:**\n\n" + _listed(lines, brief.waiting_in_all)
        )
    if brief.thin:
        parts.append("**Few have answered:**\n\n" + _listed([_thin_line(course, each) for each in brief.thin]))
    return "\n\n".join(parts) or NOTHING


def _stuck_words(lesson: int, reason: str) -> str:
    cure = cure_of(reason)
    return f"**Day {lesson} could not be posted:** {quoted(reason)}. {cure.why} **What helps:** {cure.cure}"


def _silent_line(silent: Silent, cohort: Cohort, nudged: Mapping[int, datetime]) -> str:
    missed = "the last lesson" if silent.missed == 1 else f"the last {silent.missed} lessons"
    wrote = f"last wrote on {day_words(silent.last, cohort)}" if silent.last else "has not written yet"
    at = nudged.get(silent.member)
    written = f"; somebody wrote to them on {day_words(at, cohort)}" if at else ""
    return f"**{quoted(silent.name)}**: missed {missed}, {wrote}{written}"


def _thin_line(course: Course, thin: Thin) -> str:
    return f"{asked_words(course, thin)}: {thin.answered} of {thin.asked}"


def look_words(course: Course, cohort: Cohort, brief: Brief) -> str:
    parts = []
    if brief.returned:
        parts.append("**Came back:**\n\n" + _listed([_returned_line(each, cohort) for each in brief.returned]))
    if brief.aloud:
        parts.append("**Worth reading aloud:**\n\n" + _listed([_aloud_line(course, each) for each in brief.aloud]))
    return "\n\n".join(parts)


def _returned_line(returned: Returned, cohort: Cohort) -> str:
    after = _count(returned.missed, "missed lesson")
    return f"**{quoted(returned.name)}** answered on {day_words(returned.at, cohort)}, after {after}"


def _aloud_line(course: Course, answer: Answer) -> str:
    of = f" of at most {answer.asked}" if answer.asked else ""
    reactions = f", {_count(answer.reactions, 'reaction')}" if answer.reactions else ""
    return f"{_whose(course, answer)}: {answer.words}{of} words{reactions}"


def _listed(lines: Sequence[str], in_all: int | None = None) -> str:
    shown = [f"- {line}" for line in lines[:MOST_NAMED]]
    more = (len(lines) if in_all is None else in_all) - len(shown)
    return "\n".join([*shown, f"- and {more} more"] if more > 0 else shown)


def _whose(course: Course, answer: Answer) -> str:
    return f"**{quoted(answer.name)}** · {asked_words(course, answer)}"


def asked_words(course: Course, about: Answer | Thin) -> str:
    return asked_title(course, about.lesson, about.prompt)


def _ago(waited: timedelta) -> str:
    hours = int(waited.total_seconds() // 3600)
    return f"{_count(hours, 'hour')} ago" if hours < 48 else f"{hours // 24} days ago"


def day_words(moment: datetime | None, cohort: Cohort) -> str:
    """On the cohort's own calendar."""
    if moment is None:
        return ""
    day = moment.astimezone(ZoneInfo(cohort.zone))
    return f"{day.day} {day:%b}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"
