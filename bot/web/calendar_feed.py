"""A cohort's calendar as calendar programs subscribe to it (RFC 5545, RFC 7986): `GET /calendar/KEY.ics`.

The address is all that it takes, so it tells little: dates, what breaks are called, titles of lessons that are out.
"""

import hashlib
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from aiohttp import hdrs, web

from bot.clock import Clock
from bot.cohorts.feeds import Closed, FedLesson, Feed, read_feed
from bot.cohorts.foreseeing import Off
from bot.curriculum.model import Course
from bot.store.database import Database

PRODUCT = "-//Homeroom//Study cohorts//EN"
AGAIN_AFTER = timedelta(hours=1)
"""How long a program may wait before it looks again; most take it as a hint."""

_TELLS = {
    hdrs.CACHE_CONTROL: "private, max-age=300",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
    "Referrer-Policy": "no-referrer",
}
_WORDS = {
    Closed.UNKNOWN: (404, "There is no such calendar. /cohort calendar tells the address of the one that there is."),
    Closed.ARCHIVED: (410, "This cohort is archived, and its calendar is closed."),
}


def feed_routes(database: Database, course: Callable[[], Course], clock: Clock) -> list[web.RouteDef]:
    """The one route. course: as it is taught now."""

    async def answer(request: web.Request) -> web.Response:
        taught = course()
        key, now = request.match_info["key"], clock()
        feed = await database.run(read_feed, key, lambda _, day: taught.day_after(day), now)
        if isinstance(feed, Closed):
            status, words = _WORDS[feed]
            return web.Response(status=status, text=words, headers={**_TELLS, hdrs.CACHE_CONTROL: "no-store"})
        return _answered(request, feed, to_calendar(feed, taught))

    return [web.get(r"/calendar/{key:[^/]+}.ics", answer)]


def to_calendar(feed: Feed, course: Course) -> bytes:
    """The feed as iCalendar: the same bytes for the same feed and course."""
    from icalendar import Calendar  # imported when first asked for: many never are

    calendar = Calendar()
    for name, value in (
        ("prodid", PRODUCT),
        ("version", "2.0"),
        ("calscale", "GREGORIAN"),
        ("method", "PUBLISH"),
        ("name", feed.name),
        ("x-wr-calname", feed.name),
    ):
        calendar.add(name, value)
    calendar.add("refresh-interval", AGAIN_AFTER, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    for lesson in feed.lessons:
        calendar.add_component(_lesson(feed, lesson, course))
    for off in feed.days_off:
        calendar.add_component(_off(feed, off))
    body: bytes = calendar.to_ical()
    return body


def _lesson(feed: Feed, fed: FedLesson, course: Course) -> Any:
    lesson = course.lessons.get(fed.lesson)
    event = _event(feed, f"lesson-{fed.lesson}", fed.at.replace(microsecond=0))
    event.add("duration", timedelta(minutes=lesson.minutes if lesson is not None else 30))
    title = f": {lesson.title}" if lesson is not None and fed.is_out else ""
    event.add("summary", f"Day {fed.lesson}{title}")
    return event


def _off(feed: Feed, off: Off) -> Any:
    event = _event(feed, f"{off.kind}-{off.first:%Y%m%d}", off.first)
    event.add("dtend", off.last + timedelta(days=1))  # the first day that is none any more
    event.add("summary", f"No lesson: {off.note}" if off.note else "No lesson")
    return event


def _event(feed: Feed, name: str, start: datetime | date) -> Any:
    """It takes nobody's time: a lesson is posted then, and read whenever."""
    from icalendar import Event

    event, changed = Event(), feed.changed_at.astimezone(UTC).replace(microsecond=0)
    event.add("uid", f"{name}-{feed.token}@homeroom")
    event.add("dtstamp", changed)
    event.add("last-modified", changed)
    event.add("sequence", feed.revision)
    event.add("dtstart", start)
    event.add("transp", "TRANSPARENT")
    return event


def _answered(request: web.Request, feed: Feed, body: bytes) -> web.Response:
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    changed = format_datetime(feed.changed_at.astimezone(UTC), usegmt=True)
    headers = {**_TELLS, hdrs.ETAG: etag, hdrs.LAST_MODIFIED: changed}
    asked = re.findall(r'(?:W/)?("[^"]*")|(\*)', request.headers.get(hdrs.IF_NONE_MATCH, "")[:1_000])
    if any(each == etag or star for each, star in asked):
        return web.Response(status=304, headers=headers)
    headers[hdrs.CONTENT_DISPOSITION] = 'inline; filename="homeroom.ics"'
    return web.Response(body=body, content_type="text/calendar", charset="utf-8", headers=headers)
