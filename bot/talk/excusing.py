"""`/excuse`: a facilitator takes a lesson, or some days, off a member, and gives them back."""

from datetime import date, timedelta

from bot.chat.post import Button, Buttons, Post, Small, Text
from bot.cohorts.audit import Action, write_down
from bot.cohorts.calendar import Span
from bot.cohorts.cohorts import known_member
from bot.cohorts.excuses import LONGEST, count_again, date_of, excuse_from
from bot.cohorts.feedback import may_judge
from bot.store.tables import Cohort, Enrollment, Member
from bot.talk.asking import MOST_DIGITS, Asking, quoted, sentence
from bot.talk.members import SHOWN, meant_member, span_words

HOW = "Name a lesson (`day:12`), or dates (`from:2026-09-01 to:2026-09-05`)."


def excuse(asking: Asking) -> Post:
    """`/excuse`: a lesson by its day, or dates from … to …. Nobody is told: the member finds it in their progress."""
    cohort = asking.find_cohort()
    if cohort is None:
        return sentence("There is no cohort here. Ask in your cohort's channel.")
    found = meant_member(asking, cohort, asking.command.options.get("member", ""))
    if isinstance(found, Post):
        return found
    member, enrollment = found
    span = _meant_span(asking, cohort)
    if isinstance(span, str):
        return sentence(span)
    name, dates = f"**{quoted(member.name, SHOWN)}**", _dates(span)
    if not excuse_from(asking.session, enrollment, span):
        return sentence(f"{name} is excused {dates} already.")
    _write_down(asking, cohort, Action.EXCUSED, member, span)
    says = f"{name} is excused {dates}: no lesson of {_those(span)} counts against them. An answer still counts."
    back = Button("Count it again", f"unexcuse:{enrollment.id}:{span.first}:{span.last}")
    told = "Nobody is told; they see it in /progress, and it stands in the cohort's audit."
    return Post("Excused", (Text(says), Small(told), Buttons((back,))))


def unexcuse(asking: Asking) -> Post:
    """`unexcuse:ENROLLMENT:FIRST:LAST`: all of these dates count again, whoever excused them."""
    command = asking.command
    number, _, dates = command.options.get("which", "").partition(":")
    first, _, last = dates.partition(":")
    span, enrollment = _to_span(first, last), _find(asking, number)
    cohort = asking.session.get(Cohort, enrollment.cohort_id) if enrollment else None
    if enrollment is None or cohort is None or span is None or cohort.platform != command.platform:
        return sentence("There is nothing left to count again.")
    if not may_judge(asking.session, cohort, command.workspace, command.channel, command.person):
        return sentence("Excusing members is for this cohort's facilitators.")
    member = asking.session.get_one(Member, enrollment.member_id)
    name, dates = f"**{quoted(member.name, SHOWN)}**", _dates(span)
    if not count_again(asking.session, enrollment, span):
        return sentence(f"{name} was not excused {dates} (any more).")
    _write_down(asking, cohort, Action.COUNTED, member, span)
    return sentence(f"What was asked {dates} counts for {name} again.")


def _meant_span(asking: Asking, cohort: Cohort) -> Span | str:
    """The dates that were named; a sentence when they cannot be."""
    options = asking.command.options
    day, first = options.get("day", "").strip(), options.get("from", "").strip()
    last = options.get("to", "").strip()
    if day and (first or last):
        return f"Either a lesson or dates, not both. {HOW}"
    if day:
        lesson = int(day) if day.isascii() and day.isdecimal() and len(day) <= 4 else 0
        on = date_of(asking.session, cohort.id, lesson)
        return Span(on, on) if on else f"Day {quoted(day, 8)} has no date in this cohort yet. {HOW}"
    if not first:
        return f"From when? {HOW}"
    span = _to_span(first, last or first)
    if span is None:
        return f"I cannot read these dates. {HOW} At most {LONGEST} days, the last not before the first."
    return span


def _dates(span: Span) -> str:
    """ "on 3 Sep 2026", "from 3 Sep 2026 to 7 Sep 2026" """
    return f"{'on' if span.first == span.last else 'from'} {span_words((span,))}"


def _those(span: Span) -> str:
    return "that date" if span.first == span.last else "those dates"


def _to_span(first: str, last: str) -> Span | None:
    """Dates like 2026-09-01; None for what is none, and for more than `LONGEST` days."""
    try:
        span = Span(date.fromisoformat(first.strip()), date.fromisoformat(last.strip()))
    except ValueError:
        return None
    return span if timedelta() <= span.last - span.first < timedelta(days=LONGEST) else None


def _find(asking: Asking, number: str) -> Enrollment | None:
    fits = number.isascii() and number.isdecimal() and len(number) <= MOST_DIGITS
    return asking.session.get(Enrollment, int(number)) if fits else None


def _write_down(asking: Asking, cohort: Cohort, action: Action, about: Member, span: Span) -> None:
    by = known_member(asking.session, cohort.platform, cohort.workspace, asking.command.person)
    dates = str(span.first) if span.first == span.last else f"{span.first} to {span.last}"
    write_down(asking.session, cohort, by, action, dates, asking.now, about=about)
