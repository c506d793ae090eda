"""Who may open a door: the one place that decides it, inside the transaction in which the door is then opened."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from urllib.parse import urlsplit

from aiohttp import hdrs, web
from sqlalchemy.orm import Session

from bot.cohorts.rights import Right, rights_of
from bot.cohorts.visits import end_visit, find_visit
from bot.curriculum.model import Course
from bot.store.tables import Cohort, Member
from bot.web.desk.doors import Answer, Call, Door, Missing
from bot.web.desk.forms import Filled
from bot.web.desk.sealing import form_mark, is_form_mark

Links = Mapping[str, Callable[[str, str], str | None]]
"""Platform → its `Platform.link`."""

COHORT = "/c/{cohort}"
MOST_DIGITS = 18
"""Of an id: what fits every database's integers."""


@dataclass(frozen=True)
class Asked:
    """A request, as much of it as a transaction needs. secret: of the visit, as the cookie holds it. form: None where
    none has been read."""

    secret: str | None
    args: Mapping[str, str]
    query: Mapping[str, str]
    form: Filled | None = None


@dataclass(frozen=True)
class Place:
    """What every call of a desk shares."""

    course: Course
    address: str
    links: Links


@dataclass(frozen=True)
class Refused:
    """kind: of `templates/refusal.html`. rights: the visitor's, when somebody is signed in."""

    kind: str
    status: int
    rights: tuple[Right, ...] = ()


class NotThere(Exception):
    """A door has found nothing behind it: whatever it has done is undone."""

    def __init__(self, rights: tuple[Right, ...]) -> None:
        super().__init__("nothing there")
        self.rights = rights


def find_call(session: Session, door: Door, asked: Asked, place: Place, now: datetime) -> Call | Refused:
    """Who stands at the door, if they may open it. The form's mark is not asked for yet: see `open_door`.

    First the visit, then the role, which is read anew each time. For who is not there and for who may not know of it
    the answer is the same.
    """
    visit = find_visit(session, asked.secret, now) if asked.secret else None
    if visit is None or asked.secret is None:
        return Refused("stranger", 403)
    rights = rights_of(session, visit)
    if not rights:  # nothing is open to them any more, so that the visit is over
        end_visit(session, visit)
        return Refused("stranger", 403)
    right = _named(rights, asked.args.get("cohort", "")) if _is_of_cohort(door) else max(rights, key=_audience)
    if right is None or right.audience < door.audience:
        return Refused("missing", 404, rights)
    cohort = right.cohort if _is_of_cohort(door) else None
    form = asked.form or Filled()
    return Call(
        session=session,
        course=place.course,
        member=session.get_one(Member, visit.member_id),
        cohort=cohort,
        audience=right.audience,
        now=now,
        csrf=form_mark(asked.secret),
        args=asked.args,
        query=asked.query,
        form=form.texts,
        uploads=form.uploads,
        address=place.address,
        link=partial(_link, place.links, cohort),
        rights=rights,
        visit=visit,
    )


def open_door(session: Session, door: Door, asked: Asked, place: Place, now: datetime) -> tuple[Call, Answer] | Refused:
    """What stands behind the door, for who may open it; a POST only with a form that we have made for this visit.
    Raises NotThere."""
    call = find_call(session, door, asked, place, now)
    if isinstance(call, Refused):
        return call
    if door.verb == "POST" and not is_form_mark(asked.secret or "", call.form.get("csrf", "")):
        return Refused("forged", 403, call.rights)
    answer = door.answer(call)
    if isinstance(answer, Missing):
        raise NotThere(call.rights)
    return call, answer


def is_ours(request: web.Request, address: str) -> bool | None:
    """Whether a form was sent from a page of ours; None when the browser does not tell, as old ones do not.

    Sec-Fetch-Site is the browser's own word, which no page can change. An Origin is ours when it is the address that
    the operator has told, or the very one that was asked for: a rehearsal has several.
    """
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get(hdrs.ORIGIN)
    if site is not None:
        return site == "same-origin"
    if origin is None:
        return None
    ours = urlsplit(address)
    return origin == f"{ours.scheme}://{ours.netloc}" or _host(origin) == request.host


def _host(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc or None
    except ValueError:
        return None


def _is_of_cohort(door: Door) -> bool:
    return door.path == COHORT or door.path.startswith(f"{COHORT}/")


def _named(rights: tuple[Right, ...], cohort: str) -> Right | None:
    if not (cohort.isascii() and cohort.isdecimal() and len(cohort) <= MOST_DIGITS):
        return None
    return next((each for each in rights if each.cohort.id == int(cohort)), None)


def _audience(right: Right) -> int:
    return right.audience


def _link(links: Links, cohort: Cohort | None, ref: str) -> str | None:
    """The address of a message or a channel, where this process knows the cohort's platform."""
    if cohort is None or cohort.platform not in links:
        return None
    return links[cohort.platform](ref, cohort.workspace)
