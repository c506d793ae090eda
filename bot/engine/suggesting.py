"""What is offered while somebody types: from memory, without waiting."""

from bot.chat.commands import BY_NAME
from bot.chat.inbound import Command, Partial
from bot.chat.post import Choice
from bot.curriculum.index import Kind
from bot.engine.rosters import Rosters
from bot.engine.shop import Shop
from bot.talk.asking import reached_by
from bot.talk.cohort_choices import WHAT
from bot.talk.cohort_commands import near_zones
from bot.talk.countries import country_name, near_countries

MOST = 25
"""Discord's limit."""

MOST_REMEMBERED = 10_000


def suggestions(shop: Shop, platform: str, partial: Partial, rosters: Rosters | None = None) -> tuple[Choice, ...]:
    """At most MOST choices for what has been typed; nothing of the course that the channel has not reached. rosters:
    who is in the cohorts, for options that take a member."""
    spec = BY_NAME.get(partial.command)
    option = next((each for each in spec.options if each.name == partial.option), None) if spec else None
    if option is None or option.suggests is None:
        return ()
    if option.suggests == "member":
        return rosters.choices(partial.channel, partial.text, MOST) if rosters else ()
    if option.suggests == "policy":
        return _policies(partial.text.strip().lower())
    if option.suggests == "zone":
        return tuple(Choice(zone, zone) for zone in near_zones(partial.text, MOST))
    if option.suggests == "country":
        near = near_countries(partial.text, MOST)
        return tuple(Choice(_short(f"{country_name(code)} ({code})"), code) for code in near)
    return _course_choices(shop, platform, option.suggests, partial)


async def look_how_far(shop: Shop, command: Command) -> None:
    """Somebody has asked for their own page: its fields complete names as far as they have come. Raises
    SQLAlchemyError when the record cannot be reached."""
    who = (command.platform, command.person.ref)
    day = await shop.database.run(reached_by, *who, command.workspace)
    shop.reached_by.pop(who, None)
    if day:
        shop.reached_by[who] = day
    while len(shop.reached_by) > MOST_REMEMBERED:
        shop.reached_by.popitem(last=False)


def _policies(typed: str) -> tuple[Choice, ...]:
    found = [each for each in WHAT if each.startswith(typed)]
    return tuple(Choice(_short(f"{each}: {WHAT[each]}"), each) for each in found)


def _course_choices(shop: Shop, platform: str, suggests: str, partial: Partial) -> tuple[Choice, ...]:
    kind: Kind = {"concept": "concept", "paper": "paper", "day": "lesson"}[suggests]  # type: ignore[assignment]
    reached = _reached(shop, platform, partial)
    if reached is None and partial.command != "cohort create":
        return ()
    hits = shop.shelf.lookup.suggest(partial.text, kind, reached, MOST)
    return tuple(Choice(_named(kind, hit.id, hit.name), hit.id) for hit in hits)


def _reached(shop: Shop, platform: str, partial: Partial) -> int | None:
    if partial.channel is not None:
        return shop.reached.get((platform, partial.channel))
    return shop.reached_by.get((platform, partial.person or ""))


def _named(kind: Kind, id_: str, name: str) -> str:
    return _short({"concept": name, "paper": f"{id_}. {name}", "lesson": f"Day {id_}: {name}"}[kind])


def _short(shown: str) -> str:
    return shown if len(shown) <= 100 else f"{shown[:99]}…"
