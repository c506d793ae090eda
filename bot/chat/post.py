"""What we say, before a platform dresses it.

A `Post` is a title and a tuple of blocks. A platform renders it into one or more messages within its limits; nothing
is ever cut. Three kinds of text are told apart, because they may do different things:

- markdown, written by the course's authors: emphasis and links work, mentions do not;
- plain text, ours: shown as it stands, nothing in it is markup;
- words, a member's own: shown to the letter and inert, whatever they hold.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

ANSWER_LIMIT = 3_000
"""Characters a form's field may take. Slack's plain_text_input allows 3,000, Discord's text input 4,000; the smaller
one holds everywhere, so that an answer does not depend on where it was written."""


@dataclass(frozen=True)
class Heading:
    """Plain text. Level 1 names the whole post and stands once at most; 2 a section; 3 a point within one."""

    text: str
    level: Literal[1, 2, 3] = 2


@dataclass(frozen=True)
class Text:
    """Author's CommonMark: paragraphs, lists, quotes, tables, `code`, links."""

    markdown: str


@dataclass(frozen=True)
class Small:
    """One quiet line of plain text: where we are, a hint, a source."""

    text: str


@dataclass(frozen=True)
class Callout:
    """A labelled passage set apart from the rest. `label` is plain, `markdown` is the author's."""

    label: str
    markdown: str


@dataclass(frozen=True)
class Words:
    """Somebody's own words, shown to the letter and inert. `by` is the writer's name, or None for the reader's own."""

    text: str
    by: str | None = None


@dataclass(frozen=True)
class Moment:
    """A labelled point in time; the platform shows it in the reader's own zone where it can, else in `zone`."""

    label: str
    at: datetime
    zone: str


@dataclass(frozen=True)
class Table:
    """Plain cells; every row is as long as the header. `caption` says in words what the table shows. sortable: a reader
    may want it in another order, where the platform has tables that can do that."""

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    sortable: bool = False


@dataclass(frozen=True)
class Picture:
    """A picture, in PNG; only in answers that one person sees. alt: in words what it shows, 1 to 1,000 characters
    (Discord's description takes 1,024, Slack's alt_text 2,000); whoever cannot see it misses nothing."""

    png: bytes
    alt: str


@dataclass(frozen=True)
class Divider:
    """A line between two parts of a post."""


@dataclass(frozen=True)
class Button:
    """A command that is ready to press: `action` is `name` or `name:argument` (see `bot.chat.commands`).

    `label` is plain text of at most 75 characters (Slack's limit; Discord allows 80), `action` at most 60 characters
    (Discord's custom_id takes 100 and carries the post's key as well).
    """

    label: str
    action: str
    style: Literal["primary", "secondary", "danger"] = "secondary"


@dataclass(frozen=True)
class Buttons:
    """At most five buttons in a row (Discord's limit)."""

    buttons: tuple[Button, ...]


@dataclass(frozen=True)
class Finder:
    """A field that completes names while somebody types; what they choose becomes the first option of `command`
    ("concept" or "paper"). A platform whose commands complete by themselves shows a line that says so."""

    label: str
    command: str


Block = Heading | Text | Small | Callout | Words | Moment | Table | Picture | Divider | Buttons | Finder


@dataclass(frozen=True)
class Ping:
    """Who is to be notified of a post: the one mention that works. ref: a person's reference, or that of a group (a
    role on Discord, a user group on Slack)."""

    ref: str
    kind: Literal["person", "group"]


@dataclass(frozen=True)
class Post:
    """Something to say.

    title: plain text; what a notification or a screen reader gets first, and the label of continued parts.
    blocks: what is shown, in order. The title itself is not shown unless a Heading says it.
    accent: 0xRRGGBB of the course part, or None. ping: who is mentioned, at the head of its first message.
    for_all: as an answer, it is for everybody who reads the place where it was asked, and not for who asked alone. A
    place that nobody else reads (a direct message, a page of their own) makes no difference between the two.
    """

    title: str
    blocks: tuple[Block, ...]
    accent: int | None = None
    ping: Ping | None = None
    for_all: bool = False


@dataclass(frozen=True)
class Choice:
    """Something to choose: `name` is shown, `value` is what the option or field becomes; 1–100 characters each, which
    is Discord's limit; Slack shows the first 75 of a name."""

    name: str
    value: str


@dataclass(frozen=True)
class Field:
    """One field of a form. `value` is what stands in it when it opens; `hint` is shown before typing. With `choices`
    (at most 25, Discord's limit) one of them is chosen instead of typed."""

    id: str
    label: str
    hint: str = ""
    value: str = ""
    long: bool = True
    required: bool = True
    max_length: int = ANSWER_LIMIT
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True)
class Form:
    """A form to fill in: `action` comes back in `FormAnswer.action` (at most 60 characters).

    `title` is cut by nobody: at most 24 characters (Slack's limit; Discord allows 45). `intro` is author's markdown
    shown above the fields: the prompt stays in view while its answer is written.
    """

    title: str
    action: str
    fields: tuple[Field, ...]
    intro: str = ""


@dataclass(frozen=True)
class Rejected:
    """A form that could not be taken. A platform that can keep the form open shows `errors` (field id → sentence) in
    place; any other shows `post`, which gives the writer's text back in full."""

    errors: tuple[tuple[str, str], ...]
    post: Post
