"""The only place that reads a clock. Everything else takes `now` as an argument."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]
"""A clock is called and answers with the present moment, aware and in UTC."""


def system_clock() -> datetime:
    """The machine's own time."""
    return datetime.now(UTC)


def monotonic() -> float:
    """Seconds from an unknown start that never step back: for deadlines inside one process."""
    return time.monotonic()


def since_boot() -> float:
    """As `monotonic`, and going on while the machine is suspended, where the system has such a clock: what the wall
    clock is compared with."""
    return time.clock_gettime(_BOOT) if _BOOT is not None else time.monotonic()


_BOOT: int | None = getattr(time, "CLOCK_BOOTTIME", None)


class ShiftedClock:
    """The system clock moved by an offset that can grow: how a rehearsal reaches next Tuesday.

    It keeps ticking at the ordinary rate and never goes back.
    """

    def __init__(self, start: datetime | None = None, real: Clock = system_clock) -> None:
        """`start`: the aware moment that the clock shows now; without it, the real time."""
        self._real = real
        self._offset = timedelta() if start is None else start - real()

    def __call__(self) -> datetime:
        return self._real() + self._offset

    def advance_to(self, moment: datetime) -> None:
        """Move forward to `moment` (aware); a moment that has passed changes nothing."""
        self._offset += max(moment - self(), timedelta())


class SteeredClock:
    """The system clock, corrected by another one: several machines that share a database go by the database's."""

    def __init__(self, real: Clock = system_clock) -> None:
        self._real = real
        self._offset = timedelta()

    def __call__(self) -> datetime:
        return self._real() + self._offset

    def steer(self, asked_at: datetime, moment: datetime, answered_at: datetime) -> None:
        """The other clock said `moment` somewhere between two readings of the system clock."""
        self._offset = moment - (asked_at + (answered_at - asked_at) / 2)
