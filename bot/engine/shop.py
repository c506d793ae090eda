"""What every loop of the engine needs, in one value."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.chat.port import Platform
from bot.clock import Clock, SteeredClock, since_boot, system_clock
from bot.engine.guard import ClockGuard
from bot.engine.shelf import Shelf
from bot.store.database import Database


@dataclass(frozen=True)
class Shop:
    """platforms: by name, every one that this process runs. ready: the names of those that can post now. reached:
    (platform, channel) → the last lesson day that is out there, for suggestions, which are made from memory. guard:
    whether the clock can be gone by. reached_by: (platform, person) → the same where there is no channel, of those who
    have lately asked for their own page. address: where browsers reach this program's pages, without a slash at the
    end; None when nobody has told. began: when this was put together, by its clock."""

    database: Database
    shelf: Shelf
    platforms: Mapping[str, Platform]
    clock: Clock
    ready: set[str] = field(default_factory=set)
    reached: dict[tuple[str, str], int] = field(default_factory=dict)
    reached_by: OrderedDict[tuple[str, str], int] = field(default_factory=OrderedDict)
    guard: ClockGuard = field(default_factory=ClockGuard)
    address: str | None = None
    began: datetime = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "began", self.clock())

    def may_act(self) -> bool:
        """Whether to plan and post now. A rehearsal's clock leaps on purpose: then the machine's is looked at."""
        wall = self.clock() if isinstance(self.clock, SteeredClock) else system_clock()
        return self.guard.may_act(wall, since_boot())
