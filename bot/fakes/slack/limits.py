"""By what the fake refuses: Slack's numbers as documented, and as seen where no number is."""

from bot.chat.limits.slack import *  # noqa: F403 - a judge goes by all of them
