"""Slack's messages, modals and home tabs (Block Kit) as its client shows them."""

from collections.abc import Callable, Iterator, Mapping
from datetime import tzinfo
from typing import Any

from markupsafe import Markup

from bot.web.looks.markup import joined, link, part, parts, reaction, tag, text, undrawn, word
from bot.web.looks.scene import Exhibit
from bot.web.looks.slack_text import mrkdwn, rich_text, text_object

_ONLY = {"note": "Only visible to you", "direct": "In a direct message"}
_MENUS = ("static_select", "external_select", "users_select", "conversations_select", "channels_select")


def draw(exhibit: Exhibit, zone: tzinfo) -> Markup:
    """One exhibit, with what the client puts around it."""
    body = exhibit.body
    match exhibit.kind:
        case "form":
            return _modal(body, zone)
        case "home":
            return tag("div", *_drawn(body.get("blocks"), zone), cls="home")
        case "said":
            words = tag("p", word(body.get("text")), cls="s-text", dir="auto")
            cls = "said within" if exhibit.within else "said"
            return _line(word(body.get("name")), "", joined([words, reaction(body.get("mark"))]), cls)
        case kind:
            only = tag("p", _ONLY[kind], cls="s-only") if kind in _ONLY else ""
            inner = joined([only, _message(body, zone), _thread(exhibit)])
            return _line("Homeroom", "APP", inner, f"{kind} within" if exhibit.within else kind)


def _message(body: Mapping[str, Any], zone: tzinfo) -> Markup:
    """The `text` beside blocks is for notifications; the client does not show it."""
    if parts(body.get("blocks")):
        return joined(_drawn(body.get("blocks"), zone))
    return tag("p", mrkdwn(word(body.get("text")), zone), cls="s-text")


def _line(name: str, badge: str, inner: Markup, cls: str) -> Markup:
    """A message with its writer."""
    by = tag("p", tag("strong", name), " " if badge else "", tag("span", badge, cls="badge") if badge else "", cls="by")
    avatar = tag("span", name[:1], cls="avatar", aria_hidden="true")
    return tag("article", avatar, tag("div", by, inner, cls="inner"), cls=f"message {cls}".strip())


def _thread(exhibit: Exhibit) -> Markup:
    """Slack's threads have no title of their own."""
    replies = word(exhibit.thread.get("replies", 0)) if exhibit.thread else "0"
    return tag("p", f"{replies} repl{'y' if replies == '1' else 'ies'}", cls="s-thread") if replies != "0" else Markup()


def _modal(body: Mapping[str, Any], zone: tzinfo) -> Markup:
    head = tag("p", tag("strong", text_object(body.get("title"), zone)), cls="s-title")
    close = tag("span", text_object(body["close"], zone), cls="button") if body.get("close") else ""
    submit = tag("span", text_object(body["submit"], zone), cls="button primary") if body.get("submit") else ""
    foot = tag("p", close, " ", submit, cls="s-foot") if close or submit else ""
    return tag("div", head, tag("div", *_drawn(body.get("blocks"), zone), cls="s-fields"), foot, cls="modal")


def _drawn(blocks: object, zone: tzinfo) -> Iterator[Markup]:
    for block in parts(blocks):
        draw_one = _BLOCKS.get(word(block.get("type")))
        yield draw_one(block, zone) if draw_one else undrawn(block.get("type"))


def _header(block: Mapping[str, Any], zone: tzinfo) -> Markup:
    return tag("h4", text_object(block.get("text"), zone), cls="s-header", dir="auto")


def _section(block: Mapping[str, Any], zone: tzinfo) -> Markup:
    told = [tag("p", text_object(block["text"], zone), cls="s-text", dir="auto")] if block.get("text") else []
    fields = [tag("p", text_object(each, zone), cls="s-text", dir="auto") for each in parts(block.get("fields"))]
    if fields:
        told.append(tag("div", *fields, cls="fields"))
    beside = _elements([block["accessory"]], zone) if block.get("accessory") else Markup()
    return tag("div", tag("div", *told), beside, cls="section")


def _context(block: Mapping[str, Any], zone: tzinfo) -> Markup:
    told = (
        _picture(each, zone) if each.get("type") == "image" else text_object(each, zone)
        for each in parts(block.get("elements"))
    )
    return tag("div", *(tag("span", each, dir="auto") for each in told), cls="context")


def _actions(block: Mapping[str, Any], zone: tzinfo) -> Markup:
    return tag("div", _elements(block.get("elements"), zone), cls="row")


def _input(block: Mapping[str, Any], zone: tzinfo) -> Markup:
    optional = tag("span", " (optional)", cls="muted") if block.get("optional") else ""
    hint = tag("p", text_object(block["hint"], zone), cls="hint") if block.get("hint") else ""
    name = tag("p", tag("strong", text_object(block.get("label"), zone)), optional)
    return tag("div", name, _elements([block.get("element")], zone), hint, cls="field")


def _table(block: Mapping[str, Any], zone: tzinfo) -> Markup:
    """Both kinds of table: the first row is the header."""
    written = block.get("rows")
    rows = [[_cell(cell, zone) for cell in parts(row)] for row in written] if isinstance(written, list) else []
    caption = tag("caption", word(block["caption"])) if block.get("caption") else ""
    sorts = tag("span", " ⇅", aria_hidden="true") if block.get("type") == "data_table" else ""
    head = tag("thead", tag("tr", *(tag("th", cell, sorts, scope="col") for cell in rows[0]))) if rows else ""
    body = tag("tbody", *(tag("tr", *(tag("td", cell, dir="auto") for cell in row)) for row in rows[1:]))
    return tag("div", tag("table", caption, head, body), cls="table", tabindex="0")


def _cell(cell: Mapping[str, Any], zone: tzinfo) -> Markup:
    match cell.get("type"):
        case "raw_text":
            return text(cell.get("text"))
        case "raw_number":
            return text(cell.get("text") or cell.get("value"))
        case "rich_text":
            return rich_text(cell, zone)
        case other:
            return undrawn(other)


def _picture(block: Mapping[str, Any], zone: tzinfo) -> Markup:
    """A picture's place and what it is said to show; nothing is fetched."""
    title = text_object(block["title"], zone) if block.get("title") else ""
    return tag("span", title, " " if title else "", "▨ ", word(block.get("alt_text")), cls="picture")


def _markdown(block: Mapping[str, Any], zone: tzinfo) -> Markup:
    return tag("p", word(block.get("text")), cls="s-text", dir="auto")


_BLOCKS: Mapping[str, Callable[[Mapping[str, Any], tzinfo], Markup]] = {
    "header": _header,
    "section": _section,
    "context": _context,
    "actions": _actions,
    "context_actions": _actions,
    "divider": lambda block, zone: tag("hr"),
    "rich_text": rich_text,
    "image": _picture,
    "input": _input,
    "table": _table,
    "data_table": _table,
    "markdown": _markdown,
}
"""Block type → its drawing; the names are those of the Block Kit reference."""


def _elements(elements: object, zone: tzinfo) -> Markup:
    def one(element: Mapping[str, Any]) -> Markup:
        draw_one = _ELEMENTS.get(word(element.get("type")))
        return draw_one(element, zone) if draw_one else undrawn(element.get("type"))

    return joined(one(each) for each in parts(elements))


def _button(element: Mapping[str, Any], zone: tzinfo) -> Markup:
    style = f" {word(element['style'])}" if element.get("style") in ("primary", "danger") else ""
    label = text_object(element.get("text"), zone)
    if element.get("url"):
        return link(word(element["url"]), label, cls=f"button{style}")
    return tag("span", label, cls=f"button{style}")


def _menu(element: Mapping[str, Any], zone: tzinfo) -> Markup:
    chosen = part(element.get("initial_option")).get("text") or element.get("placeholder")
    name = text_object(chosen, zone) if chosen else text("Select an item")
    grouped = [option for group in parts(element.get("option_groups")) for option in parts(group.get("options"))]
    options = [text_object(each.get("text"), zone) for each in [*parts(element.get("options")), *grouped]]
    listed = tag("ul", *(tag("li", each) for each in options), cls="options") if options else ""
    return tag("div", tag("span", name, tag("span", " ▾", aria_hidden="true"), cls="select"), listed, cls="menu")


def _boxes(element: Mapping[str, Any], zone: tzinfo) -> Markup:
    chosen = [*parts(element.get("initial_options")), part(element.get("initial_option"))]
    on = {word(each.get("value")) for each in chosen}
    marks = ("◉", "○") if element.get("type") == "radio_buttons" else ("☑", "☐")
    lines = (
        (marks[0] if word(each.get("value")) in on else marks[1], text_object(each.get("text"), zone))
        for each in parts(element.get("options"))
    )
    return tag("ul", *(tag("li", mark, " ", label) for mark, label in lines), cls="options")


def _box(element: Mapping[str, Any], zone: tzinfo) -> Markup:
    waiting = text_object(element["placeholder"], zone) if element.get("placeholder") else ""
    long = " long" if element.get("multiline") else ""
    value = element.get("initial_value")
    return tag("div", word(value) if value else tag("span", waiting, cls="muted"), cls=f"input{long}", dir="auto")


_ELEMENTS: Mapping[str, Callable[[Mapping[str, Any], tzinfo], Markup]] = {
    "button": _button,
    **dict.fromkeys((*_MENUS, *(f"multi_{each}" for each in _MENUS), "overflow"), _menu),
    **dict.fromkeys(("checkboxes", "radio_buttons"), _boxes),
    **dict.fromkeys(("plain_text_input", "number_input", "email_text_input", "url_text_input"), _box),
    "image": _picture,
}
