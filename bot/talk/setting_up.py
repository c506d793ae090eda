"""A facilitator opens a cohort by filling in a form: what they have typed is looked at, shown as what would come, and
opened only when they say so. Between form and button nothing is kept but in the button itself (`outlines`)."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from itertools import islice
from typing import TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.chat.inbound import Command, FormAnswer
from bot.chat.post import Block, Button, Buttons, Field, Form, Heading, Moment, Post, Rejected, Small, Text, Words
from bot.cohorts import cohorts
from bot.cohorts.calendar import MONDAY_TO_FRIDAY, Schedule, Slot, next_slot, slots, weekday_names
from bot.cohorts.zones import guess_zone
from bot.curriculum.model import Course
from bot.store.tables import Cohort
from bot.talk import cohort_commands
from bot.talk.asking import Asking, quoted, sentence
from bot.talk.checklists import checklist_post
from bot.talk.cohort_commands import POST_TIME, Unclear, to_days, to_time, to_zone
from bot.talk.dates import to_day
from bot.talk.outlines import NAME_LIMIT, Outline, packed, plain_name, unpacked

MOST_SHOWN = 3
"""Lessons whose dates a preview names; the last one's besides."""

T = TypeVar("T")


def create(asking: Asking) -> Post | Form:
    """`/cohort create`: at once when it is given a name, else by the form."""
    options = asking.command.options
    if options.get("name", "").strip():
        return cohort_commands.create(asking)
    if options.get("like"):
        return sentence("Give the new cohort a name as well: `/cohort create NAME like:OTHER`.")
    return _refused(asking.session, asking.command) or _form(_suggested(asking))


def setup(asking: Asking) -> Post | Form:
    """`setup:OUTLINE`: the form again, with what was typed; without an outline as it is at first."""
    outline = unpacked(asking.command.options.get("draft", ""))
    return _refused(asking.session, asking.command) or _form(outline or _suggested(asking))


def filled(session: Session, course: Course, form: FormAnswer, now: datetime) -> Post | Rejected:
    """The form came back. Nothing is opened yet: what would come is shown."""
    refused = _refused(session, form)
    if refused is not None:
        return refused
    outline, wrong = _read(session, form, now)
    return Rejected(wrong, _wrong_post(form, outline, wrong)) if wrong else _preview_post(course, outline, now)


def not_read_post(_: str, draft: str) -> Post:
    """The record could not be reached when the form came back. draft: what it was opened with."""
    says = "**That could not be looked at just now.** Nothing was opened. Please try again in a minute."
    button = Button("Fill it in again", f"setup:{draft}" if unpacked(draft) else "setup", "primary")
    return Post("Not yet", (Text(says), Buttons((button,))))


def open_(asking: Asking) -> Post:
    """`open:OUTLINE`: *Open it* under a preview. A second press finds the cohort that the first one has opened."""
    outline, command = unpacked(asking.command.options.get("draft", "")), asking.command
    refused = _refused(asking.session, command)
    here = cohorts.find_cohort(asking.session, command.platform, command.channel) if command.channel else None
    if refused is not None:
        mine = outline is not None and here is not None and here.name == outline.name and asking.facilitates
        return checklist_post(here, now=asking.now) if mine and here is not None else refused
    if outline is None or not outline.name:
        return sentence("This button is too old to tell what it would open. `/cohort create` begins anew.")
    if outline.start < _today(outline.zone, asking.now):
        return _passed_post(outline)
    return _opened(asking, outline)


def _opened(asking: Asking, outline: Outline) -> Post:
    command, first = asking.command, min(asking.course.lessons)
    assert command.channel is not None, "looked at before"
    new = cohorts.NewCohort(
        platform=command.platform,
        workspace=command.workspace,
        channel=command.channel,
        name=outline.name,
        course=asking.course.about.id,
        zone=outline.zone,
        post_time=outline.post_time,
        weekdays=outline.weekdays,
        start=outline.start,
        first=first,
    )
    try:
        cohort = cohorts.open_cohort(asking.session, new, asking.now)
    except cohorts.Taken as taken:
        return cohort_commands.taken_post(asking, taken, outline.name)
    member = cohorts.known_member(asking.session, command.platform, command.workspace, command.person)
    cohorts.join(asking.session, cohort, member, cohorts.FACILITATOR, asking.now)
    cohort_commands.mark_opened(asking.session, cohort, member, asking.now)
    return checklist_post(cohort, now=asking.now)


def _refused(session: Session, at: Command | FormAnswer) -> Post | None:
    """Why no cohort can be opened there, or by them."""
    if at.channel is None:
        return sentence("Open a cohort in the channel where its lessons shall be posted.")
    here = cohorts.find_cohort(session, at.platform, at.channel)
    may = at.person.manages if here is None else cohorts.is_facilitator(session, here, at.person)
    if not may:
        return sentence("Opening a cohort is for whoever may manage this channel.")
    if here is not None and here.state != "finished":
        return sentence(f"**{quoted(here.name)}** runs in this channel. One channel, one cohort.")
    return None


def _suggested(asking: Asking) -> Outline:
    """What stands in the form at first: what was typed behind the command, else what most choose."""
    command, options = asking.command, asking.command.options
    zone = _typed(to_zone, options.get("zone"), guess_zone(command.zone, command.locale))
    at = _typed(to_time, options.get("time"), POST_TIME)
    weekdays = _typed(to_days, options.get("days"), MONDAY_TO_FRIDAY)
    today = _today(zone, asking.now)
    tomorrow = today + timedelta(days=1)
    slot = next_slot(Schedule(zone, at, weekdays, tomorrow), None)
    first = slot.local_date if slot else tomorrow
    start = _typed(lambda typed: to_day(typed, today), options.get("start"), first)
    return Outline("", zone, at, weekdays, start)


def _typed(read: Callable[[str], T], typed: str | None, otherwise: T) -> T:
    try:
        return read(typed) if typed else otherwise
    except Unclear:
        return otherwise


def _form(outline: Outline) -> Form:
    """Its five fields are all that a form may have (Discord), so that what is to be said of the channel stands beside
    the name."""

    def line(id_: str, label: str, hint: str, value: str, limit: int = 60) -> Field:
        return Field(id_, label, hint, value, long=False, max_length=limit)

    weekdays = weekday_names(outline.weekdays).replace("–", "-")
    return Form(
        title="Open a cohort",
        action=f"setup:{packed(outline)}",
        fields=(
            line("name", "Name", "Its lessons are posted in the channel you are in now.", outline.name, NAME_LIMIT),
            line("zone", "Time zone", "A city is enough, like Zurich.", outline.zone),
            line("time", "Posted at", "By the clock of that zone, like 09:00.", f"{outline.post_time:%H:%M}"),
            line("days", "Lesson days", "Like Mon-Fri, or Mon, Wed, Fri.", weekdays),
            line("start", "First day", "Like 2026-09-01, or 1 September.", outline.start.isoformat()),
        ),
    )


def _read(session: Session, form: FormAnswer, now: datetime) -> tuple[Outline, tuple[tuple[str, str], ...]]:
    """What was typed, and (field, sentence) for each that cannot be read: there stands what the form was opened
    with."""
    wrong: list[tuple[str, str]] = []

    def read(field: str, reader: Callable[[str], T], otherwise: T) -> T:
        try:
            return reader(form.values.get(field, ""))
        except Unclear as unclear:
            wrong.append((field, str(unclear)))
            return otherwise

    before = unpacked(form.action.partition(":")[2])
    before = before or Outline("", "UTC", POST_TIME, MONDAY_TO_FRIDAY, _today("UTC", now) + timedelta(days=1))
    name = read("name", lambda typed: _to_name(session, form, typed), plain_name(form.values.get("name", "")))
    zone = read("zone", to_zone, before.zone)
    at = read("time", to_time, before.post_time)
    weekdays = read("days", to_days, before.weekdays)
    start = read("start", lambda typed: _to_start(typed, _today(zone, now), zone), before.start)
    return Outline(name, zone, at, weekdays, start), tuple(wrong)


def _to_name(session: Session, form: FormAnswer, typed: str) -> str:
    """Raises Unclear."""
    name = plain_name(typed)
    if not name or len(name) > NAME_LIMIT:
        raise Unclear(f"Give the cohort a name of at most {NAME_LIMIT} characters.")
    there = select(Cohort.id).where(
        Cohort.platform == form.platform, Cohort.workspace == form.workspace, Cohort.name == name
    )
    if session.scalar(there) is not None:
        raise Unclear(f"There is a cohort “{quoted(name)}” already. Choose another name.")
    return name


def _to_start(typed: str, today: date, zone: str) -> date:
    """Raises Unclear."""
    start = to_day(typed, today)
    if start < today:
        raise Unclear(f"{_spoken(start)} has passed: in {zone} it is {_spoken(today)}.")
    return start


def _wrong_post(form: FormAnswer, outline: Outline, wrong: tuple[tuple[str, str], ...]) -> Post:
    """For platforms that cannot keep a form open: what is wrong, what was typed, and the form again."""
    says = "\n".join(f"- {each}" for _, each in wrong)
    blocks: list[Block] = [Text(f"Not quite yet; nothing was opened.\n\n{says}")]
    blocks += [Words(typed) for field, _ in wrong if (typed := form.values.get(field, "")).strip()]
    blocks.append(Buttons((Button("Fill it in again", f"setup:{packed(outline)}", "primary"),)))
    return Post("Not quite yet", tuple(blocks))


def _preview_post(course: Course, outline: Outline, now: datetime) -> Post:
    dates = _dates(course, outline, now)
    comes = f"{weekday_names(outline.weekdays)} at {outline.post_time:%H:%M} ({outline.zone})"
    lessons = f"{len(dates)} lessons, {comes}; the last one on **{_spoken(dates[-1].local_date)}**."
    ways = (
        Button("Open it", f"open:{packed(outline)}", "primary"),
        Button("Change", f"setup:{packed(outline)}"),
    )
    return Post(
        title=f"Before it opens: {outline.name}",
        blocks=(
            Heading(outline.name, 1),
            Text(f"{quoted(course.about.title, 120)}, in this channel. {lessons}"),
            *(
                Moment(f"Day {day}", slot.due_at, outline.zone)
                for day, slot in zip(sorted(course.lessons), dates[:MOST_SHOWN], strict=False)
            ),
            *map(Text, _missing(course)),
            Buttons(ways),
            Small("Nothing is open yet, and nobody was told."),
        ),
    )


def _dates(course: Course, outline: Outline, now: datetime) -> list[Slot]:
    """One for each lesson of the course: as `open_cohort` and the planner will find them."""
    schedule = Schedule(outline.zone, outline.post_time, outline.weekdays, outline.start)
    return list(islice((slot for slot in slots(schedule) if slot.due_at >= now), len(course.lessons)))


def _missing(course: Course) -> list[str]:
    """What is not as it could be, one sentence each."""
    written, of = len(course.lessons), course.about.days
    gaps = f"The course has {written} of its {of} lessons: what is not written by its day is left out."
    return [
        *([gaps] if written < of else []),
        "Holidays and breaks are not left out yet: `/cohort change` does that once it is open. Before the first lesson"
        " I look whether I may do here all that lessons need, and tell you what is missing.",
    ]


def _passed_post(outline: Outline) -> Post:
    says = f"{_spoken(outline.start)} has passed meanwhile, so nothing was opened. Choose another first day."
    button = Button("Change", f"setup:{packed(outline)}", "primary")
    return Post("The first day has passed", (Text(says), Buttons((button,))))


def _today(zone: str, now: datetime) -> date:
    return now.astimezone(ZoneInfo(zone)).date()


def _spoken(day: date) -> str:
    return f"{day:%A}, {day.day} {day:%B %Y}"
