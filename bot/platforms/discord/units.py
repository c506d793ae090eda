"""A post's blocks as the units that pages are filled with, in order."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from bot.chat.markdown import Code, Grid, Item, Paragraph, Piece, Quote, Run, Runs, Title, part_runs, to_pieces, words
from bot.chat.post import (
    Block,
    Button,
    Buttons,
    Callout,
    Divider,
    Finder,
    Heading,
    Moment,
    Picture,
    Post,
    Small,
    Table,
    Text,
    Words,
)
from bot.platforms.discord.grid import as_grid, as_lines
from bot.platforms.discord.inert import clean, fenced, one_line, prefixed
from bot.platforms.discord.limits import DESCRIPTION_LIMIT, FILE_LIMIT, PART_LIMIT, ROW_LIMIT, size
from bot.platforms.discord.runs import parted


@dataclass(frozen=True)
class Unit:
    """What stays together on one page: text, or a row of buttons, or (both empty) a dividing line.

    clings: a heading or a label, never the last of a page. follows: the next part of a passage that is longer than a
    page, which starts a page of its own. tight: stands right under what is before it, without an empty line. picture:
    what `text` says in words; a page that may show pictures shows it in the place of the text, and has room for either.
    """

    text: str = ""
    buttons: tuple[Button, ...] = ()
    clings: bool = False
    follows: bool = False
    tight: bool = False
    picture: Picture | None = None

    @property
    def divides(self) -> bool:
        return not self.text and not self.buttons


def to_units(post: Post) -> Iterator[Unit]:
    """Every block's units; a post that says nothing says its title."""
    units = [unit for block in post.blocks for unit in _block_units(block)]
    if all(unit.divides for unit in units):
        units = [Unit(one_line(post.title) or "…")]
    yield from units


def markdown_units(markdown: str, dress: Callable[[str], str] = str) -> Iterator[Unit]:
    """Author's CommonMark as units; `dress` is applied to each whole unit (a quote's prefix)."""
    tight = False
    for piece in to_pieces(clean(markdown)):
        is_item = isinstance(piece, Item)
        for unit in _piece_units(piece, dress):
            yield Unit(unit.text, (), unit.clings, unit.follows, tight=tight and is_item)
        tight = is_item


def _block_units(block: Block) -> Iterator[Unit]:
    match block:
        case Heading(text, level):
            line = _run(" ".join(clean(text).split()))
            yield from _text_units(line, partial(prefixed, "#" * level + " "), clings=True)
        case Text(markdown):
            yield from markdown_units(markdown)
        case Small(text):
            yield from _text_units(_run(text), partial(prefixed, "-# "), tight=True)
        case Callout(label, markdown):
            yield from _labelled(label, markdown_units(markdown, partial(prefixed, "> ")))
        case Words(text, by):
            yield from _labelled(by or "", _text_units(_run(text), partial(prefixed, "> ")))
        case Moment(label, at, _):
            yield Unit(f"{_bold(label)} <t:{int(at.timestamp())}:F>".strip(), tight=True)
        case Table(caption, header, rows):
            grid = Grid(tuple(map(_run, header)), tuple(tuple(map(_run, row)) for row in rows))
            yield from _labelled(caption, _grid_units(grid, str))
        case Picture():
            yield from _picture_units(block)
        case Divider():
            yield Unit(clings=True)
        case Finder(label, command):
            yield from _text_units(_run(_completed(label, command)), partial(prefixed, "-# "), tight=True)
        case Buttons(buttons):
            for start in range(0, len(buttons), ROW_LIMIT):
                yield Unit(buttons=buttons[start : start + ROW_LIMIT])


def _piece_units(piece: Piece, dress: Callable[[str], str]) -> Iterator[Unit]:
    match piece:
        case Paragraph(runs):
            yield from _text_units(runs, dress)
        case Title(runs):
            yield from _text_units(runs, lambda text: dress(prefixed("### ", text)), clings=True)
        case Quote(runs):
            yield from _text_units(runs, lambda text: dress(prefixed("> ", text)) if dress is str else dress(text))
        case Item(runs, depth, marker):
            yield from _text_units(runs, lambda text: dress(_indented(text, depth, marker)))
        case Code(text):
            parts = part_runs(_run(text), PART_LIMIT, lambda runs: size(dress(fenced(words(runs)))))
            solid = [words(part) for part in parts if words(part).strip()]
            for number, part in enumerate(solid):
                yield Unit(dress(fenced(part.rstrip("\n"))), follows=number > 0)
        case Grid():
            yield from _grid_units(piece, dress)


def _grid_units(grid: Grid, dress: Callable[[str], str]) -> Iterator[Unit]:
    blocks = as_grid(grid)
    if blocks is not None:
        yield from (Unit(dress(fenced(block))) for block in blocks)
        return
    for row in as_lines(grid):
        yield from _text_units(row, dress)


def _text_units(runs: Runs, dress: Callable[[str], str], clings: bool = False, tight: bool = False) -> Iterator[Unit]:
    """Runs parted into units."""
    for number, text in enumerate(parted(runs, dress)):
        yield Unit(text, clings=clings, follows=number > 0, tight=tight)


def _labelled(label: str, units: Iterator[Unit]) -> Iterator[Unit]:
    """A label in bold right above what it names; it never stays behind on a page."""
    inside = list(units)
    if label.strip():
        yield Unit(_bold(label), clings=bool(inside))
    for number, unit in enumerate(inside):
        yield Unit(unit.text, unit.buttons, unit.clings, unit.follows, tight=number == 0 or unit.tight)


def _picture_units(picture: Picture) -> Iterator[Unit]:
    """A picture whose words are longer than promised is told and not shown: nothing of them is cut."""
    told = list(_text_units(_run(picture.alt), partial(prefixed, "-# "), tight=True))
    shows = len(told) == 1 and size(clean(picture.alt)) <= DESCRIPTION_LIMIT and len(picture.png) <= FILE_LIMIT
    yield from (replace(unit, picture=picture if shows else None) for unit in told)


def _completed(label: str, command: str) -> str:
    """Discord has no field that completes itself but in its own commands."""
    named = f"{label.strip()}: " if label.strip() else ""
    return f"{named}type /{command}, and names are completed while you type."


def _bold(label: str) -> str:
    line = one_line(label)
    return f"**{line}**" if line else ""


def _run(text: str) -> Runs:
    return (Run(clean(text)),)


def _indented(text: str, depth: int, marker: str) -> str:
    """A list entry; Discord nests by two blanks. A further paragraph of an entry stands under its text."""
    inside = "  " * (depth + 1)
    first = "  " * depth + {"": "  ", "•": "- "}.get(marker, f"{marker} ")
    return first + text.replace("\n", "\n" + inside)
