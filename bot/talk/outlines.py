"""A cohort that somebody is about to open, packed into a button: it outlives a restart, needs no row before its time,
and whatever a forged one holds is only what its sender might have typed."""

import hashlib
import unicodedata
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import date, time, timedelta

from bot.cohorts.zones import ZONES
from bot.talk.cohort_commands import YEARS

NAME_LIMIT = 40
"""Characters of a name that goes through the form: with what stands beside it they fit a button's 60, and in two
halves each (an emoji) still Discord's 100."""

_FIRST, _LAST = date(YEARS.start, 1, 1), date(YEARS.stop - 1, 12, 31)
_HEAD = 11
"""Letters before the name: eight bytes."""


@dataclass(frozen=True)
class Outline:
    """What the form asks. weekdays: bit 0 is Monday. name: of at most NAME_LIMIT characters when it is packed."""

    name: str
    zone: str
    post_time: time
    weekdays: int
    start: date


def packed(outline: Outline) -> str:
    """As one word of at most 11 + NAME_LIMIT characters. A longer name is cut."""
    minutes = outline.post_time.hour * 60 + outline.post_time.minute
    numbers = ((outline.start - _FIRST).days << 11 | minutes) << 7 | outline.weekdays
    head = urlsafe_b64encode(_digest(outline.zone) + numbers.to_bytes(5)).decode().rstrip("=")
    return head + plain_name(outline.name)[:NAME_LIMIT]


def unpacked(word: str) -> Outline | None:
    """What `packed` has made; None for anything else, and for a zone that is gone from the zone database."""
    try:
        head = urlsafe_b64decode(word[:_HEAD].encode("ascii") + b"=")
    except ValueError:
        return None
    zone, numbers = _ZONES.get(head[:3]), int.from_bytes(head[3:])
    (days, minutes), weekdays = divmod(numbers >> 7, 1 << 11), numbers & 0b1111111
    if len(head) != 8 or zone is None or minutes >= 24 * 60 or not weekdays or days > (_LAST - _FIRST).days:
        return None
    start = _FIRST + timedelta(days=days)
    return Outline(plain_name(word[_HEAD:]), zone, time(*divmod(minutes, 60)), weekdays, start)


def plain_name(text: str) -> str:
    """A name on one line, without what no line shows: control characters and halves of a pair."""
    seen = "".join(" " if unicodedata.category(each) in ("Cc", "Cs") else each for each in text)
    return " ".join(seen.split())


def _digest(zone: str) -> bytes:
    """Three bytes that stay the same whatever zones come and go; a test sees to it that no two zones share them."""
    return hashlib.blake2b(zone.encode(), digest_size=3).digest()


_ZONES = {_digest(zone): zone for zone in (*ZONES, "UTC")}
