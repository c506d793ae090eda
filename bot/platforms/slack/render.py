"""A Post as Slack messages: pure, within every limit, and with nothing cut."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo

from bot.chat.markdown import Run, pack, part_text, shown
from bot.chat.port import Body, part_key
from bot.chat.post import Block as Said
from bot.chat.post import (
    Buttons,
    Callout,
    Divider,
    Finder,
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
from bot.chat.remembering import remembering
from bot.platforms.slack.actions import button_atoms, told_apart
from bot.platforms.slack.limits import (
    ALT,
    CONTEXT,
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
from bot.platforms.slack.selecting import finder_atoms
from bot.platforms.slack.tables import cells_weight, grid_atoms, plain_cells, sorting_block

EVENT = "homeroom_delivery"
"""The metadata's event_type, by which `find_posted` knows our deliveries."""

MOST_KEYED = 26


def render(post: Post, key: str | None, sorting: bool = False, files: Sequence[str] = ()) -> tuple[Body, ...]:
    """The arguments of chat.postMessage without `channel`, one a message; see `bot.chat.port.Platform.render`.

    sorting: tables that their reader may sort are blocks of Slack's, which not every workspace takes. files: ids of the
    post's pictures, in order; a picture without one is told in words. Raises ValueError for a post with a key that
    needs more than 26 messages: there is no marker for the 27th.
    """
    title = _label(post.title)
    room = MESSAGE - weight(_continued(title, 9999, 9999).body)
    pages = parted(to_atoms(post, sorting, files), room, MESSAGE_BLOCKS - 1) or [[]]
    if key and len(pages) > MOST_KEYED:
        raise ValueError(f"a post of {len(pages)} Slack messages is too long: {MOST_KEYED} can be told apart")
    bodies = []
    for number, page in enumerate(pages):
        top = [_continued(title, number + 1, len(pages))] if number else []
        marker = {"metadata": {"event_type": EVENT, "event_payload": {"key": part_key(key, number)}}} if key else {}
        bodies.append(_body([*top, *page], title, marker))
    return tuple(bodies)


@remembering
def render_private(post: Post) -> tuple[Body, ...]:
    """As `render` without a key, for who asked. Nobody may change what comes back."""
    return render(post, None)


def to_atoms(post: Post, sorting: bool = False, files: Sequence[str] = ()) -> list[Atom]:
    """Everything that the post shows, in order."""
    left = iter(files)
    head = [*_ping_atoms(post.ping)] if post.ping else []
    return [*head, *(atom for block in post.blocks for atom in _atoms(block, sorting, left))]


def parted(atoms: Sequence[Atom], room: int, most: int) -> list[list[Atom]]:
    """Atoms in pages of at most `room` characters of JSON and `most` blocks. Headings stand with what they head."""
    size = {id(atom): _size(atom) for atom in atoms}

    def fits(page: Sequence[Atom]) -> bool:
        return sum(size[id(atom)] for atom in page) <= room and _count(page) <= most

    return pack(atoms, fits, lambda atom: atom.heading, _leans)


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


def is_plain_id(ref: str) -> bool:
    """Whether a reference looks like one of Slack's."""
    return re.fullmatch(r"[A-Z][A-Z0-9]{1,30}", ref, re.ASCII) is not None


def _ping_atoms(ping: Ping) -> Iterator[Atom]:
    """The one live mention; nothing for a reference that is none of Slack's."""
    kind = {"group": "usergroup", "person": "user"}[ping.kind]
    if is_plain_id(ping.ref):
        element = {"type": kind, f"{kind}_id": ping.ref}
        yield Atom(rich_text({"type": "rich_text_section", "elements": [element]}), "", heading=True)


def _atoms(block: Said, sorting: bool, files: Iterator[str]) -> Iterator[Atom]:
    match block:
        case Heading(text, level):
            yield from _heading_atoms(shown(text), level)
        case Text(markdown):
            yield from markdown_atoms(shown(markdown))
        case Small(text) if shown(text).strip():
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
            yield from _table_atoms(block, sorting)
        case Picture(_, alt):
            yield from _picture_atoms(shown(alt), next(files, None))
        case Divider():
            yield Atom({"type": "divider"}, "")
        case Buttons(buttons):
            yield from button_atoms(buttons)
        case Finder():
            yield from finder_atoms(block)
        case _:
            pass


def _heading_atoms(text: str, level: int) -> Iterator[Atom]:
    if level < 3 and text.strip() and length(text) <= HEADER and "\n" not in text:
        yield Atom({"type": "header", "text": plain_text(text)}, text, heading=True)
    else:
        yield from passage_atoms((Run(text, strong=True),), heading=True)


def _small_atom(text: str) -> Atom:
    return Atom({"type": "context", "elements": [plain_text(text)]}, text)


def _picture_atoms(alt: str, file: str | None) -> Iterator[Atom]:
    if file is not None and 0 < length(alt) <= ALT:
        yield Atom({"type": "image", "slack_file": {"id": file}, "alt_text": alt}, alt)
    elif alt.strip():
        yield from map(_small_atom, part_text(alt, CONTEXT // 2))


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


def _table_atoms(table: Table, sorting: bool) -> Iterator[Atom]:
    yield from passage_atoms((Run(shown(table.caption), emphasis=True),), heading=True)
    if sorting and table.sortable and (block := sorting_block(table)):
        yield Atom(block, "\n".join("  ".join(map(shown, row)) for row in (table.header, *table.rows)))
        return
    header, *rows = [plain_cells([shown(cell) for cell in row]) for row in (table.header, *table.rows)]
    for lines in grid_atoms(header, rows):
        yield from verbatim_atoms(lines) if isinstance(lines, str) else passage_atoms(lines)


def _size(atom: Atom) -> int:
    if atom.body["type"] == "data_table":
        return cells_weight(atom.body)
    return weight(atom.body) + 40  # the rich_text around list entries, "#2"


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
    """What a notification begins with, and all that a screen reader reads: it takes the text beside the blocks for the
    whole message (chat.postMessage, "Accessibility considerations"). Never longer than the blocks, so far below the
    40,000 characters that Slack takes."""
    text = fallback(page).strip()
    return escaped(text if text.startswith(title) else f"{title}\n{text}".strip())
