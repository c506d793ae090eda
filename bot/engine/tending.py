"""What is done to posts that stand: the newest lessons are pinned, and a text that has changed is brought up to date.

Row, network, row: what is to be done is in the record, the platform does it, and the record is told. Both calls mean
the same when they are made twice, so a crash anywhere leaves only something to do again.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from json import loads
from typing import TypeVar

from bot.chat.port import PlatformError, Reason
from bot.cohorts.edits import Edit, drop_edit, mark_edited, take_edits
from bot.cohorts.pins import Pin, drop_pin, mark_pin, stop_pins, take_pins
from bot.engine.alerting import tell_facilitators
from bot.engine.shop import Shop
from bot.talk.alerts import no_pins_post

log = logging.getLogger(__name__)

TEND_EVERY = 30.0
"""Seconds between two rings."""

IN_A_ROW = 3
"""Failures after which a platform is left alone until the next ring."""

T = TypeVar("T", Pin, Edit)


async def tend_tick(shop: Shop) -> None:
    """Pin, take down and edit what is to be. Raises SQLAlchemyError when the record cannot be reached."""
    for name in sorted(shop.ready):
        await _each(await shop.database.run(take_pins, [name]), partial(_pin, shop))
        await _each(await shop.database.run(take_edits, [name]), partial(_edit, shop))


async def _each(rows: Sequence[T], do: Callable[[T], Awaitable[Reason | None]]) -> None:
    """Whoever asks us to wait is left alone at once, and who does not answer soon."""
    failures = 0
    for row in rows:
        failed = await do(row)
        failures = failures + 1 if failed else 0
        if failed is Reason.BUSY or failures == IN_A_ROW:
            return


async def _pin(shop: Shop, pin: Pin) -> Reason | None:
    """Why it is to be tried again; None when it is not."""
    platform = shop.platforms[pin.platform]
    try:
        await (platform.pin(pin.ref) if pin.wanted == "wanted" else platform.unpin(pin.ref))
    except PlatformError as error:
        log.warning("pin message=%d %s outcome=failed reason=%s", pin.message, pin.wanted, error.reason)
        if not error.permanent:
            return error.reason
        await _give_up(shop, pin, error.reason)
    except Exception as error:  # what nobody foresaw in one message keeps no other one from its pin
        log.error("pin message=%d %s outcome=unforeseen error=%s", pin.message, pin.wanted, type(error).__name__)
        return Reason.UNCLEAR
    else:
        await shop.database.run(mark_pin, pin)
        log.info("pin message=%d %s outcome=done", pin.message, pin.wanted)
    return None


async def _give_up(shop: Shop, pin: Pin, reason: Reason) -> None:
    """Where pinning is not allowed the cohort stops it, so that nobody is asked again and its facilitators are told
    once."""
    if reason is not Reason.MISSING_PERMISSION:
        await shop.database.run(drop_pin, pin)
    elif await shop.database.run(stop_pins, pin):
        await tell_facilitators(shop, pin.cohort, no_pins_post)


async def _edit(shop: Shop, edit: Edit) -> Reason | None:
    """Why it is to be tried again; None when it is not."""
    try:
        await shop.platforms[edit.platform].edit(edit.ref, loads(edit.body))
    except PlatformError as error:
        log.warning("edit message=%d outcome=failed reason=%s detail=%s", edit.message, error.reason, error.detail)
        if not error.permanent:
            return error.reason
        await shop.database.run(drop_edit, edit)
    except Exception as error:  # as above
        log.error("edit message=%d outcome=unforeseen error=%s", edit.message, type(error).__name__)
        return Reason.UNCLEAR
    else:
        await shop.database.run(mark_edited, edit)
        log.info("edit message=%d outcome=done", edit.message)
    return None
