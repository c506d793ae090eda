"""The rehearsal room's own messages and forms, for comparison: what its page shows, without what can be pressed."""

from collections.abc import Callable, Iterator, Mapping
from datetime import tzinfo
from typing import Any

from markupsafe import Markup

from bot.web.looks.markup import DEEPEST, joined, link, parts, reaction, tag, text, undrawn, word
from bot.web.looks.scene import Exhibit

_ONLY = {"note": "Only you can see this", "direct": "In a direct conversation"}
_MARKS = (("code", "code"), ("emphasis", "em"), ("strong", "strong"))


def draw(exhibit: Exhibit, zone: tzinfo) -> Markup:
    """One exhibit, with what the room puts around it. Its times are in the body already."""
    body = exhibit.body
    match exhibit.kind:
        case "form":
            return _form(body)
        case "said":
            mark = reaction(body.get("mark"), " Kept")
            words = tag("p", word(body.get("text")), dir="auto")
            cls = "said within" if exhibit.within else "said"
            return tag("article", tag("p", tag("strong", word(body.get("name")))), words, mark, cls=cls)
        case kind:
            only = tag("p", _ONLY[kind], cls="r-only") if kind in _ONLY else ""
            inner = joined([_bar(body), only, *_drawn(body.get("blocks")), _thread(exhibit)])
            return tag("article", inner, cls="card note" if only else "card")


def _bar(body: Mapping[str, Any]) -> Markup:
    """The part's colour: an attribute of a picture, because the page allows no styles in it."""
    colour = word(body.get("accent"))
    if len(colour) != 7 or not colour.startswith("#"):
        return Markup()
    return tag("svg", tag("rect", width="5", height="100%", fill=colour), cls="bar", width="5", aria_hidden="true")


def _thread(exhibit: Exhibit) -> Markup:
    if exhibit.thread is None:
        return Markup()
    return tag("p", tag("span", f"Open thread ({word(exhibit.thread.get('replies', 0))})", cls="button"), cls="foot")


def _form(body: Mapping[str, Any]) -> Markup:
    head = tag("h4", word(body.get("title")))
    intro = tag("div", *_drawn(body.get("intro")), cls="intro") if parts(body.get("intro")) else ""
    fields = (_field(field) for field in parts(body.get("fields")))
    return tag("div", head, intro, *fields, tag("p", tag("span", "Send", cls="button primary")), cls="modal")


def _field(field: Mapping[str, Any]) -> Markup:
    name = tag("p", tag("strong", word(field.get("label"))))
    hint = tag("p", word(field["hint"]), cls="small") if field.get("hint") else ""
    long = " long" if field.get("long") else ""
    choices = parts(field.get("choices"))
    value = word(field.get("value"))
    if choices:
        value = next((word(each.get("name")) for each in choices if each.get("value") == value), "Choose …")
    listed = tag("ul", *(tag("li", word(each.get("name"))) for each in choices), cls="options") if choices else ""
    return tag("div", name, hint, tag("div", value, cls=f"input{long}", dir="auto"), listed, cls="field")


def _drawn(blocks: object, depth: int = 0) -> Iterator[Markup]:
    if depth > DEEPEST:
        yield undrawn("blocks in blocks, too deep")
        return
    for block in parts(blocks):
        draw_one = _BLOCKS.get(word(block.get("type")))
        yield draw_one(block, depth) if draw_one else undrawn(block.get("type"))


def _runs(some: object) -> Markup:
    return joined(_run(run) for run in parts(some))


def _run(run: Mapping[str, Any]) -> Markup:
    inner = text(run.get("text"))
    for name, html in _MARKS:
        inner = tag(html, inner) if run.get(name) else inner
    return link(word(run["link"]), inner) if run.get("link") else inner


def _heading(block: Mapping[str, Any], depth: int) -> Markup:
    asked = block.get("level")
    level = asked if isinstance(asked, int) and asked in (1, 2, 3) else 2
    return tag(f"h{level + 3}", word(block.get("text")), cls=f"r-h{level}", dir="auto")


def _item(block: Mapping[str, Any], depth: int) -> Markup:
    indent = block.get("depth")
    level = min(max(indent, 0), 9) if isinstance(indent, int) else 0
    body = tag("span", _runs(block.get("runs")))
    return tag("p", tag("span", word(block.get("marker")), cls="marker"), " ", body, cls=f"item in-{level}", dir="auto")


def _callout(block: Mapping[str, Any], depth: int) -> Markup:
    more = " (continued)" if block.get("continued") else ""
    label = tag("p", tag("strong", f"{word(block['label'])}{more}"), dir="auto") if block.get("label") else ""
    return tag("div", label, *_drawn(block.get("blocks"), depth + 1), cls="callout")


def _words(block: Mapping[str, Any], depth: int) -> Markup:
    by = tag("p", "— ", word(block["by"]), cls="small") if block.get("by") else ""
    return tag("div", tag("blockquote", word(block.get("text")), dir="auto"), by, cls="words")


def _table(block: Mapping[str, Any], depth: int) -> Markup:
    def row(cells: object, name: str) -> Markup:
        written = cells if isinstance(cells, list) else []
        return tag("tr", *(tag(name, _runs(cell), dir="auto") for cell in written))

    rows = block.get("rows") if isinstance(block.get("rows"), list) else []
    head = tag("thead", row(block.get("header"), "th"))
    return tag(
        "div", tag("table", head, tag("tbody", *(row(each, "td") for each in rows or []))), cls="table", tabindex="0"
    )


def _buttons(block: Mapping[str, Any], depth: int) -> Markup:
    made = (
        tag("span", word(each.get("label")), cls=f"button {word(each.get('style'))}")
        for each in parts(block.get("buttons"))
    )
    return tag("p", *made, cls="row")


def _moment(block: Mapping[str, Any], depth: int) -> Markup:
    return tag("p", tag("strong", word(block.get("label"))), " ", tag("time", word(block.get("when"))))


_BLOCKS: Mapping[str, Callable[[Mapping[str, Any], int], Markup]] = {
    "heading": _heading,
    "paragraph": lambda block, _: tag("p", _runs(block.get("runs")), dir="auto"),
    "title": lambda block, _: tag("p", tag("strong", _runs(block.get("runs"))), dir="auto"),
    "item": _item,
    "quote": lambda block, _: tag("blockquote", _runs(block.get("runs")), dir="auto"),
    "code": lambda block, _: tag("pre", tag("code", word(block.get("text"))), tabindex="0"),
    "small": lambda block, _: tag("p", word(block.get("text")), cls="small", dir="auto"),
    "caption": lambda block, _: tag("p", tag("strong", word(block.get("text"))), dir="auto"),
    "callout": _callout,
    "words": _words,
    "moment": _moment,
    "table": _table,
    "divider": lambda block, _: tag("hr"),
    "buttons": _buttons,
    "finder": lambda block, _: tag("div", tag("p", tag("strong", word(block.get("label")))), tag("div", cls="input")),
    "ping": lambda block, _: tag("p", tag("span", "@", word(block.get("name") or block.get("ref")), cls="mention")),
}
