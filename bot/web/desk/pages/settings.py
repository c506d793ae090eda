"""What facilitators choose for a cohort, each kind in a form of its own; and putting the cohort away."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import time

from bot.cohorts.archiving import archive, unarchive
from bot.cohorts.calendar import WEEKDAYS
from bot.cohorts.catchup import Policy
from bot.cohorts.cohorts import Taken
from bot.cohorts.digests import next_instant
from bot.cohorts.pins import MOST_PINS
from bot.cohorts.roster_pages import staff
from bot.cohorts.settings import Settings, belongs_elsewhere, change_settings, settings_of
from bot.store.tables import Cohort
from bot.talk.cohort_choices import WHAT, same_kind
from bot.talk.cohort_commands import Unclear, to_time
from bot.talk.digests import DIGEST_TIME, MOST_MISSED
from bot.web.desk.doors import Answer, Audience, Call, Door, Missing, Moved, Shown
from bot.web.desk.faults import Fault, Unreadable
from bot.web.desk.moments import Moments
from bot.web.desk.numbers import to_number

_REFERENCE = re.compile(r"[A-Za-z0-9_-]{1,64}")
_CHANNEL = re.compile(r"(?:[A-Z0-9]{1,30}:)?[A-Za-z0-9_-]{1,64}")  # with its workspace, where a platform names it
_EVERYBODY = ("everyone", "here", "channel", "all")

FORMS = ("catchup", "alerts", "posts", "silent", "digest")


def settings(call: Call) -> Answer:
    return _page(call)


def change(call: Call) -> Answer:
    """One kind of setting: `what` is one of FORMS."""
    what, cohort = call.form.get("what", ""), call.at
    if what not in FORMS:
        return Missing()
    call.session.refresh(cohort, with_for_update=True)
    if cohort.archived_at is not None:
        return Moved(_at(call), "This cohort is archived: take it out of the archive first. Nothing was changed.")
    try:
        chosen = _chosen(call, what, settings_of(cohort))
    except Unreadable as wrong:
        return _page(call, Fault(what, wrong.field, wrong.says), call.form, 400)
    changes = change_settings(call.session, cohort, chosen, call.member, call.now)
    told = f"Changed: {'; '.join(changes)}." if changes else "Nothing changed: it is so already."
    return Moved(f"{_at(call)}#{what}", told)


def ask_archive(call: Call) -> Answer:
    """What putting it away, or taking it out again, does."""
    return Shown("settings_archive.html", {})


def change_archive(call: Call) -> Answer:
    """`do` is "archive" or "unarchive"."""
    cohort, do = call.at, call.form.get("do", "")
    if do == "archive":
        done = archive(call.session, cohort, call.member, call.now)
        return Moved(_at(call), "The cohort is archived." if done else "The cohort is archived already.")
    if do != "unarchive":
        return Missing()
    try:
        done = unarchive(call.session, cohort, call.member, call.now)
    except Taken:
        return Moved(_at(call), "Another cohort runs in its channel now, so this one stays archived.")
    return Moved(_at(call), f"The cohort is back, {cohort.state}." if done else "The cohort is not archived.")


def _page(call: Call, fault: Fault | None = None, typed: Mapping[str, str] | None = None, status: int = 200) -> Shown:
    cohort = call.at
    values = {
        "settings": settings_of(cohort),
        "policies": tuple((str(each), WHAT[each]) for each in Policy),
        "days": tuple(name.capitalize() for name in WEEKDAYS),
        "digest_time": DIGEST_TIME,
        "most_pins": MOST_PINS,
        "most_missed": MOST_MISSED,
        "staff": staff(call.session, cohort),
        "writes": cohort.archived_at is None,
        "fault": fault,
        "typed": typed or {},
        "when": Moments(cohort.zone, call.now),
    }
    return Shown("settings.html", values, status)


def _chosen(call: Call, what: str, now: Settings) -> Settings:
    """The settings with those that the form holds. Raises Unreadable."""
    said = call.form
    match what:
        case "catchup":
            if said.get("catch_up") not in list(Policy):
                raise Unreadable("all", "Choose one of the three.")
            return replace(now, catch_up=Policy(said["catch_up"]))
        case "alerts":
            return replace(now, alerts=_alerts(call))
        case "posts":
            pins = _number(said, "pins", 0, MOST_PINS)
            return replace(now, ping=_ping(call.at, said.get("ping", "").strip()), pins=pins)
        case "silent":
            return replace(now, silent_after=_number(said, "silent_after", 1, MOST_MISSED))
    return replace(now, digest=_digest(call))


def _alerts(call: Call) -> str | None:
    cohort, typed = call.at, call.form.get("channel", "").strip()
    match call.form.get("where", ""):
        case "privately":
            return None
        case "here":
            return cohort.channel
        case "channel" if _CHANNEL.fullmatch(typed) and same_kind(typed, cohort.channel):
            if belongs_elsewhere(call.session, cohort, typed):
                raise Unreadable("channel", "That channel belongs to another workspace. Trouble is told in this one.")
            return typed
        case "channel":
            raise Unreadable("channel", "That is no channel’s id. In the chat, copy it from the channel’s own menu.")
    raise Unreadable("privately", "Choose where trouble is told.")


def _ping(cohort: Cohort, typed: str) -> str | None:
    if not typed:
        return None
    if typed == cohort.workspace or typed.lower().lstrip("@") in _EVERYBODY:
        raise Unreadable("ping", "Nobody is to mention everybody. Take a group that members choose to be in.")
    if not _REFERENCE.fullmatch(typed) or not same_kind(typed, cohort.channel) or (typed.isalpha() and typed.isupper()):
        raise Unreadable("ping", "That is no id of a role or user group. `/cohort ping` in the chat offers them.")
    return typed


def _digest(call: Call) -> tuple[int, time] | None:
    said = call.form
    if said.get("day") == "off":
        return None
    if said.get("day", "") not in [str(day) for day in range(7)]:
        raise Unreadable("day", "Choose a day of the week, or none.")
    try:
        day, at = int(said["day"]), to_time(said.get("time", ""))
        next_instant(day, at, call.at.zone, call.now)
    except Unclear as unclear:
        raise Unreadable("time", str(unclear)) from None
    except LookupError:
        raise Unreadable("day", "The cohort’s time zone is not known any more. Give it another one first.") from None
    return day, at


def _number(said: Mapping[str, str], field: str, least: int, most: int) -> int:
    typed = said.get(field, "").strip()
    number = 0 if typed == "0" else to_number(typed) or -1
    if not least <= number <= most:
        raise Unreadable(field, f"Write a number from {least} to {most}.")
    return number


def _at(call: Call) -> str:
    return f"/c/{call.at.id}/settings"


DOORS = (
    Door("GET", "/c/{cohort}/settings", Audience.FACILITATOR, settings),
    Door("POST", "/c/{cohort}/settings", Audience.FACILITATOR, change),
    Door("GET", "/c/{cohort}/settings/archive", Audience.FACILITATOR, ask_archive),
    Door("POST", "/c/{cohort}/settings/archive", Audience.FACILITATOR, change_archive),
)
