"""One page a day: every scene with its looks beside each other. Pure, and the same from a server and from disk."""

from collections.abc import Callable, Mapping, Sequence
from datetime import tzinfo
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from bot.web.looks import discord, simulator, slack
from bot.web.looks.markup import joined
from bot.web.looks.scene import Exhibit, Scene

LOOKS: Mapping[str, tuple[str, Callable[[Exhibit, tzinfo], Markup]]] = {
    "discord": ("Discord", discord.draw),
    "slack": ("Slack", slack.draw),
    "simulator": ("Rehearsal room", simulator.draw),
}
"""Platform → what it is called, and what draws it; in the order of the columns."""

_HERE = Path(__file__).parent
STYLE = "looks.css"
STYLE_SHEET = (_HERE / STYLE).read_text(encoding="utf-8")


def page_name(day: int) -> str:
    """The page of a lesson's looks, beside the others: "day-04.html"."""
    return f"day-{day:02}.html"


def looks_page(
    day: int,
    title: str,
    days: Sequence[int],
    scenes: Sequence[Scene],
    zone: tzinfo,
    name: Callable[[int], str] = page_name,
) -> str:
    """The page as HTML. days: every day that has a page; name: a day's address, relative to this page's own."""
    drawn = [
        (scene, [(platform, called, drawn_look(platform, scene, zone)) for platform, (called, _) in LOOKS.items()])
        for scene in scenes
    ]
    at = days.index(day)
    return _templates.get_template("looks.html").render(
        day=day,
        title=title,
        scenes=drawn,
        days=days,
        before=days[at - 1] if at else None,
        after=days[at + 1] if at + 1 < len(days) else None,
        name=name,
        style=STYLE,
    )


def drawn_look(platform: str, scene: Scene, zone: tzinfo) -> Markup:
    """What stands in one platform's column; nothing where the platform shows nothing of the kind."""
    _, draw = LOOKS[platform]
    return joined(draw(exhibit, zone) for exhibit in scene.looks.get(platform, ()))


_templates = Environment(
    loader=FileSystemLoader(_HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
