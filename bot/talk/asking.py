"""Who asks, from where, and what they may see: what every command needs to know first."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.chat.commands import BY_NAME
from bot.chat.inbound import Command
from bot.chat.port import Offline
from bot.chat.post import Post, Text
from bot.cohorts.cohorts import cohorts_of, find_cohort, find_enrollment, find_member, is_facilitator
from bot.cohorts.sight import Sight, find_sight
from bot.cohorts.skips import past
from bot.curriculum.lookup import Lookup
from bot.curriculum.model import Course
from bot.store.tables import Cohort, Delivery, Enrollment, Member

MOST_DIGITS = 18
"""Of an id: what fits every database's integers."""


@dataclass(frozen=True)
class Asking:
    """One command on its way to an answer, inside one transaction. renderer: what its platform can do without network.
    address: where browsers reach our pages, without a slash at the end; None when nobody has told."""

    session: Session
    course: Course
    lookup: Lookup
    command: Command
    now: datetime
    renderer: Offline | None = None
    address: str | None = None

    @property
    def facilitates(self) -> bool:
        """Whether the person facilitates the cohort they ask about (or administers the place they ask from, which says
        nothing about a cohort that is named)."""
        cohort, person = self.find_cohort(), self.command.person
        if self.named is not None:
            person = replace(person, manages=False)
        return person.manages if cohort is None else is_facilitator(self.session, cohort, person)

    @property
    def named(self) -> str | None:
        """The cohort that the command itself names: a button does, on a page that stands in no channel. Nobody types
        it: such a command takes nothing that is typed."""
        spec = BY_NAME.get(self.command.name)
        return self.command.options.get("text") if spec is not None and not spec.options else None

    def find_cohort(self) -> Cohort | None:
        """The cohort that is named; else the channel's; in a direct message the person's only one."""
        if self.named is not None:
            return self.find_named(self.named)
        if self.command.channel is not None:
            return find_cohort(self.session, self.command.platform, self.command.channel)
        theirs = self.own_cohorts()
        return theirs[0] if len(theirs) == 1 else None

    def find_named(self, name: str) -> Cohort | None:
        """A cohort by its id, as a button names it; None unless the person is in it: a button can be forged."""
        if not (name.isascii() and name.isdecimal() and len(name) <= MOST_DIGITS):
            return None
        cohort = self.session.get(Cohort, int(name))
        if cohort is None or cohort.platform != self.command.platform or not self.is_here(cohort):
            return None
        enrollment = self.find_enrollment(cohort)
        return cohort if enrollment is not None and enrollment.left_on is None else None

    def find_enrollment(self, cohort: Cohort) -> Enrollment | None:
        """The person's place in a cohort, whether they have left or not."""
        member = find_member(self.session, cohort.platform, cohort.workspace, self.command.person.ref)
        return find_enrollment(self.session, cohort, member) if member is not None else None

    def is_here(self, cohort: Cohort) -> bool:
        """Whether the cohort lives in the workspace that is asked from; not every direct message tells which."""
        return self.command.workspace in ("", cohort.workspace)

    def own_cohorts(self) -> Sequence[Cohort]:
        """The cohorts that the person is in; where none goes on, the last one that has finished."""
        platform, ref = self.command.platform, self.command.person.ref
        return cohorts_of(self.session, platform, ref) or _last_finished(self.session, platform, ref)

    def up_to_day(self) -> int | None:
        """The last day whose content the person may see; None: all of it. 0 where no lesson is out."""
        if self.named is None and self.command.person.manages:
            return None
        seen = self._find_sight()
        if seen is not None:
            return None if seen.facilitates else seen.up_to_day
        if self.facilitates:
            return None
        here = self.find_cohort()
        cohorts = [here] if here is not None else self.own_cohorts()
        return max((past(self.session, cohort, reached(self.session, cohort)) for cohort in cohorts), default=0)

    def _find_sight(self) -> Sight | None:
        """In the cohort of the channel, where most is asked; None where none is, or another one is named."""
        command = self.command
        if self.named is not None or command.channel is None:
            return None
        return find_sight(self.session, command.platform, command.channel, command.person.ref)


def reached(session: Session, cohort: Cohort) -> int:
    """The last lesson day that is out in the cohort; 0 before the first. A cohort may start in the middle: what lies
    before its first lesson counts as known."""
    last = session.scalar(
        select(func.max(Delivery.lesson)).where(Delivery.cohort_id == cohort.id, Delivery.posted_at.is_not(None))
    )
    return last or 0


def lesson_now(session: Session, cohort: Cohort) -> int:
    """The lesson that came last; 0 before the first. An earlier one than `reached` where a lesson that was left out has
    been posted after all."""
    last = session.scalar(
        select(Delivery.lesson)
        .where(Delivery.cohort_id == cohort.id, Delivery.posted_at.is_not(None))
        .order_by(Delivery.local_date.desc())
        .limit(1)
    )
    return last or 0


def reached_by(session: Session, platform: str, ref: str, workspace: str) -> int:
    """The last lesson day that a person has come to in any cohort of theirs there; 0 before the first."""
    theirs = [each for each in cohorts_of(session, platform, ref) if workspace in ("", each.workspace)]
    return max((reached(session, each) for each in theirs), default=0)


def reached_everywhere(session: Session) -> dict[tuple[str, str], int]:
    """(platform, channel) → the last lesson day that is out there: for suggestions, which are made from memory. Where
    a second cohort has followed a finished one, only the second counts."""
    rows = session.execute(
        select(Cohort.platform, Cohort.channel, func.max(Delivery.lesson))
        .outerjoin(Delivery, (Delivery.cohort_id == Cohort.id) & Delivery.posted_at.is_not(None))
        .group_by(Cohort.id, Cohort.platform, Cohort.channel, Cohort.state)
        .order_by(Cohort.state != "finished", Cohort.id)
    )
    latest = {(platform, channel): day for platform, channel, day in rows}
    return {place: day for place, day in latest.items() if day is not None}


def _last_finished(session: Session, platform: str, ref: str) -> Sequence[Cohort]:
    return session.scalars(
        select(Cohort)
        .join(Enrollment, Enrollment.cohort_id == Cohort.id)
        .join(Member, Member.id == Enrollment.member_id)
        .where(Cohort.state == "finished", Cohort.archived_at.is_(None), Enrollment.left_on.is_(None))
        .where(Member.platform == platform, Member.ref == ref)
        .order_by(Cohort.id.desc())
        .limit(1)
    ).all()


def sentence(text: str, title: str = "Homeroom") -> Post:
    """A post of one plain thought. `text` is ours, as markdown; what others wrote goes into it through `quoted`."""
    return Post(title=title, blocks=(Text(text),))


def quoted(text: str, at_most: int = 80) -> str:
    """Somebody's words inside a sentence of ours: shortened, on one line, nothing in it is markup."""
    line = " ".join(text.split())
    line = line if len(line) <= at_most else f"{line[: at_most - 1]}…"
    return "".join(f"\\{mark}" if mark in "\\`*_[]<>|~#&!" else mark for mark in line)
