"""A clock that several processes go by and one moves, while they live.

No clock leaps over a call that is under way: the bot gives every call up within half a lease. So whoever sends goes
through a turnstile, and the clock is moved only while nobody is in it.
"""

import asyncio
import fcntl
import mmap
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from bot.clock import monotonic, system_clock

_FORMAT = "d"


class LeapingClock:
    """The system clock and an offset, which stands in a file. Called, it answers as every clock."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with path.open("r+b") as file:
            self._shared = mmap.mmap(file.fileno(), struct.calcsize(_FORMAT))

    def __call__(self) -> datetime:
        return system_clock() + timedelta(seconds=self._offset())

    def advance_to(self, moment: datetime) -> None:
        """Move forward now, whoever is under way; a moment that has passed changes nothing."""
        ahead = max((moment - self()).total_seconds(), 0.0)
        struct.pack_into(_FORMAT, self._shared, 0, self._offset() + ahead)

    async def leap_to(self, moment: datetime, patience: float = 30.0) -> None:
        """Move forward when nobody is in the turnstile. Raises TimeoutError when somebody stays there."""
        deadline = monotonic() + patience
        with self.path.open("rb") as door:
            while not _closed(door.fileno()):
                if monotonic() > deadline:
                    raise TimeoutError("somebody stays in the turnstile")
                await asyncio.sleep(0.005)
            self.advance_to(moment)

    @contextmanager
    def turnstile(self) -> Iterator[None]:
        """The clock stays as it is inside. Who is killed in it has left it."""
        with self.path.open("rb") as door:
            fcntl.flock(door, fcntl.LOCK_SH)
            yield

    def _offset(self) -> float:
        offset: float = struct.unpack_from(_FORMAT, self._shared, 0)[0]
        return offset


def new_clock(path: Path, start: datetime) -> LeapingClock:
    """One that shows `start` now."""
    path.write_bytes(struct.pack(_FORMAT, (start - system_clock()).total_seconds()))
    return LeapingClock(path)


def _closed(door: int) -> bool:
    try:
        fcntl.flock(door, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
