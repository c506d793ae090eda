"""What is looked after once a lesson should be out: is it, does it stand once, and what holds it up?

Each is a tick (`bot.engine.ticks`); each may run in several processes at once, and may be cut off anywhere. They raise
SQLAlchemyError when the record cannot be reached; the next ring finds everything where it was.
"""

import logging
from collections.abc import Sequence

from bot.chat.port import BLOCKED, PlatformError, Reason
from bot.cohorts.alerts import Late, Telling, take_alarms, take_back
from bot.cohorts.probes import Probe, hasten_probes, mark_cured, mark_still_blocked, take_probes
from bot.engine.alerting import tell_first
from bot.engine.auditing import audit_due
from bot.engine.planning import plan
from bot.engine.shop import Shop
from bot.talk.alerts import alert_post

AUDIT_EVERY, ALERT_EVERY, PROBE_EVERY = 30.0, 60.0, 30.0
"""Seconds between two rings."""

log = logging.getLogger(__name__)


async def audit_tick(shop: Shop) -> None:
    """Look whether what was posted stands in its channel, and stands once."""
    await audit_due(shop)


async def alert_tick(shop: Shop) -> None:
    """Tell somebody of what is late, and of what is out after all. What can still be planned is planned first: what is
    not after that cannot be."""
    await plan(shop)
    alarms = await shop.database.run(take_alarms, sorted(shop.platforms), shop.clock())
    for each in alarms.late:
        log.error(
            "late cohort=%d day=%d state=%s reason=%s since=%s",
            each.cohort,
            each.lesson,
            each.state or "unplanned",
            each.kind or "untried",
            f"{each.due_at:%Y-%m-%dT%H:%M:%SZ}",
        )
    told: set[int] = set()
    failed: list[Telling] = []
    for telling in alarms.tellings:
        if await _told(shop, telling):
            told |= {each.cohort for each in telling.late}
        else:
            failed.append(telling)
    for telling in failed:
        await _take_back(shop, telling, [each for each in telling.late if each.cohort not in told])


async def probe_tick(shop: Shop) -> None:
    """Look, without posting, whether what is blocked can be posted by now."""
    while shop.ready:
        probes = await shop.database.run(take_probes, sorted(shop.ready), shop.clock())
        if not probes:
            return
        for probe in probes:
            await _look(shop, probe)


async def look_again(shop: Shop, platform: str) -> None:
    """The platform has just signed in, so that its token is good: the next `probe_tick` looks at what an earlier token
    blocked."""
    await shop.database.run(hasten_probes, platform, shop.clock())


async def _told(shop: Shop, telling: Telling) -> bool:
    post = alert_post(telling.late, telling.relieved)
    return await tell_first(shop, [telling.place], telling.instead, post)


async def _take_back(shop: Shop, telling: Telling, late: Sequence[Late]) -> None:
    if late and not await shop.database.run(take_back, telling.place, late, shop.clock()):
        log.error("alert platform=%s outcome=given-up lessons=%d", telling.place.platform, len(late))


async def _look(shop: Shop, probe: Probe) -> None:
    try:
        await shop.platforms[probe.platform].probe(probe.channel)
    except PlatformError as error:
        await _note_failure(shop, probe, error)
        return
    except Exception as error:  # what nobody foresaw in one channel keeps no other one blocked
        log.error("probe cohort=%d outcome=unforeseen error=%s", probe.cohort, type(error).__name__)
        return
    await _cure(shop, probe)


async def _note_failure(shop: Shop, probe: Probe, error: PlatformError) -> None:
    log.info("probe cohort=%d outcome=still reason=%s detail=%s", probe.cohort, error.reason, error.detail)
    if error.reason not in BLOCKED:
        return
    if probe.for_all and error.reason is not Reason.TOKEN_REVOKED:
        await _cure(shop, probe)  # the token is good; what else this one channel lacks shows at its next attempt
        return
    await shop.database.run(mark_still_blocked, probe, f"{error.reason}: {error.detail}")


async def _cure(shop: Shop, probe: Probe) -> None:
    planned = await shop.database.run(mark_cured, probe, shop.clock())
    log.info("probe cohort=%d outcome=cured deliveries=%d", probe.cohort, planned)
