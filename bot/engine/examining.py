"""The look at a cohort's channel a day before its first lesson, told to its facilitators."""

import asyncio
import logging
from dataclasses import replace
from functools import partial

from bot.chat.port import PlatformError
from bot.cohorts.examinations import Examination, mark_examined, take_examinations
from bot.engine.alerting import tell_facilitators
from bot.engine.shop import Shop
from bot.talk.examinations import examination_post
from bot.talk.lessons import course_labels

log = logging.getLogger(__name__)

EXAMINE_EVERY = 300.0
"""Seconds between two rings."""

PATIENCE = 60.0
"""Seconds that a platform may take to be looked at."""


async def examine_tick(shop: Shop) -> None:
    """Look at the cohorts that start within a day. Raises SQLAlchemyError when the record cannot be reached."""
    for each in await shop.database.run(take_examinations, sorted(shop.ready), shop.clock()):
        try:
            await _examine(shop, each)
            await shop.database.run(mark_examined, each.cohort, shop.clock())
        except (PlatformError, TimeoutError) as error:
            log.warning("examination cohort=%d outcome=again error=%s", each.cohort, type(error).__name__)


async def _examine(shop: Shop, examination: Examination) -> None:
    platform = shop.platforms[examination.platform]
    seat = replace(examination.seat, labels=course_labels(shop.shelf.course))
    async with asyncio.timeout(PATIENCE):
        findings = await platform.examine([seat])
    unwell = [each for each in findings if not each.well]
    told = await tell_facilitators(shop, examination.cohort, partial(examination_post, examination, findings))
    log.info("examination cohort=%d outcome=%s told=%s", examination.cohort, "unwell" if unwell else "well", told)
