"""What a page of the desk is: a door in a table. Who may open it stands in the table, and is checked in one place."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy.orm import Session

from bot.cohorts.rights import Audience, Right
from bot.curriculum.model import Course
from bot.store.tables import Cohort, Member, Visit

__all__ = [
    "Answer",
    "Audience",
    "Call",
    "Door",
    "Missing",
    "Moved",
    "Sent",
    "Shown",
    "Streamed",
    "Upload",
]


@dataclass(frozen=True)
class Upload:
    """A file that came with a form, whole: at most 1 MB is taken."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Call:
    """Somebody at a door that they may open, inside one transaction.

    member: who they are; cohort: the one that the path names, None for doors that belong to none; audience: what they
    are there. args: what stood in the path; query and form: the texts that came along, at most 64 kB in all, control
    characters and half surrogates cleaned away. address: where browsers reach our pages. link: as `Platform.link`, of
    the cohort's platform. csrf: what each form has to carry, as the hidden field "csrf". rights: every cohort that they
    may open a door of, and what they are there. visit: by what they came in.
    """

    session: Session
    course: Course
    member: Member
    cohort: Cohort | None
    audience: Audience
    now: datetime
    csrf: str
    args: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)
    uploads: Mapping[str, Upload] = field(default_factory=dict)
    address: str = ""
    link: Callable[[str], str | None] = lambda _: None
    rights: tuple[Right, ...] = ()
    visit: Visit | None = None

    @property
    def at(self) -> Cohort:
        """The cohort of a door that belongs to one."""
        assert self.cohort is not None
        return self.cohort


@dataclass(frozen=True)
class Shown:
    """A page: a template of `templates/` and what it is given. Every template also gets `call`, and `shell`: the parts
    that all pages share (`bot.web.desk.rendering.Shell`). It is rendered after the transaction: nothing in `values` may
    ask the database any more."""

    template: str
    values: Mapping[str, Any]
    status: int = 200


@dataclass(frozen=True)
class Moved:
    """After an act: go there, and say this once at the head of that page. to: under the desk's own, like "/c/3"."""

    to: str
    says: str = ""


@dataclass(frozen=True)
class Sent:
    """A file that is whole. content: or what makes it, which is called in a thread after the transaction: on SQLite
    nobody else writes while one lasts. attached: to keep, else to show (a picture)."""

    name: str
    content_type: str
    content: bytes | Callable[[], bytes]
    attached: bool = True


@dataclass(frozen=True)
class Streamed:
    """As `Sent`, for what is too large to hold: `make` is called in a thread with a transaction of its own. What it
    yields is put by on disk and sent when the transaction is over: a slow browser keeps nobody from the record."""

    name: str
    content_type: str
    make: Callable[[Session], Iterator[bytes]]


@dataclass(frozen=True)
class Missing:
    """There is no such thing, or none that the caller may know of: the two are not told apart."""


Answer = Shown | Moved | Sent | Streamed | Missing


@dataclass(frozen=True)
class Door:
    """One page (GET) or act (POST). path: under the desk's own, like "/c/{cohort}/lesson/{day}"; one that begins with
    "/c/{cohort}" belongs to that cohort. audience: the least that may. answer: called inside one transaction, in a
    thread, only for who may; a POST only with the right csrf field. heavy: it draws or sets, and few at a time may.
    files: a form that brings files is taken (multipart, at most 1 MB); else at most 64 kB of texts."""

    verb: Literal["GET", "POST"]
    path: str
    audience: Audience
    answer: Callable[[Call], Answer]
    heavy: bool = False
    files: bool = False
