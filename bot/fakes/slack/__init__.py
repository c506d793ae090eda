"""A Slack workspace on a loopback address, as strict as the real one."""

from bot.fakes.slack.fake import FakeSlack
from bot.fakes.slack.timing import PostRate, Timing

__all__ = ["FakeSlack", "PostRate", "Timing"]
