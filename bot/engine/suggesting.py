"""What is offered while somebody types: from memory, without waiting."""

from bot.chat.commands import BY_NAME
from bot.chat.inbound import Partial
from bot.chat.post import Choice
from bot.curriculum.index import Kind
from bot.engine.shop import Shop
from bot.talk.cohort_commands import near_zones

MOST = 25
"""Discord's limit."""


def suggestions(shop: Shop, platform: str, partial: Partial) -> tuple[Choice, ...]:
    """At most MOST choices for what has been typed; nothing of the course that the channel has not reached."""
    spec = BY_NAME.get(partial.command)
    option = next((each for each in spec.options if each.name == partial.option), None) if spec else None
    if option is None or option.suggests is None:
        return ()
    if option.suggests == "zone":
        return tuple(Choice(zone, zone) for zone in near_zones(partial.text, MOST))
    return _course_choices(shop, platform, option.suggests, partial)


def _course_choices(shop: Shop, platform: str, suggests: str, partial: Partial) -> tuple[Choice, ...]:
    kind: Kind = {"concept": "concept", "paper": "paper", "day": "lesson"}[suggests]  # type: ignore[assignment]
    reached = shop.reached.get((platform, partial.channel or ""))
    if reached is None and partial.command != "cohort create":
        return ()
    hits = shop.shelf.lookup.suggest(partial.text, kind, reached, MOST)
    return tuple(Choice(_named(kind, hit.id, hit.name), hit.id) for hit in hits)


def _named(kind: Kind, id_: str, name: str) -> str:
    shown = {"concept": name, "paper": f"{id_}. {name}", "lesson": f"Day {id_}: {name}"}[kind]
    return shown if len(shown) <= 100 else f"{shown[:99]}…"
