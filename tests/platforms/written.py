"""What authors have written, as the plain text that a reader should get of it, and whether somebody did get it.

Independent of the program: CommonMark goes through the parser's own HTML and an HTML parser, tables are their cells.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from markdown_it import MarkdownIt
from reduced import sayable, squeezed


@dataclass(frozen=True)
class Said:
    """Text that must be there. instead: other spellings that say the same."""

    text: str
    instead: tuple[str, ...] = ()


@dataclass(frozen=True)
class May:
    """Text that may be there: an address written out behind its text, where a platform cannot link it."""

    texts: tuple[str, ...]


Atom = Any
Atoms = tuple[Atom, ...]


@dataclass(frozen=True)
class Cells:
    """A table: as a grid whose header may stand again above any row, or each row's cells behind their columns' names,
    where columns that are blank throughout may be named once at the end."""

    header: tuple[Atoms, ...]
    rows: tuple[tuple[Atoms, ...], ...] = ()


@dataclass
class Written:
    """links: the addresses that the author put there, in order. pictures: alt texts."""

    atoms: list[Atom] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)


def markdown(text: str) -> Written:
    """An author's CommonMark."""
    reader = _Reader()
    reader.feed(_COMMONMARK.render(sayable(text)))
    reader.close()
    reader.flush()
    return reader.written


def plain(text: str) -> Said:
    """A line in which nothing is markup."""
    return Said(sayable(text))


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Cells:
    """Plain cells."""
    return Cells(tuple(map(_cell, header)), tuple(tuple(map(_cell, row)) for row in rows))


def missing(atoms: Sequence[Atom], text: str) -> str | None:
    """None when the text says all of it, once each, in order, and nothing else. Else where the two part."""
    got, ways, far = squeezed(text), {0}, 0
    for number, atom in enumerate(atoms):
        onward = {end for at in ways for end in _ends(atom, got, at)}
        if not onward:
            far = max(ways)
            said = next(_first_words(atom), "")
            again = "it comes later" if said and squeezed(said)[:60] in got[far:] else "it comes nowhere behind"
            return f"atom {number} of {len(atoms)}: wanted {said[:200]!r}, {again}; reads {got[far : far + 200]!r}"
        ways = onward
    return None if len(got) in ways else f"more than was to be said: {got[max(ways) :][:200]!r}"


def sentences(atoms: Sequence[Atom]) -> Iterator[str]:
    """Whole sentences of running text, squeezed: what must not be parted between two messages."""
    for atom in atoms:
        if isinstance(atom, Said):
            for each in re.split(r"(?<=[.!?])\s+(?=[A-Z“\"])|\n", atom.text):
                if len(each) > 20:
                    yield squeezed(each)


def _ends(atom: Atom, got: str, at: int) -> set[int]:
    """Where the atom may end when it begins at `at`: nowhere, when it does not stand there."""
    match atom:
        case Said(text, instead):
            return {at + len(each) for each in map(squeezed, (text, *instead)) if got.startswith(each, at)}
        case May(texts):
            return {at, *(at + len(each) for each in map(squeezed, texts) if got.startswith(each, at))}
        case Cells():
            return _as_grid(atom, got, at) | _as_lines(atom, got, at) | _as_lines(atom, got, at, all_columns=True)
    raise AssertionError(atom)


def _all(atoms: Iterable[Atom], got: str, starts: set[int]) -> set[int]:
    for atom in atoms:
        starts = {end for at in starts for end in _ends(atom, got, at)}
    return starts


def _as_grid(cells: Cells, got: str, at: int) -> set[int]:
    header = [atom for cell in cells.header for atom in cell]
    ends = _all(header, got, {at})
    for row in cells.rows:
        each = [atom for cell in row for atom in cell]
        ends = _all(each, got, ends | _all(header, got, ends))
    return ends


def _as_lines(cells: Cells, got: str, at: int, all_columns: bool = False) -> set[int]:
    columns = range(len(cells.header))
    blank = [each for each in columns if cells.rows and not any(_says(row[each]) for row in cells.rows)]
    kept = [each for each in columns if all_columns or each not in blank] or list(columns)
    labels = [(*name, Said(":") if _says(name) else May((":",))) for name in cells.header]
    nothing_kept = len(blank) == len(columns) and not all_columns
    rows = ((),) if nothing_kept or not cells.rows else cells.rows
    atoms = [atom for row in rows for each in kept for atom in (*labels[each], *(row[each] if row else ()))]
    if blank and not nothing_kept and not all_columns:
        atoms.append(Said("Blank:"))
        for number, each in enumerate(blank):
            atoms += [*([Said("·")] if number else []), *cells.header[each]]
    return _all(atoms, got, {at})


def _says(cell: Atoms) -> bool:
    return any(words.strip() for atom in cell for words in _first_words(atom))


def _first_words(atom: Atom) -> Iterator[str]:
    match atom:
        case Said(text):
            yield text
        case Cells(header, rows):
            for cell in [*header, *(cell for row in rows for cell in row)]:
                for inner in cell:
                    yield from _first_words(inner)


def _cell(text: str) -> Atoms:
    return (plain(text),)


_COMMONMARK = MarkdownIt("commonmark", {"html": False}).enable("table")
_IN_ADDRESSES = re.compile(r"[\s<>()\\*\"|`\[\]]|@(?=everyone|here)", re.IGNORECASE)


class _Reader(HTMLParser):
    """The text of HTML that a CommonMark parser made."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.written = Written()
        self._atoms = self.written.atoms
        self._text = ""
        self._lists: list[int | None] = []
        self._number: str | None = None
        self._link: tuple[str, int] | None = None
        self._table: list[list[Atoms]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        match tag:
            case "ol" | "ul":
                self._lists.append(int(told.get("start") or 1) if tag == "ol" else None)
            case "li":
                count = self._lists[-1]
                self._number = None if count is None else f"{count}."
                self._lists[-1] = None if count is None else count + 1
            case "pre" | "blockquote":
                self.flush()
            case "br":
                self._text += "\n"
            case "a":
                self.flush()
                self._link = (told.get("href") or "", len(self._atoms))
            case "img":
                self.flush()
                self._picture(told.get("alt") or "", told.get("src") or "")
            case "table" | "td" | "th":
                self.flush()
                self._atoms = self.written.atoms if tag == "table" else []
            case "tr":
                self._table.append([])

    def handle_endtag(self, tag: str) -> None:
        match tag:
            case "a" if self._link is not None:
                self.flush()
                self._linked(*self._link)
                self._link = None
            case "td" | "th":
                self.flush()
                self._table[-1].append(tuple(self._atoms))
                self._atoms = self.written.atoms
            case "table":
                header, *rows = map(tuple, self._table)
                self.written.atoms.append(Cells(header, tuple(rows)))
                self._table, self._text = [], ""
            case "ol" | "ul":
                self.flush()
                self._lists.pop()
            case "p" | "li" | "pre" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6":
                self.flush()

    def handle_data(self, text: str) -> None:
        if self._number is not None and text.strip():
            self._text += self._number
            self._number = None
        self._text += text

    def flush(self) -> None:
        if squeezed(self._text):
            self._atoms.append(Said(self._text))
        self._text = ""

    def _linked(self, href: str, first: int) -> None:
        if len(self._atoms) == first or not href:
            return
        self.written.links.append(href)
        encoded = in_address(href)
        inside = self._atoms[first:]
        if len(inside) == 1 and isinstance(inside[0], Said):
            self._atoms[first:] = [Said(inside[0].text, (encoded,) if inside[0].text == href else ())]
        self._atoms.append(May((f"({href})", f"({encoded})")))

    def _picture(self, alt: str, address: str) -> None:
        self.written.pictures.append(alt)
        self.written.links += [address] if address and self._link is None else []
        self._atoms += [
            Said(alt or address, (in_address(address),)),
            May((f"({address})", f"({in_address(address)})")),
        ]


def in_address(address: str) -> str:
    """An address with what would end it early written as codes."""
    return _IN_ADDRESSES.sub(lambda match: "".join(f"%{byte:02X}" for byte in match[0].encode()), address)
