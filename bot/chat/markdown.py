"""The author's CommonMark as flat pieces, and how pieces are parted without losing a character.

Flat on purpose: a run of text carries its own marks, so a paragraph can be parted at any sentence end, wherever the
bold begins. HTML is text here; images are their alt text, linked.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby
from typing import TypeVar

from markdown_it import MarkdownIt
from markdown_it.token import Token

T = TypeVar("T")


@dataclass(frozen=True)
class Run:
    """Text with its marks. `link` is the author's URL. A line break inside a paragraph is a newline in `text`."""

    text: str
    strong: bool = False
    emphasis: bool = False
    code: bool = False
    link: str | None = None


Runs = tuple[Run, ...]


@dataclass(frozen=True)
class Paragraph:
    runs: Runs


@dataclass(frozen=True)
class Item:
    """One entry of a list, `depth` 0 for the outermost; `marker` is "•" or "3.". A further paragraph of the same
    entry is an Item with an empty marker."""

    runs: Runs
    depth: int
    marker: str


@dataclass(frozen=True)
class Quote:
    runs: Runs


@dataclass(frozen=True)
class Title:
    """A heading that stands inside a text."""

    runs: Runs


@dataclass(frozen=True)
class Code:
    text: str


@dataclass(frozen=True)
class Grid:
    """A table; every row is as long as the header."""

    header: tuple[Runs, ...]
    rows: tuple[tuple[Runs, ...], ...]


Piece = Paragraph | Item | Quote | Title | Code | Grid

REMEMBERED, REMEMBERED_LENGTH = 512, 4_000
"""Passages that are kept parsed, and the characters that one may have: a megabyte or two in all."""

_parser = MarkdownIt("commonmark", {"html": False}).enable("table")
# What it makes when it first meets a link it fills without a lock, and lessons are rendered in several threads.
_parser.parse("[x](https://x/y%20z) ![x](x) <https://x>")


def to_pieces(markdown: str) -> tuple[Piece, ...]:
    """Parse CommonMark (with tables) into pieces, in reading order. A passage of the course is parsed once for all
    platforms; what is long is not kept."""
    return _remembered(markdown) if len(markdown) <= REMEMBERED_LENGTH else _parsed(markdown)


def _parsed(markdown: str) -> tuple[Piece, ...]:
    return tuple(_walk(_parser.parse(markdown)))


_remembered = lru_cache(REMEMBERED)(_parsed)


def plain(pieces: Sequence[Piece]) -> str:
    """What a reader reads: the text of all pieces, one to a line (a table's row is one line)."""
    return "\n".join(line for piece in pieces for line in _lines(piece))


def words(runs: Runs) -> str:
    """The bare text of some runs."""
    return "".join(run.text for run in runs)


_ENDS = re.compile(r"[.!?…][\"'”’)\]*_]*(?=\s)\s+")
_SHORT = "et al|e\\.g|i\\.e|cf|vs|dr|mr|ms|mrs|prof|figs?|secs?|eqs?|no|vol|pp?|ch|approx|etc|resp|inc"
_ABBREVIATION = re.compile(rf"(?:\b(?:{_SHORT})|\b[A-Z])\.\s+$", re.I)


def sentence_ends(text: str) -> list[int]:
    """Offsets just behind each sentence and its white space; the last one is len(text)."""
    ends = [
        match.end()
        for match in _ENDS.finditer(text)
        if not _ABBREVIATION.search(text[max(match.end() - 24, 0) : match.end()])
    ]
    ends += [match.end() for match in re.finditer(r"\n+", text)]
    return sorted({*ends, len(text)} - {0})


def part_runs(runs: Runs, budget: int, length: Callable[[Runs], int]) -> list[Runs]:
    """Part runs into pieces whose `length` is at most `budget`, at sentence ends; only a sentence that alone is too
    long is parted at blanks, and only a word that alone is too long anywhere. Joined again, nothing is missing."""
    return _parted(runs, budget, length, (sentence_ends, _word_ends, _every))


def part_text(text: str, budget: int) -> list[str]:
    """`part_runs` for bare text, measured in characters."""
    return [words(part) for part in part_runs((Run(text),), budget, lambda runs: len(words(runs)))]


def pack(
    things: Sequence[T],
    fits: Callable[[Sequence[T]], bool],
    clings: Callable[[T], bool],
    leans: Callable[[T], bool] = lambda _: False,
) -> list[list[T]]:
    """Fill pages in order: a thing goes on the page as long as `fits`, else starts a new one. A thing that `clings` (a
    heading) never stays behind as the last of a page, where one page has room for it and for what it heads. A thing
    that fits nowhere gets a page of its own. The last page never holds only what `leans` on something before it (a row
    of buttons), where that something can come along.

    What `fits` must fit without its last thing as well: so most posts are one page after one look."""
    if things and fits(things):
        return [list(things)]
    pages: list[list[T]] = []
    start = 0
    while start < len(things):
        full = _full(things, start, fits)
        end = full
        while start < end < len(things) and clings(things[end - 1]):
            end -= 1
        end = end if end > start else full  # all of it clings: it stays as it is
        pages.append(list(things[start:end]))
        if end < full and not fits(things[end : full + 1]):
            pages.append(list(things[end:full]))
            end = full
        start = end
    if len(pages) > 1 and all(map(leans, pages[-1])):
        pages[-2:] = _leaned(pages[-2], pages[-1], fits, clings, leans)
    return pages


def _full(things: Sequence[T], start: int, fits: Callable[[Sequence[T]], bool]) -> int:
    """Where the page that begins at `start` is full, after one thing at least. It is tried twice as far each time, and
    then by halves: neither many things nor long pages make it slow."""
    end, over, step = start + 1, len(things) + 1, 1
    while over - end > 1:
        reach = min(end + step, len(things)) if over > len(things) else (end + over) // 2
        if fits(things[start:reach]):
            end, step = reach, 2 * step
        else:
            over = reach
    return end


def _leaned(
    before: list[T],
    last: list[T],
    fits: Callable[[Sequence[T]], bool],
    clings: Callable[[T], bool],
    leans: Callable[[T], bool],
) -> tuple[list[T], list[T]]:
    """The last two pages with the cut moved forward, to where something stands that the last page can lean on."""
    cut = len(before) - 1
    while cut > 1 and (leans(before[cut]) or clings(before[cut - 1])):
        cut -= 1
    moved = [*before[cut:], *last]
    return (before[:cut], moved) if cut > 0 and fits(moved) else (before, last)


_BIDI_OPEN = {"\u202a": "\u202c", "\u202b": "\u202c", "\u202d": "\u202c", "\u202e": "\u202c"}
_BIDI_ISOLATE = "\u2066\u2067\u2068"
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
_NOT_SHOWN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Everything that `shown` changes, or may: nearly every text has none of it."""


def shown(text: str) -> str:
    """Anybody's text made safe to show: every kind of line end is a newline, no control characters, no lone surrogates,
    and writing directions that it opens are closed at the end of each line, so that it cannot turn round what stands
    behind it."""
    if _NOT_SHOWN.search(text) is None:
        return text
    clean = re.sub("[\ud800-\udfff]", "\ufffd", re.sub("\r\n?|[\u0085\u2028\u2029]", "\n", text))
    clean = re.sub("[\x00-\x08\x0b-\x1f\x7f-\x9f]", "\ufffd", clean)
    if _TURNING.search(clean) is None:
        return clean
    return "\n".join(_closed(line) for line in clean.split("\n"))


def _closed(line: str) -> str:
    open_marks: list[str] = []
    for mark in line:
        if mark in _BIDI_OPEN:
            open_marks.append(_BIDI_OPEN[mark])
        elif mark in _BIDI_ISOLATE:
            open_marks.append("\u2069")
        elif open_marks and mark == open_marks[-1]:
            open_marks.pop()
    return line + "".join(reversed(open_marks))


def _word_ends(text: str) -> list[int]:
    return [match.end() for match in re.finditer(r"\S+\s*|\s+", text)]


def _every(text: str) -> list[int]:
    return list(range(1, len(text) + 1))


def _parted(
    runs: Runs, budget: int, length: Callable[[Runs], int], finders: Sequence[Callable[[str], list[int]]]
) -> list[Runs]:
    """Part at the coarsest ends; a part that is still too long is parted at the next finer ones."""
    if length(runs) <= budget or not finders:
        return [runs]
    parts = _greedy(runs, finders[0](words(runs)), budget, length)
    return [smaller for part in parts for smaller in _parted(part, budget, length, finders[1:])]


def _greedy(runs: Runs, ends: list[int], budget: int, length: Callable[[Runs], int]) -> Iterator[Runs]:
    """The longest parts that end at one of `ends`: a binary search each, so that a hostile text stays cheap."""
    start, first = 0, 0
    while first < len(ends):
        low, high = first, len(ends) - 1
        high = min(high, first + budget)  # an end is at least one character further
        while low < high:
            middle = (low + high + 1) // 2
            if length(_cut(runs, start, ends[middle])) <= budget:
                low = middle
            else:
                high = middle - 1
        yield _cut(runs, start, ends[low])
        start, first = ends[low], low + 1


def _cut(runs: Runs, start: int, end: int) -> Runs:
    kept, at = [], 0
    for run in runs:
        text = run.text[max(start - at, 0) : max(end - at, 0)]
        if text:
            kept.append(replace(run, text=text))
        at += len(run.text)
        if at >= end:
            break
    return tuple(kept)


def _lines(piece: Piece) -> Iterator[str]:
    match piece:
        case Code(text):
            yield text
        case Grid(header, rows):
            for row in (header, *rows):
                yield " | ".join(words(cell) for cell in row)
        case Item(runs, _, marker):
            yield f"{marker} {words(runs)}".strip()
        case _:
            yield words(piece.runs)


def _walk(tokens: Sequence[Token]) -> Iterator[Piece]:
    """Block tokens in order; lists keep a stack of counters, None for bullets."""
    counters: list[int | None] = []
    fresh, quoted, heading = False, 0, False
    rows: list[list[Runs]] = []
    for token in tokens:
        match token.type:
            case "bullet_list_open":
                counters.append(None)
            case "ordered_list_open":
                start = token.attrGet("start")
                counters.append(1 if start is None else int(start))
            case "bullet_list_close" | "ordered_list_close":
                counters.pop()
            case "list_item_open":
                fresh = True
            case "list_item_close" if counters[-1] is not None:
                counters[-1] += 1
            case "blockquote_open":
                quoted += 1
            case "blockquote_close":
                quoted -= 1
            case "heading_open" | "heading_close":
                heading = token.type == "heading_open"
            case "fence" | "code_block":
                yield Code(token.content.rstrip("\n"))
            case "tr_open":
                rows.append([])
            case "table_close":
                yield Grid(tuple(rows[0]), tuple(tuple(row) for row in rows[1:]))
                rows = []
            case "inline":
                runs = _runs(token.children or [])
                if rows:
                    rows[-1].append(runs)
                elif counters:
                    count = counters[-1]
                    yield Item(runs, len(counters) - 1, ("•" if count is None else f"{count}.") if fresh else "")
                    fresh = False
                elif runs:
                    yield Quote(runs) if quoted else Title(runs) if heading else Paragraph(runs)
            case _:
                pass


def _runs(tokens: Sequence[Token]) -> Runs:
    strong = emphasis = 0
    link: str | None = None
    runs: list[Run] = []
    for token in tokens:
        match token.type:
            case "strong_open" | "strong_close":
                strong += token.nesting
            case "em_open" | "em_close":
                emphasis += token.nesting
            case "link_open":
                link = str(token.attrGet("href") or "") or None
            case "link_close":
                link = None
            case "softbreak":
                runs.append(Run(" ", strong > 0, emphasis > 0, False, link))
            case "hardbreak":
                runs.append(Run("\n", strong > 0, emphasis > 0, False, link))
            case "image":
                source = str(token.attrGet("src") or "")
                runs.append(Run(_alt(token) or source, strong > 0, emphasis > 0, False, source or None))
            case _ if token.content:
                runs.append(Run(token.content, strong > 0, emphasis > 0, token.type == "code_inline", link))
    return _joined(runs)


def _alt(image: Token) -> str:
    """What stands for a picture: its alt text without marks, on one line."""
    inside = (words(_runs([child])) if child.type != "image" else _alt(child) for child in image.children or [])
    return " ".join("".join(inside).split())


def _marks(run: Run) -> tuple[bool, bool, bool, str | None]:
    return run.strong, run.emphasis, run.code, run.link


def _joined(runs: Sequence[Run]) -> Runs:
    """Neighbours with the same marks are one run."""
    alike = (list(group) for _, group in groupby(runs, _marks))
    return tuple(group[0] if len(group) == 1 else replace(group[0], text=words(tuple(group))) for group in alike)
