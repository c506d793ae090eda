"""What facilitators are told when something is amiss: what, since when, why, what cures it, and what happens next."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.chat.post import Block, Heading, Moment, Post, Small, Text
from bot.cohorts.alerts import UNPLANNED, Late, Relieved
from bot.talk.asking import quoted

MOST_LISTED = 10
"""Lessons that one message tells of one by one; the others are counted."""


@dataclass(frozen=True)
class Cure:
    """why: what is the matter; cure: what a person can do. Both are sentences."""

    why: str
    cure: str


CURES = {
    "missing_permission": Cure(
        "I lack a permission in the channel.",
        "Let me see the channel, write in it, open threads, write in them and read its history; where an app has to be"
        " a member of a channel, add me to it; where a scope was taken away, install the app again.",
    ),
    "bot_removed": Cure("I have been removed from the server or workspace.", "Invite me again."),
    "channel_gone": Cure(
        "The channel is archived or deleted.",
        "Bring it back from the archive. When it is deleted for good, open a cohort in another channel with"
        " `/cohort create`, starting at this lesson.",
    ),
    "token_revoked": Cure(
        "The platform does not accept my token any more.",
        "Whoever runs me puts a new token into the settings and starts me again; `homeroom doctor` says which one.",
    ),
    "refused": Cure(
        "The platform refuses the message itself, or somebody deleted it before it was complete.",
        "Whoever runs me finds what the platform says in `homeroom cohort show`, and tries again with"
        " `homeroom cohort retry`.",
    ),
    "no_such_lesson": Cure(
        "The lesson is not in the course.",
        "Put it back into the course, and then say `homeroom cohort retry`.",
    ),
    UNPLANNED: Cure(
        "The lesson cannot be scheduled: the cohort's calendar cannot be worked out, or I am not running as I should.",
        "Whoever runs me looks for `plan cohort=` in the log and runs `homeroom doctor`.",
    ),
    "unclear": Cure(
        "The platform does not answer, or not in a way that can be trusted.",
        "Nothing needs to be done unless it lasts; the platform's status page may say more.",
    ),
    "busy": Cure("The platform asks me to wait.", "Nothing needs to be done unless it lasts."),
    "": Cure(
        "I have not come to it yet: I was not running, or there is much to post.",
        "Nothing needs to be done unless it lasts; then `homeroom doctor` says what is amiss.",
    ),
}

_OTHER = Cure("Something went wrong.", "`homeroom doctor` says what is amiss, and the log has more.")

_NEXT = {
    "blocked": "I look again by myself, without posting, first after five minutes and then less and less often, at"
    " least every six hours, and post it as soon as I can. `homeroom cohort retry` makes me try at once.",
    "dead": "I do not try this lesson again by myself; later lessons go out. `homeroom cohort retry` tries it again.",
    "planned": "I go on trying by myself.",
    "": "I try again every few seconds.",
}


def cure_of(reason: str) -> Cure:
    """What a delivery's reason ("missing_permission: 50013") means, and what cures it."""
    return CURES.get(reason.partition(":")[0], _OTHER)


def alert_post(late: Sequence[Late], relieved: Sequence[Relieved]) -> Post:
    """What is late and what is out after all, for one reader: at least one of them."""
    blocks: list[Block] = []
    if late:
        blocks += [Heading("Lessons are late" if len(late) > 1 else "A lesson is late"), *_late_blocks(late)]
    if relieved:
        blocks += [Heading("Out now"), Text("\n".join(_listed([_lesson(each) for each in relieved])))]
    return Post(title=_title(late, relieved), blocks=tuple(blocks))


def deleted_post(name: str, lesson: int, number: int) -> Post:
    """Messages of a lesson that was out do not stand in the channel any more."""
    what = "A message" if number == 1 else f"{number} messages"
    says = (
        f"{what} of **day {lesson}** of *{quoted(name)}* {'is' if number == 1 else 'are'} not in the channel any more:"
        " somebody has deleted what I posted. I do not post it again. Answers that are kept stay kept, and everybody"
        f" can read the lesson with `/lesson {lesson}`."
    )
    return Post(title="A post was deleted", blocks=(Heading("A post was deleted"), Text(says)))


def torn_post(name: str, lesson: int) -> Post:
    """A prompt stands twice, and there are answers under both, which I must not decide about."""
    says = (
        f"A writing prompt of **day {lesson}** of *{quoted(name)}* stands twice in the channel, and there are answers"
        " under both, or under one that somebody has deleted. I remove no post with an answer, and keep the answers"
        " under one of the two. Please ask who answered under the other one to send it with the *Write my answer*"
        " button, which counts from either; then delete the other one."
    )
    return Post(title="A prompt stands twice", blocks=(Heading("A prompt stands twice"), Text(says)))


def no_pins_post(name: str) -> Post:
    """Pinning is not allowed, so that it has been switched off."""
    says = (
        f"I am not allowed to pin in the channel of *{quoted(name)}*, so I have stopped: nothing else depends on it."
        " Give me the permission to pin messages there, and then say how many lessons shall stay pinned:"
        " `/cohort pins 3`."
    )
    return Post(title="Pins are off", blocks=(Heading("Pins are off"), Text(says)))


def _late_blocks(late: Sequence[Late]) -> list[Block]:
    """By cure, so that it is said once for however many lessons."""
    blocks: list[Block] = []
    for reason in dict.fromkeys((each.kind, each.state) for each in late):
        same = [each for each in late if (each.kind, each.state) == reason]
        cure = cure_of(same[0].reason)
        blocks.append(Text("\n".join(_listed([_lesson(each) for each in same]))))
        blocks.append(Moment("Due since", min(each.due_at for each in same), same[0].zone))
        blocks.append(Text(f"**Why:** {cure.why}{_detail(same)}\n\n**What helps:** {cure.cure}"))
        blocks.append(Text(f"**What happens next:** {_NEXT.get(same[0].state, _NEXT['planned'])}"))
    blocks.append(Small("Nothing is lost: a lesson keeps its place until it is out, and answers are kept as ever."))
    return blocks


def _listed(lines: Sequence[str]) -> list[str]:
    shown = [f"- {line}" for line in lines[:MOST_LISTED]]
    more = len(lines) - len(shown)
    return [*shown, f"- and {more} more"] if more else shown


def _lesson(each: Late | Relieved) -> str:
    return f"**Day {each.lesson}** of *{quoted(each.name)}*"


def _detail(late: Sequence[Late]) -> str:
    """What the platform said, as far as it is the same for all."""
    said = {each.reason.partition(":")[2].strip() for each in late}
    detail = said.pop() if len(said) == 1 else ""
    return f" The platform says: {quoted(detail, 120)}." if detail else ""


def _title(late: Sequence[Late], relieved: Sequence[Relieved]) -> str:
    if not late:
        return "Out now"
    return "A lesson is late" if len(late) == 1 else f"{len(late)} lessons are late"
