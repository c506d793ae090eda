"""Answers that Discord counts against our address: 401, 403 and 429. After 10,000 in ten minutes it hears nobody there
for a while, so calls stop long before."""

import math

from bot.chat.port import Reason, Sharing
from bot.clock import monotonic
from bot.platforms.discord.errors import DiscordError
from bot.platforms.discord.limits import REFUSED_MOST, REFUSED_WITHIN

REFUSED = "discord/refused"


class Refusals:
    """Counted together with every other process. most in `within` seconds."""

    def __init__(self, sharing: Sharing, most: int = REFUSED_MOST, within: float = REFUSED_WITHIN) -> None:
        self._sharing, self._most, self._within = sharing, most, within
        self._quiet_until = -math.inf

    def check(self) -> None:
        """Raises DiscordError (BUSY) while no call may be made."""
        wait = self._quiet_until - monotonic()
        if wait > 0:
            raise DiscordError(Reason.BUSY, "Discord has refused too many calls", wait)

    async def count(self, refused: int) -> None:
        """So many answers were refusals."""
        for _ in range(refused):
            wait = await self._sharing.spend(REFUSED, self._most, self._within)
            if wait > 0:
                self._quiet_until = monotonic() + wait
