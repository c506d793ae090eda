"""What facilitators say to open and steer a cohort in its channel."""

import re
from datetime import date, time
from zoneinfo import ZoneInfo, available_timezones

from rapidfuzz import fuzz, process
from sqlalchemy import func, select

from bot.chat.post import Block, Heading, Moment, Post, Small, Text
from bot.cohorts import cohorts
from bot.cohorts.calendar import MONDAY_TO_FRIDAY, to_weekdays, weekday_names
from bot.store.tables import Cohort, Delivery, Enrollment
from bot.talk.asking import Asking, quoted, sentence
from bot.talk.care import ping_words, pins_words

ZONES = tuple(
    sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "SystemV/")))
)
POST_TIME = time(9)
YEARS = range(2000, 2200)
"""Years that a cohort may start in: the calendar counts on from there."""


class Unclear(ValueError):
    """Something typed cannot be read; str() is the sentence to answer with."""


def create(asking: Asking) -> Post:
    """`/cohort create`: name, and sane choices for what is left out."""
    command = asking.command
    if command.channel is None:
        return sentence("Open a cohort in the channel where its lessons shall be posted.")
    try:
        new = to_new_cohort(asking, command.channel)
    except Unclear as unclear:
        return sentence(str(unclear))
    try:
        cohort = cohorts.open_cohort(asking.session, new, asking.now)
    except cohorts.Taken as taken:
        return _taken(asking, taken, new.name)
    member = cohorts.known_member(asking.session, command.platform, command.workspace, command.person)
    cohorts.join(asking.session, cohort, member, cohorts.FACILITATOR, asking.now)
    words = (
        f"**{quoted(cohort.name)}** is open, and you facilitate it. Lessons come here {rhythm(cohort)}, beginning with"
        f" day {cohort.next_lesson}. Members join with `/join`; `/report` shows how they fare."
    )
    return Post(title="Cohort opened", blocks=(Text(words), *_next(cohort)))


def pause(asking: Asking) -> Post:
    """`/cohort pause`."""
    cohort = asking.find_cohort()
    if cohort is None:
        return _none_here()
    if not cohorts.pause(cohort):
        return sentence(f"**{quoted(cohort.name)}** is {cohort.state}: there is nothing to pause.")
    return sentence(f"**{quoted(cohort.name)}** is paused. Nothing is posted until `/cohort resume`.")


def resume(asking: Asking) -> Post:
    """`/cohort resume`."""
    cohort = asking.find_cohort()
    if cohort is None:
        return _none_here()
    if not cohorts.resume(asking.session, cohort, asking.now):
        return sentence(f"**{quoted(cohort.name)}** is {cohort.state}: there is nothing to resume.")
    return Post(title="Resumed", blocks=(Text(f"**{quoted(cohort.name)}** goes on."), *_next(cohort)))


def status(asking: Asking) -> Post:
    """`/cohort status`."""
    cohort = asking.find_cohort()
    if cohort is None:
        return _none_here()
    learners = asking.session.scalar(
        select(func.count())
        .select_from(Enrollment)
        .where(Enrollment.cohort_id == cohort.id, Enrollment.role == cohorts.LEARNER, Enrollment.left_on.is_(None))
    )
    blocks: list[Block] = [
        Heading(cohort.name, 1),
        Text(f"{cohort.state.capitalize()}. Lessons {rhythm(cohort)}. {learners} learner{'s' * (learners != 1)}."),
        *_next(cohort),
        Text(f"{ping_words(cohort)} {pins_words(cohort)}"),
    ]
    for each in asking.session.scalars(
        select(Delivery).where(Delivery.cohort_id == cohort.id, Delivery.state.in_(("blocked", "dead")))
    ):
        blocks.append(Small(f"Day {each.lesson} could not be posted: {each.reason}"))
    return Post(title=f"Status: {cohort.name}", blocks=tuple(blocks))


def rhythm(cohort: Cohort) -> str:
    """When lessons come, as a person says it."""
    return f"{weekday_names(cohort.weekdays)} at {cohort.post_time:%H:%M} ({cohort.zone})"


def to_new_cohort(asking: Asking, channel: str) -> cohorts.NewCohort:
    """The options as a cohort to open. Raises Unclear."""
    command, options = asking.command, asking.command.options
    name = " ".join(options.get("name", "").split())
    if not name or len(name) > 80:
        raise Unclear("Give the cohort a name of at most 80 characters: `/cohort create Spring`.")
    zone = to_zone(options.get("zone", "UTC"))
    today = asking.now.astimezone(ZoneInfo(zone)).date()
    return cohorts.NewCohort(
        platform=command.platform,
        workspace=command.workspace,
        channel=channel,
        name=name,
        course=asking.course.about.id,
        zone=zone,
        post_time=to_time(options["time"]) if "time" in options else POST_TIME,
        weekdays=_weekdays(options["days"]) if "days" in options else MONDAY_TO_FRIDAY,
        start=to_date(options["start"]) if "start" in options else today,
        first=_first(asking, options.get("first", "")),
    )


def to_zone(typed: str) -> str:
    """An IANA zone in its own spelling; a city is enough. Raises Unclear with the nearest ones."""
    wanted = typed.strip().replace(" ", "_").lower()
    if wanted in ("utc", "gmt"):
        return "UTC"
    for zone in ZONES:
        if wanted in (zone.lower(), zone.lower().rpartition("/")[2]):
            return zone
    near = ", ".join(f"`{zone}`" for zone in near_zones(typed, 3))
    raise Unclear(f"“{quoted(typed, 40)}” is not a time zone I know. Did you mean {near}?")


def near_zones(typed: str, limit: int) -> tuple[str, ...]:
    """What somebody who has typed this may be after: zones with a word that begins so, then those that hold it, then
    cities that are spelled alike. All in order when nothing is typed."""
    wanted = typed[:60].strip().replace(" ", "_").lower()
    begun = [zone for zone in ZONES if any(word.startswith(wanted) for word in _words(zone))]
    holding = [zone for zone in ZONES if wanted in zone.lower()]
    alike = process.extract(wanted, [_words(zone)[-1] for zone in ZONES], scorer=fuzz.ratio, limit=limit)
    return tuple(dict.fromkeys([*begun, *holding, *(ZONES[number] for _, _, number in alike)]))[:limit]


def _words(zone: str) -> list[str]:
    """ "America/New_York" → its parts from every beginning on, the city last."""
    parts = zone.lower().split("/")
    return [zone.lower(), *parts[-1].split("_"), parts[-1]]


def to_time(typed: str) -> time:
    """ "9:00", "09:00". Raises Unclear."""
    match = re.fullmatch(r"([01]?\d|2[0-3])(?::([0-5]\d))?", typed.strip())
    if match:
        return time(int(match[1]), int(match[2] or 0))
    raise Unclear(f"“{quoted(typed, 20)}” is not a time of day: write it like `09:00`.")


def to_date(typed: str) -> date:
    """ "2026-09-01". Raises Unclear."""
    try:
        day = date.fromisoformat(typed.strip())
    except ValueError:
        raise Unclear(f"“{quoted(typed, 20)}” is not a date: write it like `2026-09-01`.") from None
    if day.year not in YEARS:
        raise Unclear(f"“{quoted(typed, 20)}” is too far away: write a date like `2026-09-01`.")
    return day


def _weekdays(typed: str) -> int:
    try:
        return to_weekdays(typed)
    except ValueError:
        raise Unclear(f"“{quoted(typed, 40)}” are no lesson days: write `mon-fri`, or `mon,wed,fri`.") from None


def _first(asking: Asking, typed: str) -> int:
    lessons = asking.course.lessons
    if not typed:
        return min(lessons)
    if not typed.isdecimal() or len(typed) > 4 or int(typed) not in lessons:
        raise Unclear(
            f"There is no lesson “{quoted(typed, 20)}”. The course has days {min(lessons)} to {max(lessons)}."
        )
    return int(typed)


def _taken(asking: Asking, taken: cohorts.Taken, name: str) -> Post:
    if taken.what == "name":
        return sentence(f"There is a cohort “{quoted(name)}” already. Choose another name.")
    here = asking.find_cohort()
    return sentence(f"**{quoted(here.name if here else 'A cohort')}** runs in this channel. One channel, one cohort.")


def _next(cohort: Cohort) -> tuple[Block, ...]:
    if cohort.state == "paused":
        return (Small("Nothing is posted until /cohort resume."),)
    return (Moment("Next lesson", cohort.next_due_at, cohort.zone),) if cohort.next_due_at else ()


def _none_here() -> Post:
    return sentence("There is no cohort in this channel yet. `/cohort create NAME` opens one.")
