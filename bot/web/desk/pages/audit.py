"""What was done in a cohort, by whom, about whom."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import func, select

from bot.cohorts.audit import entries
from bot.store.tables import AuditEntry, Member
from bot.web.desk.doors import Answer, Audience, Call, Door, Missing, Shown
from bot.web.desk.moments import Moments
from bot.web.desk.numbers import to_number

PAGE = 50
CHOICES = 500
"""Members to choose from, of those whom something is written down about."""


def audit(call: Call) -> Answer:
    before, about = to_number(call.query.get("before")) or None, to_number(call.query.get("about"))
    concerned = _concerned(call)
    member = call.session.get(Member, about) if about else None
    if about and (member is None or not any(each.id == about for each in concerned)):
        return Missing()
    found = entries(call.session, call.at, before, PAGE + 1, about=member)
    page = found[:PAGE]
    return Shown(
        "audit.html",
        {
            "entries": page,
            "names": _names(call, {each for entry in page for each in (entry.by_id, entry.about_id) if each}),
            "concerned": concerned,
            "member": member,
            "first": before is None,
            "older": page[-1].id if len(found) > PAGE else None,
            "when": Moments(call.at.zone, call.now),
        },
    )


def _concerned(call: Call) -> Sequence[Member]:
    """Whom something is written down about, by name."""
    about = select(AuditEntry.about_id).where(AuditEntry.cohort_id == call.at.id, AuditEntry.about_id.is_not(None))
    return call.session.scalars(
        select(Member).where(Member.id.in_(about)).order_by(func.lower(Member.name), Member.id).limit(CHOICES)
    ).all()


def _names(call: Call, ids: Collection[int]) -> Mapping[int, str]:
    rows = call.session.execute(select(Member.id, Member.name).where(Member.id.in_(ids)))
    return {row.id: row.name for row in rows}


DOORS = (Door("GET", "/c/{cohort}/audit", Audience.OBSERVER, audit),)
