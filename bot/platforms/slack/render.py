"""A Post as Slack messages: pure, within every limit, and with nothing cut."""

from collections.abc import Iterator, Sequence
from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo

from bot.chat.markdown import Run, pack, part_text, sentence_ends, shown
from bot.chat.port import Body, part_key
from bot.chat.post import Block as Said
from bot.chat.post import Buttons, Callout, Divider, Heading, Moment, Post, Small, Table, Text, Words
from bot.platforms.slack.actions import button_atoms, told_apart
from bot.platforms.slack.limits import (
    CONTEXT,
    FALLBACK,
    HEADER,
    MESSAGE,
    MESSAGE_BLOCKS,
    PASSAGE,
    Block,
    escaped,
    length,
    weight,
)
from bot.platforms.slack.rich import (
    Atom,
    fallback,
    markdown_atoms,
    passage_atoms,
    plain_text,
    rich_text,
    to_elements,
    verbatim_atoms,
)
from bot.platforms.slack.tables import grid_atoms, plain_cells

EVENT = "homeroom_delivery"
"""The metadata's event_type, by which `find_posted` knows our deliveries."""

MOST_KEYED = 26


def render(post: Post, key: str | None) -> tuple[Body, ...]:
    """The arguments of chat.postMessage without `channel`, one a message; see `bot.chat.port.Platform.render`.

    Raises ValueError for a post with a key that needs more than 26 messages: there is no marker for the 27th.
    """
    title = _label(post.title)
    pages = _pages(to_atoms(post), _continued(title, 9999, 9999))
    if key and len(pages) > MOST_KEYED:
        raise ValueError(f"a post of {len(pages)} Slack messages is too long: {MOST_KEYED} can be told apart")
    bodies = []
    for number, page in enumerate(pages):
        top = [_continued(title, number + 1, len(pages))] if number else []
        marker = {"metadata": {"event_type": EVENT, "event_payload": {"key": part_key(key, number)}}} if key else {}
        bodies.append(_body([*top, *page], title, marker))
    return tuple(bodies)


def to_atoms(post: Post) -> list[Atom]:
    """Everything that the post shows, in order."""
    return [atom for block in post.blocks for atom in _atoms(block)]


def to_blocks(atoms: Sequence[Atom]) -> list[Block]:
    """Blocks as they are sent: list entries share one, and every action_id stands once."""
    blocks: list[Block] = []
    joining: list[Block] = []
    for atom in atoms:
        if atom.joins:
            if not joining:
                blocks.append(rich_text())
            joining.append(atom.body)
            blocks[-1] = rich_text(*joining)
        else:
            joining = []
            blocks.append(atom.body)
    return told_apart(blocks)


def _atoms(block: Said) -> Iterator[Atom]:
    match block:
        case Heading(text, level):
            yield from _heading_atoms(shown(text), level)
        case Text(markdown):
            yield from markdown_atoms(shown(markdown))
        case Small(text) if text:
            for part in part_text(shown(text), CONTEXT // 2):
                yield _small_atom(part)
        case Callout(label, markdown):
            yield from passage_atoms((Run(shown(label), strong=True),), heading=True)
            yield from markdown_atoms(shown(markdown), apart=True)
        case Words(text, by):
            if by:
                yield from passage_atoms((Run(f"{shown(by)}:", strong=True),), heading=True)
            yield from passage_atoms((Run(shown(text)),), "rich_text_quote")
        case Moment():
            yield from _moment_atoms(block)
        case Table():
            yield from _table_atoms(block)
        case Divider():
            yield Atom({"type": "divider"}, "")
        case Buttons(buttons):
            yield from button_atoms(buttons)
        case _:
            pass


def _heading_atoms(text: str, level: int) -> Iterator[Atom]:
    if level < 3 and text.strip() and length(text) <= HEADER and "\n" not in text:
        yield Atom({"type": "header", "text": plain_text(text)}, text, heading=True)
    else:
        yield from passage_atoms((Run(text, strong=True),), heading=True)


def _small_atom(text: str) -> Atom:
    return Atom({"type": "context", "elements": [plain_text(text)]}, text)


def _moment_atoms(moment: Moment) -> Iterator[Atom]:
    label, written = shown(moment.label), _written(moment)
    date = {
        "type": "date",
        "timestamp": int(moment.at.timestamp()),
        "format": "{date_long} {time}",
        "fallback": written,
    }
    if length(label) > PASSAGE // 4:
        yield from passage_atoms((Run(f"{label}:"),), heading=True)
        label = ""
    before = to_elements((Run(f"{label}: ", strong=True),)) if label else []
    yield Atom(rich_text({"type": "rich_text_section", "elements": [*before, date]}), f"{label}: {written}")


def _written(moment: Moment) -> str:
    zone = _zone(moment.zone)
    local = moment.at.astimezone(zone)
    return f"{local:%A}, {local.day} {local:%B %Y, %H:%M} ({zone})"


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        return UTC


def _table_atoms(table: Table) -> Iterator[Atom]:
    yield from passage_atoms((Run(shown(table.caption), emphasis=True),), heading=True)
    header, *rows = [plain_cells([shown(cell) for cell in row]) for row in (table.header, *table.rows)]
    for lines in grid_atoms(header, rows):
        yield from verbatim_atoms(lines) if isinstance(lines, str) else passage_atoms(lines)


def _pages(atoms: list[Atom], label: Atom) -> list[list[Atom]]:
    room = MESSAGE - weight(label.body)
    size = {id(atom): weight(atom.body) + 40 for atom in atoms}  # 40: the rich_text around list entries, "#2"

    def fits(page: Sequence[Atom]) -> bool:
        return sum(size[id(atom)] for atom in page) <= room and _count(page) < MESSAGE_BLOCKS

    return pack(atoms, fits, lambda atom: atom.heading, _leans) or [[]]


def _leans(atom: Atom) -> bool:
    return atom.body["type"] in ("actions", "context")


def _count(page: Sequence[Atom]) -> int:
    return sum(
        1 for before, atom in zip([None, *page], page, strict=False) if not (before and before.joins and atom.joins)
    )


def _label(title: str) -> str:
    """The title for notifications and continued parts: whole, or its beginning when it is a text in itself."""
    clean = " ".join(shown(title).split()) or "Homeroom"
    return clean if length(clean) <= HEADER else f"{part_text(clean, HEADER // 4)[0].strip()} …"


def _continued(title: str, number: int, of: int) -> Atom:
    return _small_atom(f"{title} · part {number} of {of}")


def _body(page: Sequence[Atom], title: str, marker: Body) -> Body:
    blocks = to_blocks(page) or [_small_atom(title).body]
    return {"text": _notice(title, page), "blocks": blocks, **marker, "unfurl_links": False, "unfurl_media": False}


def _notice(title: str, page: Sequence[Atom]) -> str:
    """The title and as many whole sentences as a notification has room for."""
    text = fallback(page)[: FALLBACK * 2].removeprefix(f"{title}\n")
    ends = [end for end in sentence_ends(text)[:-1] if length(text[:end]) + length(title) < FALLBACK]
    return escaped(f"{title}\n{text[: ends[-1]].rstrip()}" if ends else title)
