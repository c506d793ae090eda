"""kill -9: at every named step of the embedded engine on both databases, and of several processes that share the work
on PostgreSQL, at the steps and at random moments."""

import itertools
from collections.abc import AsyncIterator

from bench import Bench
from crash_campaign import Result, campaign, dice_of, steps
from crash_ground import Ground
from fault_databases import KINDS
from outcomes import Outcome, judge
from scaled_campaign import PLATFORMS, open_shared_ground, scaled_campaign, shared_steps

SHARED_PART = 0.4
"""Of all kills, those of the scaled engine; a third of these come at random moments."""


async def embedded_kills(bench: Bench) -> AsyncIterator[Outcome]:
    """On Discord the nonce is forgotten at once in every second cell, so that the history alone has to tell."""
    cells = list(itertools.product(steps(), KINDS, PLATFORMS))
    for (step, kind, platform), kills in zip(cells, shares(bench.kills - shared_kills(bench.kills), len(cells)), strict=True):
        name = bench.name(step, kind, platform)
        nonce = dice_of(name).choice((0.0, 180.0))
        async with bench.ground(name, kind, platform, nonce_seconds=nonce) as ground:
            result = await campaign(ground, bench.nurseries[0], step, kills)
            yield _outcome(bench, "kill -9", f"embedded {kind} {platform} {step}", ground, result)


async def shared_kills_campaign(bench: Bench) -> AsyncIterator[Outcome]:
    """Two workers and a gateway."""
    all_kills = shared_kills(bench.kills)
    random_kills = all_kills // 3
    cells = [*itertools.product(shared_steps(), PLATFORMS)]
    places = [*zip(cells, shares(all_kills - random_kills, len(cells)), strict=True)]
    places += [*zip([(None, platform) for platform in PLATFORMS], shares(random_kills, len(PLATFORMS)), strict=True)]
    for (step, platform), kills in places:
        name = bench.name("scaled", step, platform)
        async with open_shared_ground(bench.folder, bench.databases, platform, bench.shelf, 3, name) as ground:
            result = await scaled_campaign(ground, bench.nurseries, step, kills)
            yield _outcome(bench, "kill -9", f"scaled postgresql {platform} {step or 'random'}", ground, result)


def shared_kills(kills: int) -> int:
    return int(kills * SHARED_PART)


def shares(total: int, places: int) -> list[int]:
    """As even as it goes; at least one a place."""
    return [max(total // places + (number < total % places), 1) for number in range(places)]


def _outcome(bench: Bench, name: str, where: str, ground: Ground, result: Result) -> Outcome:
    broken = tuple(judge(ground, result.tally, result.lessons, result.drained_s, 90.0, bench.watch))
    bench.told(f"{name} {where}", result.kills)
    injected = {"kill -9": result.kills}
    return Outcome(name, where, f"{bench.seed}", injected, result.tally, result.drained_s, broken, result.wall_s)
