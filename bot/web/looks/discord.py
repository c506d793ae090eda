"""Discord's messages and modals (Components V2) as its client shows them."""

from collections.abc import Callable, Iterator, Mapping
from datetime import tzinfo
from typing import Any

from markupsafe import Markup

from bot.web.looks.discord_text import to_html
from bot.web.looks.markup import DEEPEST, joined, number, part, parts, reaction, tag, text, undrawn, word
from bot.web.looks.scene import Exhibit

_ONLY = {"note": "Only you can see this", "direct": "In a direct message"}
_STYLES = {1: "blurple", 2: "grey", 3: "green", 4: "red", 5: "grey"}
_SELECTS = {5: "Select a member", 6: "Select a role", 7: "Select", 8: "Select a channel"}


def draw(exhibit: Exhibit, zone: tzinfo) -> Markup:
    """One exhibit, with what the client puts around it."""
    body = exhibit.body
    match exhibit.kind:
        case "form":
            return _modal(body, zone)
        case "said":
            words = tag("p", word(body.get("text")), cls="d-text", dir="auto")
            cls = "said within" if exhibit.within else "said"
            return _line(word(body.get("name")), "", joined([words, reaction(body.get("mark"))]), cls)
        case kind:
            foot = tag("p", _ONLY[kind], cls="d-only") if kind in _ONLY else _thread(exhibit)
            cls = f"{kind} within" if exhibit.within else kind
            return _line("Homeroom", "APP", joined([_message(body, zone), foot]), cls)


def _message(body: Mapping[str, Any], zone: tzinfo) -> Markup:
    told = to_html(word(body["content"]), zone) if body.get("content") else ""
    return joined([told, *_drawn(body.get("components"), zone)])


def _line(name: str, badge: str, inner: Markup, cls: str) -> Markup:
    """A message with its writer."""
    by = tag("p", tag("strong", name), " " if badge else "", tag("span", badge, cls="badge") if badge else "", cls="by")
    avatar = tag("span", name[:1], cls="avatar", aria_hidden="true")
    return tag("article", avatar, tag("div", by, inner, cls="inner"), cls=f"message {cls}".strip())


def _thread(exhibit: Exhibit) -> Markup:
    if exhibit.thread is None:
        return Markup()
    replies = word(exhibit.thread.get("replies", 0))
    count = tag("span", f"{replies} Message{'' if replies == '1' else 's'} ›", cls="d-count")
    return tag("p", tag("strong", word(exhibit.thread.get("title"))), " ", count, cls="d-thread")


def _modal(body: Mapping[str, Any], zone: tzinfo) -> Markup:
    head = tag("p", tag("strong", word(body.get("title"))), cls="d-title")
    foot = tag("p", tag("span", "Cancel", cls="quiet"), " ", tag("span", "Submit", cls="button blurple"), cls="d-foot")
    return tag("div", head, tag("div", *_drawn(body.get("components"), zone), cls="d-fields"), foot, cls="modal")


def _drawn(components: object, zone: tzinfo, depth: int = 0) -> Iterator[Markup]:
    if depth > DEEPEST:
        yield undrawn("components in components, too deep")
        return
    for component in parts(components):
        draw_one = _KINDS.get(number(component.get("type")))
        yield draw_one(component, zone, depth) if draw_one else undrawn(component.get("type"))


def _inner(component: Mapping[str, Any], zone: tzinfo, depth: int) -> Markup:
    return joined(_drawn(component.get("components"), zone, depth + 1))


def _container(component: Mapping[str, Any], zone: tzinfo, depth: int) -> Markup:
    colour = component.get("accent_color")
    bar = ""
    if isinstance(colour, int) and 0 <= colour <= 0xFFFFFF:  # an attribute of the picture: the page allows no styles
        rect = tag("rect", width="4", height="100%", fill=f"#{colour:06x}")
        bar = tag("svg", rect, cls="bar", width="4", height="100%", aria_hidden="true")
    return tag("div", bar, _inner(component, zone, depth), cls="container")


def _text(component: Mapping[str, Any], zone: tzinfo, depth: int) -> Markup:
    return tag("div", to_html(word(component.get("content")), zone), cls="display")


def _line_between(component: Mapping[str, Any], zone: tzinfo, depth: int) -> Markup:
    return tag("hr") if component.get("divider", True) else tag("div", cls="gap")


def _row(component: Mapping[str, Any], zone: tzinfo, depth: int) -> Markup:
    return tag("div", _inner(component, zone, depth), cls="row")


def _button(component: Mapping[str, Any], zone: tzinfo, depth: int) -> Markup:
    emoji = word(part(component.get("emoji")).get("name"))
    off = " off" if component.get("disabled") else ""
    away = " ↗" if component.get("style") == 5 else ""
    label = joined([f"{emoji} " if emoji else "", word(component.get("label")), away])
    return tag("span", label, cls=f"button {_STYLES.get(number(component.get('style')), 'grey')}{off}")


def _section(component: Mapping[str, Any], zone: tzinfo, depth: int) -> Markup:
    beside = joined(_drawn([part(component.get("accessory"))] if component.get("accessory") else [], zone, depth + 1))
    return tag("div", tag("div", _inner(component, zone, depth)), beside, cls="section")


def _select(component: Mapping[str, Any], zone: tzinfo, depth: int) -> Markup:
    options = parts(component.get("options"))
    chosen = [word(each.get("label")) for each in options if each.get("default")]
    named = word(component.get("placeholder")) or _SELECTS.get(number(component.get("type")), "Make a selection")
    shown_first = tag("p", ", ".join(chosen) or named, tag("span", " ▾", aria_hidden="true"), cls="select")
    told = (
        joined(
            [word(each.get("label")), tag("small", f" {word(each['description'])}") if each.get("description") else ""]
        )
        for each in options
    )
    return joined([shown_first, tag("ul", *(tag("li", each) for each in told), cls="options") if options else ""])


def _radio(component: Mapping[str, Any], zone: tzinfo, depth: int) -> Markup:
    one = (
        f"{'◉' if each.get('default') else '○'} {word(each.get('label'))}" for each in parts(component.get("options"))
    )
    return tag("ul", *(tag("li", each) for each in one), cls="options")


def _label(component: Mapping[str, Any], zone: tzinfo, depth: int) -> Markup:
    field = part(component.get("component"))
    star = tag("span", " *", cls="star") if field.get("required", True) else ""
    hint = tag("p", word(component["description"]), cls="d-small") if component.get("description") else ""
    name = tag("p", tag("strong", word(component.get("label"))), star)
    return tag("div", name, hint, *_drawn([field], zone, depth + 1), cls="field")


def _input(component: Mapping[str, Any], zone: tzinfo, depth: int) -> Markup:
    named = tag("p", tag("strong", word(component["label"]))) if component.get("label") else ""
    value, waiting = word(component.get("value")), word(component.get("placeholder"))
    long = " long" if component.get("style") == 2 else ""
    box = tag("div", value or tag("span", waiting, cls="d-small"), cls=f"input{long}", dir="auto")
    return joined([named, box])


def _picture(component: Mapping[str, Any], zone: tzinfo, depth: int) -> Markup:
    """A picture's place and what it is said to show; nothing is fetched."""
    one = [component, *parts(component.get("items"))]
    return tag(
        "p", "▨ ", " · ".join(word(each["description"]) for each in one if each.get("description")), cls="picture"
    )


def _file(component: Mapping[str, Any], zone: tzinfo, depth: int) -> Markup:
    name = word(component.get("name")) or word(part(component.get("file")).get("url")).rpartition("/")[2]
    return tag("p", "📎 ", text(name), cls="picture")


_KINDS: Mapping[int, Callable[[Mapping[str, Any], tzinfo, int], Markup]] = {
    1: _row,
    2: _button,
    **dict.fromkeys((3, 5, 6, 7, 8), _select),
    4: _input,
    9: _section,
    10: _text,
    11: _picture,
    12: _picture,
    13: _file,
    14: _line_between,
    17: _container,
    18: _label,
    21: _radio,
    22: _radio,
}
"""Component type → its drawing; the numbers are those of Discord's component reference."""
