"""One member, for a facilitator: who is meant by a name, and `/member`, a short card about them."""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.chat.post import Block, Button, Buttons, Heading, Post, Small, Text
from bot.cohorts.calendar import Span
from bot.cohorts.excuses import absences_of
from bot.cohorts.progress import Progress, State, member_progress
from bot.cohorts.writing import Written, answers_of
from bot.curriculum.model import Course
from bot.store.tables import Cohort, Enrollment, Member
from bot.talk.asking import Asking, quoted, sentence
from bot.talk.filing import asked_title
from bot.talk.lengths import count

_MENTION = re.compile(r"<@!?([A-Za-z0-9_-]{1,64})(?:\|[^<>]*)?>", re.ASCII)

SHOWN = 40
"""Letters of a name inside a sentence."""

LATEST = 5
"""Answers on the card."""

_LONGEST_NAME = 200
_MOST_NAMED = 5
_MOST_SPANS = 6


def meant_member(asking: Asking, cohort: Cohort, typed: str) -> tuple[Member, Enrollment] | Post:
    """Who is meant, of all who are or were in the cohort: by their whole name, a mention or their id, else by how the
    name begins. A Post that says so when that is nobody, or several."""
    typed = typed.strip()
    if not typed or len(typed) > _LONGEST_NAME:
        return sentence("Who? Write the name of a member of this cohort, as they are called here.")
    mention = _MENTION.fullmatch(typed)
    found = _called(asking.session, cohort, mention[1] if mention else typed.lstrip("@"))
    if not found:
        return sentence(f"Nobody in **{quoted(cohort.name)}** is called “{quoted(typed, SHOWN)}”.")
    if len(found) > 1:
        several = ", ".join(f"{quoted(each.name, SHOWN)} (`{each.ref}`)" for each, _ in found[:_MOST_NAMED])
        return sentence(f"Several fit “{quoted(typed, SHOWN)}”: {several}. Write the id of the one you mean.")
    return found[0]


def member(asking: Asking) -> Post:
    """`/member NAME`: how somebody is doing, without their words. Their whole path stands on the pages, where opening
    it is written down."""
    cohort = asking.find_cohort()
    if cohort is None:
        return sentence("There is no cohort here. Ask in your cohort's channel.")
    found = meant_member(asking, cohort, asking.command.options.get("member", ""))
    if isinstance(found, Post):
        return found
    who, enrollment = found
    progress = member_progress(asking.session, cohort, who, asking.now)
    assert progress is not None, "who has an enrollment has progress"
    blocks: list[Block] = [
        Heading(who.name[:SHOWN] or "Somebody without a name", 1),
        Small(_standing(cohort, enrollment)),
        Text(_progress_words(progress)),
    ]
    excused = absences_of(asking.session, enrollment.id)
    if excused:
        blocks.append(Text(f"**Excused:** {span_words(excused)}."))
    latest = sorted(answers_of(asking.session, cohort.id, who.id), key=lambda each: each.last_at, reverse=True)
    blocks += [*_latest(asking.course, cohort, latest[:LATEST]), *_whole_path(asking, cohort, who)]
    return Post(title=f"Member: {who.name[:SHOWN]}", blocks=tuple(blocks))


def span_words(spans: Sequence[Span]) -> str:
    """Dates in words, the last spans only when they are many: "3 Sep 2026, 7 to 9 Sep 2026"."""
    shown = [_span(each) for each in spans[-_MOST_SPANS:]]
    more = len(spans) - len(shown)
    return ", ".join(shown) + (f", and {more} earlier" if more else "")


def day_words(day: date) -> str:
    """A date as people here write it: "3 Sep 2026"."""
    return f"{day.day} {day:%b %Y}"


def _span(span: Span) -> str:
    return day_words(span.first) if span.first == span.last else f"{day_words(span.first)} to {day_words(span.last)}"


def _called(session: Session, cohort: Cohort, wanted: str) -> list[tuple[Member, Enrollment]]:
    """SQLite lowers ASCII only, so that the names are compared here."""
    rows = session.execute(
        select(Member, Enrollment)
        .join(Enrollment, Enrollment.member_id == Member.id)
        .where(Enrollment.cohort_id == cohort.id)
        .order_by(Member.id)
    ).all()
    everybody = [(each, enrollment) for each, enrollment in rows]
    sought = wanted.casefold()
    exactly = [each for each in everybody if sought in (each[0].ref.casefold(), each[0].name.casefold())]
    return exactly or [each for each in everybody if sought and each[0].name.casefold().startswith(sought)]


def _standing(cohort: Cohort, enrollment: Enrollment) -> str:
    left = f", left on {day_words(enrollment.left_on)}" if enrollment.left_on else ""
    return f"{enrollment.role} in {cohort.name}, joined on {day_words(enrollment.joined_on)}{left}"


def _progress_words(progress: Progress) -> str:
    done, late = progress.count(State.DONE), progress.count(State.LATE)
    expected = done + late + progress.count(State.OPEN) + progress.count(State.MISSED)
    if not expected:
        return "Nothing has been asked of them yet."
    lessons, of_them = "lesson" if expected == 1 else "lessons", f", {late} of them late" if late else ""
    words = f"**{done + late} of {expected}** {lessons} answered{of_them}."
    still = [each.lesson for each in progress.lessons if each.state in (State.OPEN, State.MISSED)][-LATEST:]
    return words + (f" **Not answered:** {', '.join(f'day {day}' for day in still)}." if still else "")


def _latest(course: Course, cohort: Cohort, answers: Sequence[Written]) -> Iterator[Block]:
    if answers:
        lines = "\n".join(f"- {_line(course, cohort, each)}" for each in answers)
        yield Text(f"**Last answers**\n{lines}")


def _line(course: Course, cohort: Cohort, answer: Written) -> str:
    at = answer.last_at.astimezone(ZoneInfo(cohort.zone))
    words = count(answer.text, "words")
    said = "responded to" if answer.said else "no response yet"
    title = quoted(asked_title(course, answer.lesson, answer.prompt))
    return f"{title}: {words} {'word' if words == 1 else 'words'} on {at.day} {at:%b}, {said}"


def _whole_path(asking: Asking, cohort: Cohort, who: Member) -> Iterator[Block]:
    """The way to everything they wrote, and what opening it means."""
    if asking.address is None:
        return
    yield Text(f"**[Everything they wrote]({asking.address}/desk/c/{cohort.id}/member/{who.id}/path)**")
    yield Small("Opening it is written down, and they can see who did. If the page asks you to sign in, press below.")
    yield Buttons((Button("Let me into the pages", f"dashboard:{cohort.id}"),))
