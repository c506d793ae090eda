"""Dates and times as a page says them: on the cohort's own calendar, the year only where it is not this one's."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Moments:
    """What templates know as `when`."""

    zone: str
    now: datetime

    def at(self, moment: datetime) -> str:
        """ "Tue 8 Sep, 14:05"."""
        local = moment.astimezone(self._zone)
        return f"{self.on(local.date())}, {local:%H:%M}"

    def on(self, day: date) -> str:
        """ "Tue 8 Sep", "Tue 8 Sep 2025"."""
        year = "" if day.year == self.today.year else f" {day.year}"
        return f"{day:%a} {day.day} {day:%b}{year}"

    def since(self, moment: datetime) -> str:
        """How long ago, in the largest unit: "3 days", "an hour"; what is still to come is "a moment"."""
        seconds = (self.now - moment).total_seconds()
        for name, one, length in (("day", "a day", 86_400), ("hour", "an hour", 3_600), ("minute", "a minute", 60)):
            number = int(seconds // length)
            if number >= 1:
                return one if number == 1 else f"{number} {name}s"
        return "a moment"

    @property
    def today(self) -> date:
        return self.now.astimezone(self._zone).date()

    @property
    def _zone(self) -> tzinfo:
        """A zone that is gone from the zone database does not take the page with it."""
        try:
            return ZoneInfo(self.zone)
        except (LookupError, ValueError):
            return UTC
