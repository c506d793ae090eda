"""A Discord on loopback sockets, strict about the documented limits and errors, for tests and `homeroom simulate`."""

from bot.fakes.discord.fake import FakeDiscord
from bot.fakes.discord.limits import AS_SEEN, Rates

__all__ = ["AS_SEEN", "FakeDiscord", "Rates"]
