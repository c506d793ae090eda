"""What facilitators say to open and steer a cohort in its channel."""

import re
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from rapidfuzz import fuzz, process
from sqlalchemy.orm import Session

from bot.chat.post import Block, Buttons, Moment, Post, Text
from bot.cohorts import cohorts
from bot.cohorts.audit import Action, write_down
from bot.cohorts.calendar import MONDAY_TO_FRIDAY, to_weekdays, weekday_names
from bot.cohorts.duplicating import find_model, take_over
from bot.cohorts.zones import ZONES
from bot.store.tables import Cohort, Member
from bot.talk.asking import Asking, quoted, sentence
from bot.talk.checklists import ways

POST_TIME = time(9)
YEARS = range(2000, 2200)
"""Years that a cohort may start in: the calendar counts on from there."""


class Unclear(ValueError):
    """Something typed cannot be read; str() is the sentence to answer with."""


def create(asking: Asking) -> Post:
    """`/cohort create NAME`: sane choices for what is left out, or another cohort's."""
    command = asking.command
    if command.channel is None:
        return sentence("Open a cohort in the channel where its lessons shall be posted.")
    try:
        model = _model(asking, command.options["like"]) if "like" in command.options else None
        new = to_new_cohort(asking, command.channel, model)
    except Unclear as unclear:
        return sentence(str(unclear))
    try:
        cohort = cohorts.open_cohort(asking.session, new, asking.now)
    except cohorts.Taken as taken:
        return taken_post(asking, taken, new.name)
    member = cohorts.known_member(asking.session, command.platform, command.workspace, command.person)
    cohorts.join(asking.session, cohort, member, cohorts.FACILITATOR, asking.now)
    if model is not None:
        lessons = sum(day >= new.first for day in asking.course.lessons)
        take_over(asking.session, cohort, model, lessons, asking.now)
    mark_opened(asking.session, cohort, member, asking.now, model)
    words = (
        f"**{quoted(cohort.name)}** is open, and you facilitate it. Lessons come here {rhythm(cohort)}, beginning with"
        f" day {cohort.next_lesson}. Members join with `/join`; `/report` shows how they fare."
    )
    return Post(title="Cohort opened", blocks=(Text(words), *_next(cohort), Buttons(ways(cohort))))


def mark_opened(session: Session, cohort: Cohort, by: Member, now: datetime, model: Cohort | None = None) -> None:
    """The first line of its audit."""
    like = f", like {model.name}" if model is not None else ""
    write_down(session, cohort, by, Action.SETTING, f"opened{like}: {rhythm(cohort)}, from {cohort.start_date} on", now)


def rhythm(cohort: Cohort) -> str:
    """When lessons come, as a person says it."""
    return f"{weekday_names(cohort.weekdays)} at {cohort.post_time:%H:%M} ({cohort.zone})"


def to_new_cohort(asking: Asking, channel: str, model: Cohort | None = None) -> cohorts.NewCohort:
    """The options as a cohort to open; what is left out is as with `model`. Raises Unclear."""
    command, options = asking.command, asking.command.options
    name = " ".join(options.get("name", "").split())
    if not name or len(name) > 80:
        raise Unclear("Give the cohort a name of at most 80 characters: `/cohort create Spring`.")
    zone = to_zone(options.get("zone", model.zone if model else "UTC"))
    today = asking.now.astimezone(ZoneInfo(zone)).date()
    return cohorts.NewCohort(
        platform=command.platform,
        workspace=command.workspace,
        channel=channel,
        name=name,
        course=asking.course.about.id,
        zone=zone,
        post_time=to_time(options["time"]) if "time" in options else model.post_time if model else POST_TIME,
        weekdays=to_days(options["days"]) if "days" in options else model.weekdays if model else MONDAY_TO_FRIDAY,
        start=to_date(options["start"]) if "start" in options else today,
        first=_first(asking, options.get("first", "")),
    )


def _model(asking: Asking, typed: str) -> Cohort:
    """Raises Unclear."""
    command = asking.command
    found = find_model(asking.session, command.platform, command.workspace, command.person.ref, typed)
    if not found:
        raise Unclear(f"You facilitate no cohort called “{quoted(typed, 40)}” here, so nothing was opened.")
    return found[0]


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


def to_days(typed: str) -> int:
    """ "mon-fri" as a bit mask, bit 0 is Monday. Raises Unclear."""
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


def taken_post(asking: Asking, taken: cohorts.Taken, name: str) -> Post:
    """Why no cohort of that name could be opened there."""
    if taken.what == "name":
        return sentence(f"There is a cohort “{quoted(name)}” already. Choose another name.")
    here = asking.find_cohort()
    return sentence(f"**{quoted(here.name if here else 'A cohort')}** runs in this channel. One channel, one cohort.")


def _next(cohort: Cohort) -> tuple[Block, ...]:
    return (Moment("Next lesson", cohort.next_due_at, cohort.zone),) if cohort.next_due_at else ()


def none_here() -> Post:
    """No cohort lives in the channel."""
    return sentence("There is no cohort in this channel yet. `/cohort create NAME` opens one.")
