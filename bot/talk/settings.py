"""`/settings`: what a member is told, as it is now, and the way to change it and back."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.chat.post import Block, Button, Buttons, Heading, Post, Small, Text
from bot.cohorts.paths import who_opened
from bot.store.tables import Cohort, Enrollment, Member
from bot.talk.asking import Asking, quoted, sentence

MOST_SHOWN = 5
MOST_OPENED = 20

READ_BY = (
    "Facilitators read what you answer. When one opens all of it together, that is written down, and /settings shows"
    " you who did."
)
WHO_READS = (
    "Facilitators read answers, prompt by prompt. When one of them opens all that you wrote, together, that is written"
    " down with their name, and you can see it here."
)


def settings(asking: Asking) -> Post:
    """`/settings`: of the cohort of the channel, elsewhere of all that the person is in."""
    enrolled = _enrolled(asking, asking.find_cohort())
    if not enrolled:
        return sentence("You are in no cohort here, so there is nothing to set. `/join` takes you in.")
    blocks: list[Block] = [Heading("Your settings", 1)]
    for cohort, enrollment in enrolled[:MOST_SHOWN]:
        blocks += [Text(f"**{quoted(cohort.name)}.** {_now(enrollment)}"), _change(cohort, enrollment)]
    if len(enrolled) > MOST_SHOWN:
        blocks.append(Small(f"And {len(enrolled) - MOST_SHOWN} more: ask in their channels."))
    blocks.append(Small("What you write is kept either way, and what fails is always told."))
    blocks += [Heading("Who reads what you write"), Text(WHO_READS)]
    named = len(enrolled) > 1
    blocks.append(Buttons(tuple(_opened_button(cohort, named=named) for cohort, _ in enrolled[:MOST_SHOWN])))
    return Post(title="Your settings", blocks=tuple(blocks))


def opened(asking: Asking) -> Post:
    """`opened:COHORT`: who has opened the member's own path there, and when."""
    enrolled = _enrolled(asking, asking.find_named(asking.command.options.get("cohort", "")), named=True)
    if not enrolled:
        return sentence("You are not in that cohort (any more). `/settings` shows what there is to set.")
    cohort, enrollment = enrolled[0]
    member = asking.session.get_one(Member, enrollment.member_id)
    found = who_opened(asking.session, cohort, member, MOST_OPENED)
    if not found:
        return sentence(f"Nobody has opened all that you wrote in **{quoted(cohort.name)}**.")
    zone = ZoneInfo(cohort.zone)
    lines = [f"- {quoted(each.by or 'somebody', 40)}, {_day(each.at.astimezone(zone))}" for each in found]
    says = f"Who has opened all that you wrote in **{quoted(cohort.name)}**, the last first:"
    last = (Small(f"These are the last {MOST_OPENED}."),) if len(found) == MOST_OPENED else ()
    return Post(title="Who opened your path", blocks=(Text(says + "\n\n" + "\n".join(lines)), *last))


def quiet(asking: Asking) -> Post:
    """`quiet:on` or `quiet:off`, for one cohort `quiet:on:ID`."""
    word, _, name = asking.command.options.get("choice", "").partition(":")
    enrolled = _enrolled(asking, asking.find_named(name) if name else asking.find_cohort(), named=bool(name))
    if word not in ("on", "off") or not enrolled:
        return sentence("You are not in that cohort (any more). `/settings` shows what there is to set.")
    blocks: list[Block] = []
    for _, enrollment in enrolled:
        enrollment.quiet = word == "on"
    for cohort, enrollment in enrolled[:MOST_SHOWN]:
        blocks += [Text(f"**{quoted(cohort.name)}.** {_now(enrollment)}"), _change(cohort, enrollment)]
    return Post(title="Changed", blocks=tuple(blocks))


def _enrolled(asking: Asking, cohort: Cohort | None, *, named: bool = False) -> Sequence[tuple[Cohort, Enrollment]]:
    """The cohorts that are meant, of those that the person is in."""
    meant = [cohort] if cohort is not None else []
    if cohort is None and asking.command.channel is None and not named:
        meant = [each for each in asking.own_cohorts() if asking.is_here(each)]
    found = [(each, asking.find_enrollment(each)) for each in meant]
    return [(each, enrollment) for each, enrollment in found if enrollment is not None and enrollment.left_on is None]


def _opened_button(cohort: Cohort, *, named: bool) -> Button:
    label = f"Who opened mine: {cohort.name}" if named else "Who opened mine"
    return Button(label[:75], f"opened:{cohort.id}")


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%b %Y, %H:%M}"


def _now(enrollment: Enrollment) -> str:
    if enrollment.quiet:
        return "My reaction on your answer is all you get: no note says what is kept or still open."
    return "When I keep an answer I react to it, and where there is something to say a note tells you, and only you."


def _change(cohort: Cohort, enrollment: Enrollment) -> Buttons:
    if enrollment.quiet:
        return Buttons((Button("Send me notes again", f"quiet:off:{cohort.id}"),))
    return Buttons((Button("No notes, please", f"quiet:on:{cohort.id}"),))
