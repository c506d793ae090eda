"""Whether this machine's clock can be gone by: a process alone on its record has no other one.

A clock that leaps forward would post tomorrow's lessons, or give up the missed ones of a month. A leap is told from
time that has passed by a second clock, which counts on from the start of the machine, also while it is suspended, and
which nobody sets. A leap back is harmless to the ledger, where a date has its row once, and is told all the same.
"""

import logging
from datetime import datetime, timedelta

log = logging.getLogger(__name__)

LEAP = timedelta(minutes=5)
"""The two clocks may differ by as much between two looks: clocks are slewed, and a look takes a moment."""

SETTLING = timedelta(minutes=10)
"""The clock has to be steady for so long before it is gone by again, whatever it shows then."""


class ClockGuard:
    """Looks at both clocks whenever it is asked. `leap`: by how much the wall clock leapt last (its sign says which
    way), None while it is trusted: for health."""

    def __init__(self) -> None:
        self.leap: timedelta | None = None
        self._seen: tuple[datetime, float] | None = None
        self._steady_since = 0.0

    def may_act(self, wall: datetime, boot: float) -> bool:
        """Whether to plan and post now. wall: the machine's own clock (never a rehearsal's, which leaps on purpose);
        boot: `clock.since_boot()`, read together with it. False from a leap until the clock has been steady for
        SETTLING; a leap is logged once."""
        seen, self._seen = self._seen, (wall, boot)
        if seen is not None:
            leap = wall - seen[0] - timedelta(seconds=boot - seen[1])
            if abs(leap) > LEAP:
                self.leap, self._steady_since = leap, boot
                log.error("clock outcome=leapt by_s=%.0f waits_s=%.0f", leap.total_seconds(), SETTLING.total_seconds())
        if self.leap is not None and boot - self._steady_since >= SETTLING.total_seconds():
            self.leap = None
            log.warning("clock outcome=trusted-again")
        return self.leap is None

    def is_trusted(self) -> bool:
        """As `may_act` said last."""
        return self.leap is None
