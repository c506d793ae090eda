"""What could not be told, and when it is tried again."""

from collections import OrderedDict
from datetime import datetime, timedelta

FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=1)
MOST_REMEMBERED = 1_000


class Failures:
    """By the id of what failed: how often, and when it is tried again. Holds only what may be lost."""

    def __init__(self) -> None:
        self._failed: OrderedDict[int, tuple[int, datetime]] = OrderedDict()

    def remember(self, failed: int, now: datetime, asked: float | None) -> None:
        """Twice as long after each failure. asked: how many seconds the platform asks for."""
        times, _ = self._failed.pop(failed, (0, now))
        wait = min(FIRST_WAIT * 2 ** min(times, 16), LONGEST_WAIT)
        self._failed[failed] = (times + 1, now + max(wait, timedelta(seconds=min(asked or 0.0, 86_400.0))))
        while len(self._failed) > MOST_REMEMBERED:
            self._failed.popitem(last=False)

    def forget(self, told: int) -> None:
        self._failed.pop(told, None)

    def not_now(self, now: datetime) -> list[int]:
        """What is not tried now."""
        return [failed for failed, (_, again) in self._failed.items() if again > now]
