"""Each interaction is a route of its own to discord.py: they are forgotten again, without looking at all of them each
time."""

import asyncio

import pytest
from discord.http import Ratelimit

from bot.platforms.discord.attempt import attempt_trace
from bot.platforms.discord.rest import _Http

ROUTES = 5_000


@pytest.fixture
async def http():
    return _Http(asyncio.get_running_loop(), http_trace=attempt_trace())


async def test_many_interactions_are_looked_through_a_few_times_and_not_once_each(http, monkeypatch) -> None:
    looks = _counted(monkeypatch, lambda: False)
    for number in range(ROUTES):
        http.get_ratelimit(f"interaction {number}")
    assert len(looks) < 4 * ROUTES
    assert len(http._buckets) == ROUTES


async def test_routes_that_nobody_uses_any_more_are_forgotten(http, monkeypatch) -> None:
    _counted(monkeypatch, lambda: True)
    for number in range(ROUTES):
        http.get_ratelimit(f"interaction {number}")
    assert len(http._buckets) <= 300


def _counted(monkeypatch, inactive) -> list[None]:
    looks: list[None] = []

    def look(_: Ratelimit) -> bool:
        looks.append(None)
        return inactive()

    monkeypatch.setattr(Ratelimit, "is_inactive", look)
    return looks
