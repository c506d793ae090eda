"""Where things stand besides channels ("c1") and threads ("t12"): each person's direct conversation with the bot ("d1")
and the page of their own that it fills for them ("h1")."""


def direct(person: str) -> str:
    """The direct conversation of a person: "p1" → "d1"."""
    return f"d{person.removeprefix('p')}"


def home(person: str) -> str:
    """The page of a person's own: "p1" → "h1"."""
    return f"h{person.removeprefix('p')}"


def find_owner(place: str) -> str | None:
    """The only person who may be in this place, or see this message; None where everybody may."""
    return f"p{place[1:].partition('/')[0]}" if place[:1] in ("d", "h") else None


def is_direct(place: str) -> bool:
    return place.startswith("d")
