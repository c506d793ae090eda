"""Whose page somebody may open."""

from dataclasses import dataclass

from bot.chat.inbound import Person
from bot.cohorts.cohorts import find_enrollment
from bot.store.tables import Enrollment, Member
from bot.web.desk.doors import Audience, Call
from bot.web.desk.numbers import to_number


@dataclass(frozen=True)
class Enrolled:
    """A member of the cohort, or one who was. own: it is who asks."""

    member: Member
    enrollment: Enrollment
    own: bool


def enrolled(call: Call) -> Enrolled | None:
    """The member that the path names, if they are or were in the cohort and the caller may see them: their facilitators
    and observers may, and everybody themselves."""
    found = find_member(call, to_number(call.args.get("member")))
    if found is None:
        return None
    return found if found.own or call.audience >= Audience.OBSERVER else None


def find_member(call: Call, id_: int) -> Enrolled | None:
    """Somebody who is or was in the cohort, by their id."""
    member = call.session.get(Member, id_)
    enrollment = find_enrollment(call.session, call.at, member) if member is not None else None
    if member is None or enrollment is None:
        return None
    return Enrolled(member, enrollment, own=member.id == call.member.id)


def person_of(member: Member) -> Person:
    return Person(member.ref, member.name)
