"""What kind of place a channel is. In a forum nothing can be said but in its posts, and in a thread no further thread
can be opened."""

from collections import OrderedDict
from collections.abc import Callable

from bot.platforms.discord.permissions import load_channel
from bot.platforms.discord.rest import Rest

_PUBLIC_THREAD = 11
_REMEMBERED = 50_000


class Places:
    """Kinds by Discord's numbers, as far as they are known; a text channel may become an announcement channel, and no
    other change is possible, so that what was learned once stays true."""

    def __init__(self, told: Callable[[str], int | None]) -> None:
        """told: what the gateway has said of a channel, in a process that listens."""
        self._told = told
        self._learned: OrderedDict[str, int] = OrderedDict()

    def known(self, channel: str) -> int | None:
        """The kind, without asking Discord; None when that is not possible."""
        kind = self._learned.get(channel)
        if kind is None:
            kind = self._told(channel)
            if kind is not None:
                self.learn(channel, kind)
        return kind

    async def kind(self, rest: Rest, channel: str) -> int:
        """The kind, if need be by one call. Raises DiscordError."""
        kind = self.known(channel)
        if kind is None:
            kind = int((await load_channel(rest, channel)).get("type") or 0)
            self.learn(channel, kind)
        return kind

    def learn_thread(self, thread: str) -> None:
        """A post of a forum has just been opened."""
        self.learn(thread, _PUBLIC_THREAD)

    def learn(self, channel: str, kind: int) -> None:
        self._learned[channel] = kind
        while len(self._learned) > _REMEMBERED:
            self._learned.popitem(last=False)
