"""What must go on for ever is started again when it ends, later and later while it fails at once."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from bot.clock import monotonic

log = logging.getLogger(__name__)

LONGEST_PAUSE = 30.0
LASTED = 60.0
"""Seconds after which what has ended was not a failed start."""

T = TypeVar("T")


async def until_done(name: str, attempt: Callable[[], Awaitable[T]]) -> T:
    """Try until it succeeds, with pauses of full jitter over twice the last one, half a minute at most."""
    tries = 0
    while True:
        try:
            return await attempt()
        except Exception as error:
            tries += 1
            await _pause(name, tries, type(error).__name__)


async def for_ever(name: str, part: Callable[[], Awaitable[None]]) -> None:
    """Run it, and again whenever it has ended, until cancelled."""
    tries = 0
    while True:
        began, why = monotonic(), "none"
        try:
            await part()
        except Exception as error:
            why = type(error).__name__
        tries = 1 if monotonic() - began > LASTED else tries + 1
        await _pause(name, tries, why)


async def _pause(name: str, tries: int, why: str) -> None:
    pause = min(LONGEST_PAUSE, random.uniform(0.5, 1) * 2 ** min(tries - 1, 10))
    log.warning("engine part=%s outcome=ended error=%s again_in_s=%.1f", name, why, pause)
    await asyncio.sleep(pause)
