"""The command `homeroom`."""

from bot.cli.main import main

__all__ = ["main"]
