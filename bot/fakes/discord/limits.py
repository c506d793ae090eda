"""By what the fake refuses: Discord's numbers as documented, and what had to be assumed where no number is."""

from dataclasses import dataclass, field

from bot.chat.limits.discord import *  # noqa: F403 - a judge goes by all of them
from bot.chat.limits.discord import CALLS_PER_SECOND

NONCE_SECONDS = 180.0
"""How long a nonce is remembered. The documentation says "the past few minutes" and gives no number."""

OLD_EDITS = 30
"""Edits to old messages of one channel per hour. No number is documented."""


@dataclass(frozen=True)
class Rates:
    """How often a bot may call. (calls, seconds) per route and major parameter; only `overall` is documented (50
    requests a second per bot), the others are for a client to read from the headers."""

    overall: int = CALLS_PER_SECOND
    ordinary: tuple[int, float] = (50, 1.0)
    routes: dict[str, tuple[int, float]] = field(default_factory=dict)
    """Route template, like "POST /channels/{channel}/messages" → (calls, seconds)."""


AS_SEEN = Rates(
    routes={
        "POST /channels/{channel}/messages": (5, 5.0),
        "PUT /channels/{channel}/messages/{message}/reactions/{emoji}/@me": (1, 0.25),
        "POST /channels/{channel}/messages/{message}/threads": (50, 300.0),
    }
)
"""Near what the real service's headers have been seen to say: for tests of patience, slow."""
