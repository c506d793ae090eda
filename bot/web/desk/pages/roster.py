"""Who is in the cohort, and as what; and taking many in at once, from a CSV file.

A file is read and shown first, line by line; nothing of it is kept here. The button there brings it again, and does
what was shown, or says that something has changed since.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from markupsafe import Markup, escape

from bot.cohorts.cohorts import FACILITATOR
from bot.cohorts.roles import ROLES, change_role, hold_roles
from bot.cohorts.roster_files import COLUMNS, Sheet, read_roster
from bot.cohorts.roster_pages import count_in_cohort, in_cohort
from bot.cohorts.rosters import RosterPlan, apply, dry_run
from bot.web.desk.doors import Answer, Audience, Call, Door, Missing, Moved, Sent, Shown
from bot.web.desk.faults import Fault
from bot.web.desk.forms import cleaned
from bot.web.desk.moments import Moments
from bot.web.desk.numbers import to_number
from bot.web.desk.people import find_member

PAGE = 50

NAMED = 100
"""People of each kind, and problems, that a dry run shows; how many there are in all is said above them."""


@dataclass(frozen=True)
class View:
    """The page of the list that is looked at, from 1."""

    page: int = 1

    def on(self, page: int) -> "View":
        return replace(self, page=page)

    @property
    def query(self) -> str:
        """As it stands in an address."""
        return f"?page={self.page}" if self.page > 1 else ""


def roster(call: Call) -> Answer:
    return _page(call)


def take_in(call: Call) -> Answer:
    """Read a file or a text. `do` is "apply" for doing what was shown (mark: the dry run's own; without one, whatever
    comes out now); else it is only shown."""
    if call.at.archived_at is not None:
        return Moved(_at(call), "This cohort is archived: take it out of the archive first. Nothing was changed.")
    text, sheet = _read(call)
    if not text.strip() and not sheet.problems:
        return _page(call, Fault("roster", "text", "Choose a file, or paste what stands in one."), 400)
    hold_roles(call.session, call.at)
    plan = dry_run(call.session, call.at, sheet)
    mark, wanted = mark_of(plan), call.form.get("do") == "apply"
    changed = wanted and call.form.get("mark", "") not in ("", mark)
    if not wanted or changed or plan.problems:
        return _dry(text, plan, changed=changed, status=409 if wanted else 200)
    done = apply(call.session, call.at, sheet, call.member, call.now)
    return Moved(_at(call), f"Done: {done.says}, {len(done.unchanged)} unchanged.")


def give_role(call: Call) -> Answer:
    """Somebody who is in the cohort becomes something else."""
    one, role = find_member(call, to_number(call.form.get("member"))), call.form.get("role", "")
    if one is None or one.enrollment.left_on is not None or role not in ROLES:
        return Missing()
    back, name = f"{_at(call)}{_view(call.form).query}", one.member.name.strip() or "(no name)"
    before = one.enrollment.role
    if not change_role(call.session, call.at, one.enrollment, role, call.member, call.now):
        return Moved(back, f"{name} is the only facilitator here. Make somebody else one first.")
    if before == role:
        return Moved(back, f"Nothing changed: {name} is {_a(role)} already.")
    if one.own and before == FACILITATOR:  # the page may not be theirs any more
        return Moved(f"/c/{call.at.id}", f"You are {_a(role)} here now.")
    return Moved(back, f"{name} is {_a(role)} now, and was {_a(before)}.")


def empty_file(call: Call) -> Answer:
    """The first line of a roster."""
    return Sent("roster.csv", "text/csv; charset=utf-8", f"{','.join(COLUMNS)}\r\n".encode())


def mark_of(plan: RosterPlan) -> str:
    """The same for the same outcome: 16 characters of a-f0-9."""
    return hashlib.sha256(repr(plan).encode("utf-8", "replace")).hexdigest()[:16]


def _read(call: Call) -> tuple[str, Sheet]:
    """What came, as text, and read. A file is cleaned as texts are: what is shown is what is brought again."""
    upload = call.uploads.get("file")
    text = call.form.get("text", "")
    if upload is not None and upload.content:
        try:
            text = cleaned(upload.content.decode("utf-8-sig"))
        except UnicodeDecodeError:
            return "", read_roster(upload.content, call.at.platform)
    return text, read_roster(text.encode(), call.at.platform) if text.strip() else Sheet()


def _page(call: Call, fault: Fault | None = None, status: int = 200) -> Shown:
    return Shown("roster.html", {**_people(call), "fault": fault, "typed": call.form}, status)


def _people(call: Call) -> Mapping[str, Any]:
    number, view = count_in_cohort(call.session, call.at), _view(call.query)
    return {
        "people": in_cohort(call.session, call.at, (view.page - 1) * PAGE, PAGE),
        "number": number,
        "first": (view.page - 1) * PAGE + 1,
        "view": view,
        "pages": max(-(-number // PAGE), 1),
        "roles": ROLES,
        "writes": call.audience >= Audience.FACILITATOR,
        "takes": call.audience >= Audience.FACILITATOR and call.at.archived_at is None,
        "when": Moments(call.at.zone, call.now),
    }


def _dry(text: str, plan: RosterPlan, *, changed: bool, status: int) -> Shown:
    values = {
        "plan": plan,
        "does": bool(plan.added or plan.changed or plan.back) and not plan.problems,
        "most": NAMED,
        "text": Markup(escape(text)),  # noqa: S704 - escaped; to the letter, since it is brought again
        "mark": mark_of(plan),
        "changed": changed,
    }
    return Shown("roster_dry.html", values, status)


def _view(said: Mapping[str, str]) -> View:
    return View(min(max(to_number(said.get("page")), 1), 1_000_000))


def _a(role: str) -> str:
    return f"an {role}" if role[0] in "aeiou" else f"a {role}"


def _at(call: Call) -> str:
    return f"/c/{call.at.id}/roster"


DOORS = (
    Door("GET", "/c/{cohort}/roster", Audience.OBSERVER, roster),
    Door("POST", "/c/{cohort}/roster", Audience.FACILITATOR, take_in, files=True),
    Door("POST", "/c/{cohort}/roster/role", Audience.FACILITATOR, give_role),
    Door("GET", "/c/{cohort}/roster/empty.csv", Audience.FACILITATOR, empty_file),
)
