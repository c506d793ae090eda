"""The command `homeroom`."""

from bot.cli.starting import making_what_stays

with making_what_stays():
    from bot.cli.main import main

__all__ = ["main"]
