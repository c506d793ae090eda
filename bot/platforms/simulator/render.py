"""A Post as the room's own JSON: {"key", "title", "part", "parts", "accent", "blocks"}, paged without losing a word.

Runs of text arrive marked, so the page builds its elements from text alone and never reads anybody's text as markup.
"""

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from bot.chat.markdown import (
    Code,
    Grid,
    Item,
    Paragraph,
    Piece,
    Quote,
    Run,
    Runs,
    Title,
    pack,
    part_runs,
    part_text,
    shown,
    to_pieces,
    words,
)
from bot.chat.port import Body, PlatformError, Reason, part_key
from bot.chat.post import (
    Block,
    Buttons,
    Callout,
    Divider,
    Finder,
    Form,
    Heading,
    Moment,
    Picture,
    Ping,
    Post,
    Small,
    Table,
    Text,
    Words,
)

TEXT_LIMIT = 4_000
"""Characters of text in one message, ours and anybody's: the room's own limit, near Discord's."""
BLOCK_LIMIT = 50
"""Blocks in one message, rows of buttons apart: the room's own limit, Slack's number."""
BUTTON_LIMIT = 75
"""Characters of a button's label (see `bot.chat.post.Button`)."""
ROW_LIMIT = 10
"""Rows of buttons in one message."""
PART_LIMIT = 26
"""Messages that one key can mark (`part_key`)."""

_BUDGET = 3_600  # of one block, so that a callout's label fits beside it
_LABEL = 200
_LINKS = ("https://", "http://", "mailto:")


@dataclass(frozen=True)
class _Brick:
    """The smallest thing that is never parted. Bricks of one `callout` that share a page stand in one frame."""

    block: Mapping[str, Any]
    length: int
    clings: bool = False
    callout: int | None = None
    label: str = ""


def to_bodies(post: Post, key: str | None, shows: bool = False) -> tuple[Body, ...]:
    """The messages that show `post`, in order, each within the limits; pictures in words unless it `shows` them.
    Raises PlatformError(REFUSED) when a marked post would need more messages than a key can mark."""
    bricks = [brick for number, block in enumerate(post.blocks) for brick in _bricks(number, block, shows)]
    bricks = bricks or list(_text_bricks({"type": "small"}, _label(post.title)))
    if post.ping:
        bricks.insert(0, _ping_brick(post.ping))
    pages = _pages(bricks)
    if key is not None and len(pages) > PART_LIMIT:
        raise PlatformError(Reason.REFUSED, "post_too_long")
    return tuple(
        {
            "key": None if key is None else part_key(key, number),
            "title": shown(post.title),
            "part": number + 1,
            "parts": len(pages),
            "accent": None if post.accent is None else f"#{post.accent & 0xFFFFFF:06x}",
            "blocks": _page_blocks(pages, number),
        }
        for number, page in enumerate(pages)
    )


def to_form(form: Form) -> Body:
    """A form as the page opens it; the intro's blocks stand above the fields."""
    intro = [brick.block for piece in to_pieces(shown(form.intro)) for brick in _piece_bricks(piece)]
    fields = [
        {
            "id": field.id,
            "label": shown(field.label),
            "hint": shown(field.hint),
            "value": field.value,
            "long": field.long,
            "required": field.required,
            "max_length": field.max_length,
            "choices": [{"name": shown(choice.name), "value": choice.value} for choice in field.choices],
        }
        for field in form.fields
    ]
    return {"title": shown(form.title), "action": form.action, "intro": intro, "fields": fields}


def _pages(bricks: Sequence[_Brick]) -> list[list[_Brick]]:
    """Full pages, headings with what they head; where that alone is too much for one page, without regard to it."""
    kept_together = pack(bricks, _fits, lambda brick: brick.clings)
    return [fit for page in kept_together for fit in ([page] if _fits(page) else pack(page, _fits, _never))]


def _bricks(number: int, block: Block, shows: bool) -> Iterator[_Brick]:
    match block:
        case Heading(text, level):
            yield from _text_bricks({"type": "heading", "level": level}, shown(text), clings=True)
        case Text(markdown):
            for piece in to_pieces(shown(markdown)):
                yield from _piece_bricks(piece)
        case Small(text):
            yield from _text_bricks({"type": "small"}, shown(text))
        case Callout(label, markdown):
            yield from _callout_bricks(number, shown(label), markdown)
        case Words(text, by):
            yield from _words_bricks(shown(text), shown(by or ""))
        case Moment(label, at, zone):
            local = at.astimezone(ZoneInfo(zone))
            when = f"{local:%A} {local.day} {local:%B %Y, %H:%M} ({zone})"
            moment = {"type": "moment", "label": shown(label), "iso": at.isoformat(), "when": when}
            yield _Brick(moment, len(moment["label"]) + len(when) + 1)
        case Table(caption, header, rows, sortable):
            yield from _text_bricks({"type": "caption"}, shown(caption), clings=True)
            yield from _grid_bricks(_plain_cells(header), [_plain_cells(row) for row in rows], sortable)
        case Picture(png, alt) if shows:
            picture = {"type": "picture", "png": base64.b64encode(png).decode(), "alt": shown(alt)}
            yield _Brick(picture, len(alt))
        case Picture(_, alt):
            yield from _text_bricks({"type": "small"}, shown(alt))
        case Divider():
            yield _Brick({"type": "divider"}, 0)
        case Buttons(buttons):
            row = [
                {"label": _label(one.label)[:BUTTON_LIMIT], "action": one.action, "style": one.style} for one in buttons
            ]
            yield _Brick({"type": "buttons", "buttons": row}, 0)
        case Finder(label, command):
            yield _Brick({"type": "finder", "label": shown(label), "command": command}, len(label))


def _ping_brick(ping: Ping) -> _Brick:
    """The one mention that works, above everything else."""
    return _Brick({"type": "ping", "kind": ping.kind, "ref": shown(ping.ref)}, len(ping.ref) + 1, clings=True)


def _piece_bricks(piece: Piece) -> Iterator[_Brick]:
    match piece:
        case Paragraph(runs):
            yield from _run_bricks({"type": "paragraph"}, runs)
        case Quote(runs):
            yield from _run_bricks({"type": "quote"}, runs)
        case Title(runs):
            yield from _run_bricks({"type": "title"}, runs, clings=True)
        case Item(runs, depth, marker):
            for number, part in enumerate(part_runs(runs, _BUDGET, _length)):
                item = {"type": "item", "depth": depth, "marker": "" if number else marker, "runs": _marked(part)}
                yield _Brick(item, _length(part) + len(marker) + 1)
        case Code(text):
            for part_of_code in part_text(text, _BUDGET):
                yield _Brick({"type": "code", "text": part_of_code}, len(part_of_code))
        case Grid(header, rows):
            yield from _grid_bricks(header, rows)


def _callout_bricks(number: int, label: str, markdown: str) -> Iterator[_Brick]:
    named = label if len(label) <= _LABEL else ""
    if not named:
        yield from _text_bricks({"type": "small"}, label, clings=True)
    pieces = to_pieces(shown(markdown)) or (Paragraph(()),)  # a label alone is still shown
    for piece in pieces:
        for brick in _piece_bricks(piece):
            yield _Brick(brick.block, brick.length, brick.clings, number, named)


def _words_bricks(text: str, by: str) -> Iterator[_Brick]:
    named = by if len(by) <= _LABEL else ""
    if not named:
        yield from _text_bricks({"type": "small"}, by, clings=True)
    for number, part in enumerate(part_text(text, _BUDGET)):
        yield _Brick({"type": "words", "text": part, "by": named, "continued": number > 0}, len(part) + len(named))


def _grid_bricks(header: Sequence[Runs], rows: Sequence[Sequence[Runs]], sortable: bool = False) -> Iterator[_Brick]:
    """A table, in several with the header repeated when it is too long; one whose rows are too long as lines."""
    head = _row_length(header)
    if any(head + _row_length(row) > _BUDGET for row in rows) or head > _BUDGET:
        for row in (header, *rows):
            for cell in row:
                yield from _run_bricks({"type": "paragraph"}, cell)
        return
    for number, page in enumerate(pack(rows, lambda some: head + sum(map(_row_length, some)) <= _BUDGET, _never)):
        yield _grid_brick(header, page, number > 0, sortable)
    if not rows:
        yield _grid_brick(header, (), False, False)


def _grid_brick(header: Sequence[Runs], rows: Sequence[Sequence[Runs]], continued: bool, sortable: bool) -> _Brick:
    table = {
        "type": "table",
        "header": [_marked(cell) for cell in header],
        "rows": [[_marked(cell) for cell in row] for row in rows],
        "continued": continued,
        "sortable": sortable,
    }
    return _Brick(table, _row_length(header) + sum(map(_row_length, rows)))


def _label(text: str) -> str:
    """One line that is never empty."""
    return " ".join(shown(text).split()) or "…"


def _text_bricks(shape: Mapping[str, Any], text: str, clings: bool = False) -> Iterator[_Brick]:
    for part in part_text(text, _BUDGET) if text else ():
        yield _Brick({**shape, "text": part}, len(part), clings)


def _run_bricks(shape: Mapping[str, Any], runs: Runs, clings: bool = False) -> Iterator[_Brick]:
    for part in part_runs(runs, _BUDGET, _length):
        yield _Brick({**shape, "runs": _marked(part)}, _length(part), clings)


def _fits(bricks: Sequence[_Brick]) -> bool:
    rows = sum(brick.block["type"] == "buttons" for brick in bricks)
    labels = {brick.callout: len(brick.label) for brick in bricks if brick.callout is not None}
    text = sum(brick.length for brick in bricks) + sum(labels.values())
    return text <= TEXT_LIMIT and len(bricks) - rows <= BLOCK_LIMIT and rows <= ROW_LIMIT


def _page_blocks(pages: Sequence[Sequence[_Brick]], number: int) -> list[Mapping[str, Any]]:
    """The bricks of one page, those of one callout in one frame, which says whether it began on an earlier page."""
    before = {brick.callout for page in pages[max(number - 1, 0) : number] for brick in page}
    blocks: list[Mapping[str, Any]] = []
    frame: int | None = None
    for brick in pages[number]:
        if brick.callout is None:
            blocks.append(brick.block)
        elif brick.callout == frame:
            blocks[-1]["blocks"].append(brick.block)
        else:
            continued = brick.callout in before
            blocks.append({"type": "callout", "label": brick.label, "continued": continued, "blocks": [brick.block]})
        frame = brick.callout
    return blocks


def _plain_cells(cells: Sequence[str]) -> tuple[Runs, ...]:
    return tuple((Run(shown(cell)),) for cell in cells)


def _marked(runs: Runs) -> list[dict[str, Any]]:
    """Runs with the marks that they have; a link only where it leads somewhere harmless."""
    return [
        {"text": run.text}
        | ({"strong": True} if run.strong else {})
        | ({"emphasis": True} if run.emphasis else {})
        | ({"code": True} if run.code else {})
        | ({"link": run.link} if run.link and run.link.lower().startswith(_LINKS) else {})
        for run in runs
    ]


def _length(runs: Runs) -> int:
    return len(words(runs))


def _row_length(row: Sequence[Runs]) -> int:
    return sum(map(_length, row)) + 3 * len(row)  # as a line it reads "one | two"


def _never(_: Any) -> bool:
    return False
