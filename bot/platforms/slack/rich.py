"""Author's text and members' words as rich_text blocks.

Why rich_text and not mrkdwn: a rich_text `text` element is shown as it stands, so `<!channel>`, `<@U1>`, `:emoji:`,
`*`, `_`, `~` and a `>` at a line's start are inert without zero-width tricks, bold works in the middle of a word, and
only a `link` element is a link. Slack's own reference prefers it, and its composer writes it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.chat.markdown import Code, Grid, Item, Paragraph, Piece, Quote, Run, Runs, Title, part_runs, to_pieces, words
from bot.platforms.slack.commands import SLACKS_OWN
from bot.platforms.slack.limits import PASSAGE, Block, weight
from bot.platforms.slack.tables import grid_atoms

LINK = 2_000
"""Ours: a longer address is shown beside its text and not linked."""

_MOST_EACH, _AROUND = 6, 120
"""Characters of JSON that one character takes at most, and those around a run with all its marks: nearly every passage
is known by that to be short enough."""


@dataclass(frozen=True)
class Atom:
    """What is never parted between two messages.

    body: a whole block, or (`joins`) an element that shares a rich_text block with its neighbours that join as well.
    text: what a reader reads. heading: must not stand last.
    """

    body: Block
    text: str
    heading: bool = False
    joins: bool = False


def markdown_atoms(markdown: str, apart: bool = False) -> Iterator[Atom]:
    """Author's CommonMark, piece by piece; the text must have gone through `shown`. `apart`: with a bar beside it."""
    for piece in to_pieces(markdown):
        yield from _piece_atoms(piece, apart)


def passage_atoms(runs: Runs, kind: str = "rich_text_section", heading: bool = False) -> Iterator[Atom]:
    """One paragraph or quote, in as many atoms as its length asks for, parted at sentence ends."""
    for part in part_runs(_safe(runs), PASSAGE, _size):
        if elements := to_elements(part):
            yield Atom(rich_text({"type": kind, "elements": elements}), words(part), heading)


def verbatim_atoms(text: str) -> Iterator[Atom]:
    """Code, to the letter, in a box."""
    for part in part_runs((Run(text),), PASSAGE, _size):
        element = {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": words(part)}]}
        yield Atom(rich_text(element), words(part))


def to_elements(runs: Runs) -> list[dict[str, Any]]:
    """Runs as the elements of a rich_text section; no empty ones, which Slack refuses."""
    return [_element(run) for run in runs if run.text]


def rich_text(*elements: Block) -> Block:
    """Sections, lists, quotes and boxes as one block."""
    return {"type": "rich_text", "elements": list(elements)}


def plain_text(text: str) -> dict[str, Any]:
    """Text in which nothing is markup, for headers, labels and buttons."""
    return {"type": "plain_text", "text": text, "emoji": False}


def fallback(atoms: Sequence[Atom]) -> str:
    """The text of some atoms, a line each."""
    return "\n".join(atom.text for atom in atoms if atom.text)


def _piece_atoms(piece: Piece, apart: bool) -> Iterator[Atom]:
    match piece:
        case Paragraph(runs):
            yield from passage_atoms(runs, "rich_text_quote" if apart else "rich_text_section")
        case Title(runs):
            yield from passage_atoms(tuple(replace(run, strong=True) for run in runs), heading=True)
        case Quote(runs):
            yield from passage_atoms(runs, "rich_text_quote")
        case Code(text) if text:
            yield from verbatim_atoms(text)
        case Item():
            yield from _item_atoms(piece, apart)
        case Grid(header, rows):
            for lines in grid_atoms(header, rows):
                yield from verbatim_atoms(lines) if isinstance(lines, str) else passage_atoms(lines)
        case _:
            pass


def _item_atoms(item: Item, apart: bool) -> Iterator[Atom]:
    """A list entry; what follows its first part stands below it without a marker."""
    marker = item.marker
    for part in part_runs(_safe(item.runs), PASSAGE, _size):
        if elements := to_elements(part):
            section = {"type": "rich_text_section", "elements": elements}
            yield Atom(_listed(section, marker, item.depth, apart) if marker else section, words(part), joins=True)
            marker = ""


def _listed(section: Block, marker: str, depth: int, apart: bool) -> Block:
    style = {"style": "bullet"} if marker == "•" else {"style": "ordered", "offset": max(int(marker[:-1]) - 1, 0)}
    bar = {"border": 1} if apart else {}
    return {"type": "rich_text_list", **style, "indent": min(depth, 8), **bar, "elements": [section]}


def _element(run: Run) -> dict[str, Any]:
    marks = {"bold": run.strong, "italic": run.emphasis, "code": run.code}
    style = {name: True for name, on in marks.items() if on}
    element = {"type": "link", "url": run.link, "text": run.text} if run.link else {"type": "text", "text": run.text}
    return {**element, "style": style} if style else element


def _safe(runs: Runs) -> Runs:
    """An address that Slack would refuse is shown as text, so that the message is not refused for it; and a command
    that Slack has for itself is named as it can be typed."""
    safe: list[Run] = []
    for run in runs:
        if run.link and (not run.link.startswith(("https://", "http://", "mailto:")) or len(run.link) > LINK):
            safe += [replace(run, link=None), Run(f" ({run.link})")]
        elif run.code and run.text in SLACKS_OWN:
            safe.append(replace(run, text=f"/homeroom {run.text.removeprefix('/')}"))
        else:
            safe.append(run)
    return tuple(safe)


def _size(runs: Runs) -> int:
    characters = sum(len(run.text) for run in runs)
    if characters > PASSAGE:
        return characters
    most = sum(_MOST_EACH * len(f"{run.text}{run.link or ''}") + _AROUND for run in runs)
    return most if most <= PASSAGE else sum(weight(element) for element in to_elements(runs))
