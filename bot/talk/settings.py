"""`/settings`: what a member is told, as it is now, and the way to change it and back."""

from collections.abc import Sequence

from bot.chat.post import Block, Button, Buttons, Heading, Post, Small, Text
from bot.store.tables import Cohort, Enrollment
from bot.talk.asking import Asking, quoted, sentence

MOST_SHOWN = 5


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
    return Post(title="Your settings", blocks=tuple(blocks))


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


def _now(enrollment: Enrollment) -> str:
    if enrollment.quiet:
        return "My reaction on your answer is all you get: no note says what is kept or still open."
    return "When I keep an answer I react to it, and where there is something to say a note tells you, and only you."


def _change(cohort: Cohort, enrollment: Enrollment) -> Buttons:
    if enrollment.quiet:
        return Buttons((Button("Send me notes again", f"quiet:off:{cohort.id}"),))
    return Buttons((Button("No notes, please", f"quiet:on:{cohort.id}"),))
