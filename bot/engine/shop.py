"""What every loop of the engine needs, in one value."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.chat.port import Platform
from bot.clock import Clock
from bot.engine.shelf import Shelf
from bot.store.database import Database


@dataclass(frozen=True)
class Shop:
    """platforms: by name, every one that this process runs. ready: the names of those that can post now. reached:
    (platform, channel) → the last lesson day that is out there, for suggestions, which are made from memory."""

    database: Database
    shelf: Shelf
    platforms: Mapping[str, Platform]
    clock: Clock
    ready: set[str] = field(default_factory=set)
    reached: dict[tuple[str, str], int] = field(default_factory=dict)
