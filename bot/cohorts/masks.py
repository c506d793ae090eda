"""The rules of `states`, worked out for a whole cohort with a few operations on whole numbers for each member.

Bit n of a mask is the cohort's n-th lesson by date. What was answered begins one step finer, in planes: plane k holds
the lessons' k-th prompts, and lies k times the number of lessons further up. Moments are microseconds since 1970, as
tallies keep them.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import reduce
from itertools import compress, repeat
from operator import gt, or_

from bot.cohorts.states import Membership, Released, State

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_NEVER = 2**63


@dataclass(frozen=True)
class Ledger:
    """A cohort's lessons at one moment. lessons: by date; dates: theirs. slots: prompt message → its bit in the planes;
    ends: prompt message → the last moment that is on time. absent: slots that no prompt fills. asking, out, open:
    masks of the lessons that ask something, are out, and may still be answered on time."""

    lessons: tuple[Released, ...]
    dates: tuple[date, ...]
    slots: Mapping[int, int]
    ends: Mapping[int, int]
    planes: int
    absent: int
    asking: int
    out: int
    open: int

    @property
    def all(self) -> int:
        return (1 << len(self.lessons)) - 1

    def days(self, first: date, last: date) -> int:
        """The lessons from the one date to the other, both included."""
        start, end = bisect_left(self.dates, first), bisect_right(self.dates, last)
        return (1 << end) - (1 << start) if start < end else 0


@dataclass(frozen=True, slots=True)
class Masks:
    """A member's lessons by state; each lesson that concerns them in exactly one. answered_prompts: the slots of
    the prompts they have answered, whatever became of the lesson. expected: the lessons that are out, ask something and
    were to be answered, whether they were or not."""

    done: int
    late: int
    open: int
    excused: int
    not_yet: int
    missed: int
    answered_prompts: int
    expected: int

    def of(self, state: State) -> int:
        match state:
            case State.DONE:
                return self.done
            case State.LATE:
                return self.late
            case State.OPEN:
                return self.open
            case State.EXCUSED:
                return self.excused
            case State.NOT_YET:
                return self.not_yet
            case State.MISSED:
                return self.missed

    @property
    def streak(self) -> int:
        """As `states.streak`: what is answered above the last missed lesson."""
        return ((self.done | self.late) >> self.missed.bit_length()).bit_count()

    @property
    def missed_in_a_row(self) -> int:
        """As `states.missed_in_a_row`: what is missed above the last answered lesson."""
        return (self.missed >> (self.done | self.late).bit_length()).bit_count()


def to_ledger(released: Iterable[Released], now: datetime) -> Ledger:
    """The lessons as bits. A prompt belongs to one lesson."""
    lessons = tuple(sorted(released, key=lambda each: each.local_date))
    planes = max((len(each.prompts) for each in lessons), default=0)
    slots: dict[int, int] = {}
    ends: dict[int, int] = {}
    for number, each in enumerate(lessons):
        for plane, prompt in enumerate(each.prompts):
            slots[prompt] = 1 << plane * len(lessons) + number
            ends[prompt] = to_microseconds(each.ends_at)
    return Ledger(
        lessons=lessons,
        dates=tuple(each.local_date for each in lessons),
        slots=slots,
        ends=ends,
        planes=planes,
        absent=(1 << planes * len(lessons)) - 1 - sum(slots.values()),
        asking=_mask(bool(each.prompts) for each in lessons),
        out=_mask(each.released_at is not None for each in lessons),
        open=_mask(now <= each.ends_at for each in lessons),
    )


def masks_of(ledger: Ledger, membership: Membership, prompts: Sequence[int], written: Sequence[int]) -> Masks:
    """A member's states. prompts: the messages that something of theirs stands under, each once; written: since when
    the first of it has stood, in the same order."""
    bits = list(map(ledger.slots.get, prompts, repeat(0)))
    given: int = sum(bits)  # no two have a bit in common, so that the sum is the union
    behind: int = sum(compress(bits, map(gt, written, map(ledger.ends.get, prompts, repeat(_NEVER)))))
    answered = _in_every_plane(ledger, given | ledger.absent) & ledger.asking
    late = _in_some_plane(ledger, behind) & answered
    theirs = ledger.days(membership.joined_on, date.max)
    if membership.left_on is not None:
        theirs &= ~ledger.days(membership.left_on, date.max)
    away = reduce(or_, (ledger.days(each.first, each.last) for each in membership.absences), 0)
    rest = theirs & ~answered
    due = rest & ~away & ledger.out & ledger.asking
    return Masks(
        done=answered & ~late,
        late=late,
        open=due & ledger.open,
        excused=rest & away,
        not_yet=rest & ~away & ~ledger.out,
        missed=due & ~ledger.open,
        answered_prompts=given,
        expected=theirs & ~away & ledger.out & ledger.asking,
    )


def to_microseconds(moment: datetime) -> int:
    """An aware moment as microseconds since 1970."""
    return (moment - _EPOCH) // _MICROSECOND


def to_moment(microseconds: int) -> datetime:
    """The other way round, in UTC."""
    return _EPOCH + timedelta(microseconds=microseconds)


def _mask(each: Iterable[bool]) -> int:
    return sum(1 << number for number, holds in enumerate(each) if holds)


def _in_every_plane(ledger: Ledger, slots: int) -> int:
    return reduce(lambda found, plane: found & slots >> plane * len(ledger.lessons), range(ledger.planes), ledger.all)


def _in_some_plane(ledger: Ledger, slots: int) -> int:
    planes = (slots >> plane * len(ledger.lessons) for plane in range(ledger.planes))
    return reduce(or_, planes, 0) & ledger.all
