"""What a roster does to a cohort: it takes people in and changes roles; nobody is ever removed by one.

`dry_run` tells what would happen, `apply` does it in the caller's transaction: all of it, or with a problem nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from bot.cohorts.audit import Action, write_down
from bot.cohorts.cohorts import FACILITATOR, join, local_date
from bot.cohorts.roles import count_facilitators, hold_roles
from bot.cohorts.roster_files import Problem, Row, Sheet
from bot.store.tables import Cohort, Enrollment, Member

AT_ONCE = 500
"""References in one question: SQLite takes 32,766 parameters (its SQLITE_MAX_VARIABLE_NUMBER), PostgreSQL 65,535."""


@dataclass(frozen=True)
class Change:
    """Somebody's new role."""

    row: Row
    name: str
    before: str


@dataclass(frozen=True)
class RosterPlan:
    """What happens to whom. back: who had left, and is taken in again in the role that the file says. ignored: columns
    that mean nothing."""

    added: tuple[Row, ...] = ()
    changed: tuple[Change, ...] = ()
    back: tuple[Row, ...] = ()
    unchanged: tuple[Row, ...] = ()
    problems: tuple[Problem, ...] = ()
    ignored: tuple[str, ...] = ()

    @property
    def says(self) -> str:
        """In one line."""
        return f"{len(self.added)} added, {len(self.changed)} with a new role, {len(self.back)} came back"


_Known = Mapping[str, tuple[Member, Enrollment | None]]


def dry_run(session: Session, cohort: Cohort, sheet: Sheet) -> RosterPlan:
    """What `apply` would do now. Changes nothing."""
    return _plan(session, cohort, sheet, _known(session, cohort, sheet))


def apply(session: Session, cohort: Cohort, sheet: Sheet, by: Member | None, now: datetime) -> RosterPlan:
    """Do it, with an entry in the audit, and one about each whose role changes. What was done; with problems nothing
    was. by: None for an operator."""
    hold_roles(session, cohort)
    plan = dry_run(session, cohort, sheet)
    if plan.problems or not (plan.added or plan.changed or plan.back):
        return plan
    _hold(session, cohort, sheet)
    known = _known(session, cohort, sheet)
    plan = _plan(session, cohort, sheet, known)
    _add(session, cohort, plan, known, now)
    for row in plan.back:
        member, enrollment = known[row.ref]
        assert enrollment is not None, "who comes back was there"
        join(session, cohort, member, row.role, now)
        enrollment.role = row.role
    for change in plan.changed:
        member, enrollment = known[change.row.ref]
        assert enrollment is not None, "who has a role is there"
        enrollment.role = change.row.role
        says = f"role: {change.before} to {change.row.role}, by a roster"
        write_down(session, cohort, by, Action.ROSTER, says, now, about=member)
    write_down(session, cohort, by, Action.ROSTER, f"roster: {plan.says}", now)
    session.flush()
    return plan


def _hold(session: Session, cohort: Cohort, sheet: Sheet) -> None:
    """Everybody has a row, and nobody's place can change until the transaction ends: whoever joins by themselves waits
    for the row of the member (`store.tables.changes`), or is seen to have joined when it is looked again."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    for rows in _parts(sorted(sheet.rows, key=lambda row: row.ref)):
        new = [_stranger(cohort, row) for row in rows]
        session.execute(insert(Member).values(new).on_conflict_do_nothing())
        there = _members(cohort, rows).with_only_columns(Member.id).order_by(Member.ref)
        session.execute(there.with_for_update())


def _stranger(cohort: Cohort, row: Row) -> dict[str, str]:
    return {"platform": cohort.platform, "workspace": cohort.workspace, "ref": row.ref, "name": row.name or row.ref}


def _add(session: Session, cohort: Cohort, plan: RosterPlan, known: _Known, now: datetime) -> None:
    today = local_date(cohort, now)
    for row in plan.added:
        place = {"role": row.role, "joined_on": row.joined or today, "left_on": None}
        session.add(Enrollment(cohort_id=cohort.id, member_id=known[row.ref][0].id, **place))


def _plan(session: Session, cohort: Cohort, sheet: Sheet, known: _Known) -> RosterPlan:
    plan = RosterPlan(ignored=sheet.ignored, problems=sheet.problems)
    places = {row.ref: known[row.ref][1] for row in sheet.rows if row.ref in known}
    there = [row for row in sheet.rows if (place := places.get(row.ref)) is not None and place.left_on is None]
    changed = [
        Change(row, known[row.ref][0].name, place.role)
        for row in there
        if (place := places[row.ref]) is not None and place.role != row.role
    ]
    new_roles = {change.row.ref for change in changed}
    back = [row for row in sheet.rows if (place := places.get(row.ref)) is not None and place.left_on is not None]
    plan = replace(
        plan,
        added=tuple(row for row in sheet.rows if places.get(row.ref) is None),
        changed=tuple(changed),
        back=tuple(back),
        unchanged=tuple(row for row in there if row.ref not in new_roles),
    )
    return replace(plan, problems=(*plan.problems, *_headless(session, cohort, plan)))


def _headless(session: Session, cohort: Cohort, plan: RosterPlan) -> Iterator[Problem]:
    """Its last facilitator stays one, unless the file brings another."""
    stepping_down = [change for change in plan.changed if change.before == FACILITATOR]
    coming = [*plan.added, *plan.back, *(change.row for change in plan.changed)]
    if not stepping_down or any(row.role == FACILITATOR for row in coming):
        return
    if count_facilitators(session, cohort) <= len(stepping_down):
        row = stepping_down[-1].row
        yield Problem(row.line, f"{row.ref} is the last facilitator: make somebody else one, here or in the cohort.")


def _known(session: Session, cohort: Cohort, sheet: Sheet) -> _Known:
    """Reference → the member and their place in the cohort, of all that have been seen in the workspace."""
    found: dict[str, tuple[Member, Enrollment | None]] = {}
    for rows in _parts(sheet.rows):
        places = (Enrollment.member_id == Member.id) & (Enrollment.cohort_id == cohort.id)
        query = _members(cohort, rows).add_columns(Enrollment).outerjoin(Enrollment, places)
        query = query.execution_options(populate_existing=True)  # as they are now, not as the dry run saw them
        found.update({member.ref: (member, enrollment) for member, enrollment in session.execute(query)})
    return found


def _members(cohort: Cohort, rows: Sequence[Row]) -> Select[Member]:
    refs = [row.ref for row in rows]
    here = (Member.platform == cohort.platform) & (Member.workspace == cohort.workspace)
    return select(Member).where(here, Member.ref.in_(refs))


def _parts(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    for start in range(0, len(rows), AT_ONCE):
        yield rows[start : start + AT_ONCE]
