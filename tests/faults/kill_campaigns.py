"""kill -9: at every named step of the embedded engine on both databases, and of several processes that share the work
on PostgreSQL, at the steps and at random moments."""

import itertools
from collections.abc import Iterator
from functools import partial

from bench import Bench, Cell
from crash_campaign import Result, campaign, dice_of, steps
from crash_ground import Ground
from fault_databases import KINDS
from outcomes import Outcome, judge
from scaled_campaign import PLATFORMS, open_shared_ground, scaled_campaign, shared_steps

SHARED_PART = 0.4
"""Of all kills, those of the scaled engine; a third of these come at random moments."""


def embedded_kills(bench: Bench) -> Iterator[Cell]:
    """At each step, on both databases and platforms."""
    cells = [*itertools.product(steps(), KINDS, PLATFORMS)]
    for cell, kills in zip(cells, shares(bench.kills - shared_kills(bench.kills), len(cells)), strict=True):
        yield partial(_embedded, bench, *cell, kills)


def scaled_kills(bench: Bench) -> Iterator[Cell]:
    """Two workers and a gateway, at each step and at random."""
    all_kills = shared_kills(bench.kills)
    cells = [*itertools.product(shared_steps(), PLATFORMS)]
    for cell, kills in zip(cells, shares(all_kills - all_kills // 3, len(cells)), strict=True):
        yield partial(_scaled, bench, *cell, kills)
    for platform, kills in zip(PLATFORMS, shares(all_kills // 3, len(PLATFORMS)), strict=True):
        yield partial(_scaled, bench, None, platform, kills)


async def _embedded(bench: Bench, step: str, kind: str, platform: str, kills: int) -> Outcome:
    """On Discord the nonce is forgotten at once in every second cell, so that the history alone has to tell."""
    name = bench.name(step, kind, platform)
    nonce = dice_of(name).choice((0.0, 180.0))
    async with bench.ground(name, kind, platform, nonce_seconds=nonce) as ground:
        result = await campaign(ground, bench.nurseries[0], step, kills)
        return _outcome(bench, f"embedded {kind} {platform} {step}", ground, result)


async def _scaled(bench: Bench, step: str | None, platform: str, kills: int) -> Outcome:
    name = bench.name("scaled", step, platform)
    async with open_shared_ground(bench.folder, bench.databases, platform, bench.shelf, 3, name) as ground:
        result = await scaled_campaign(ground, bench.nurseries, step, kills)
        return _outcome(bench, f"scaled postgresql {platform} {step or 'random'}", ground, result)


def shared_kills(kills: int) -> int:
    return int(kills * SHARED_PART)


def shares(total: int, places: int) -> list[int]:
    """As even as it goes; at least one a place."""
    return [max(total // places + (number < total % places), 1) for number in range(places)]


def _outcome(bench: Bench, where: str, ground: Ground, result: Result) -> Outcome:
    broken = tuple(judge(ground, result.tally, result.lessons, result.drained_s, 90.0, bench.watch))
    bench.told(f"kill -9 {where}")
    injected = {"kill -9": result.kills}
    return Outcome("kill -9", where, f"{bench.seed}", injected, result.tally, result.drained_s, broken, result.wall_s)
