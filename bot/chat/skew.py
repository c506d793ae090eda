"""Whether our clock goes right, told by the `Date` that a platform puts on its answers."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from bot.chat.port import Finding

MOST = timedelta(seconds=60)
"""Slack's signatures are refused at five minutes, and a lesson is late at five; a minute is seen before either."""


def clock_finding(platform: str, date: str | None, now: datetime) -> Finding | None:
    """What `homeroom doctor` says of our clock. date: the header as it came (RFC 9110, whole seconds); None, or what
    cannot be read, says nothing."""
    theirs = _parsed(date)
    if theirs is None:
        return None
    subject, off = "Clock", now - theirs
    if abs(off) <= MOST:
        return Finding(subject, True, f"It agrees with {platform}'s to {abs(off).total_seconds():.0f} s.")
    says = f"It is {_words(abs(off))} {'ahead of' if off > timedelta(0) else 'behind'} {platform}'s."
    cure = "Set this machine's clock, and keep it with NTP (`timedatectl set-ntp true`); its zone does not matter."
    return Finding(subject, False, f"{says} Lessons come at the wrong time, and signed requests are refused.", cure)


def _parsed(date: str | None) -> datetime | None:
    try:
        found = parsedate_to_datetime(date or "")
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found


def _words(span: timedelta) -> str:
    minutes = span.total_seconds() / 60
    if minutes < 2:
        return f"{span.total_seconds():.0f} seconds"
    return f"{minutes:.0f} minutes" if minutes < 120 else f"{minutes / 60:.0f} hours"
