"""What facilitators choose for a running cohort: how it catches up, and where they are told of trouble."""

import re
from collections.abc import Sequence

from sqlalchemy import select

from bot.chat.post import Block, Heading, Post, Small, Text
from bot.cohorts.catchup import Fate, Policy, missed_by, moved_on, preview, standstill
from bot.store.tables import Cohort
from bot.talk.asking import Asking, quoted, sentence
from bot.talk.choosing import choose

WHAT = {
    Policy.ALL: "every missed lesson is posted, in order, at most half an hour apart and all of them within an hour",
    Policy.LATEST: "only the newest is posted; the older ones are skipped and count for nobody",
    Policy.SHIFT: "the course moves: the oldest is posted, and the others come on the next lesson dates",
}
OFF = ("off", "none")
_MENTION = re.compile(r"<#([A-Za-z0-9_-]{1,64})(?:\|[^<>]*)?>")
_PLAIN = re.compile(r"(?:[A-Z0-9]{1,30}:)?[A-Za-z0-9_-]{1,64}")  # with its workspace, where a platform names it


def catchup(asking: Asking) -> Post:
    """`/cohort catchup`: what becomes of lessons that could not be posted in their time."""
    cohort, typed = asking.find_cohort(), asking.command.options.get("policy", "").lower()
    if cohort is None:
        return _none_here()
    if not typed:
        return _choices(asking, cohort)
    if typed not in list(Policy):
        return sentence(f"“{quoted(typed, 20)}” is no way to catch up. Write `all`, `latest` or `shift`.")
    choose(asking, cohort, catch_up=Policy(typed))
    return sentence(f"**{quoted(cohort.name)}** catches up with `{typed}`: {WHAT[Policy(typed)]}.")


def alerts(asking: Asking) -> Post:
    """`/cohort alerts`: where its facilitators are told of trouble."""
    cohort, typed = asking.find_cohort(), asking.command.options.get("channel", "").strip()
    if cohort is None:
        return _none_here()
    if not typed:
        return sentence(_told(cohort))
    if typed.lower() in OFF:
        choose(asking, cohort, alerts=None)
        return sentence(_told(cohort))
    channel = cohort.channel if typed.lower() == "here" else _to_channel(cohort, typed)
    if channel is None:
        return sentence(
            f"“{quoted(typed, 40)}” is no channel I can read. Choose it as `#channel` where your chat makes a link of"
            " it, paste its id, or write `here` (the cohort's own channel) or `off`."
        )
    if _is_elsewhere(asking, cohort, channel):
        return sentence("That channel belongs to another workspace. Trouble is told in this one.")
    choose(asking, cohort, alerts=channel)
    return sentence(f"{_told(cohort)} I have to be able to write there.")


def _choices(asking: Asking, cohort: Cohort) -> Post:
    policy = Policy(cohort.catch_up)
    fates = {each: _foreseen(asking, cohort, each) for each in Policy}
    blocks: list[Block] = [
        Heading("When lessons were missed", 1),
        Text(f"**{quoted(cohort.name)}** catches up with `{policy}`: {WHAT[policy]}."),
    ]
    gone = missed_by(cohort, fates[policy], asking.now)
    lessons = [each.due.lesson for each in fates[policy]]
    now = f"Missed right now: {_days([each.lesson for each in gone])}." if gone else "Nothing is missed right now."
    if len(lessons) > len(gone) > 0:
        now += f" Due and not out: {_days(lessons)}."
    if reason := standstill(asking.session, cohort):
        now += f" Nothing is posted until this is cured: {quoted(reason)}."
    blocks.append(Text(now))
    for each in Policy:
        outcome = f" Now that means: {_outcome(fates[each])}." if gone else ""
        blocks.append(Text(f"- `{each}`: {WHAT[each]}.{outcome}"))
    blocks.append(Small("/cohort catchup all, latest or shift chooses; it also holds for lessons that were blocked."))
    return Post(title=f"Catching up: {cohort.name}", blocks=tuple(blocks))


def _outcome(fates: Sequence[Fate]) -> str:
    """ "days 1 to 3 are posted; day 4 is skipped" """
    posted = [fate.lesson for fate in fates if fate.at is not None]
    later = moved_on(fates)
    skipped = [fate.lesson for fate in fates if fate.at is None and fate.lesson not in (*later, *posted)]
    told = [(posted, "posted"), (later, "moved to the next lesson dates"), (skipped, "skipped")]
    return "; ".join(f"{_days(days)} {'is' if len(days) == 1 else 'are'} {what}" for days, what in told if days)


def _days(days: Sequence[int]) -> str:
    if len(days) == 1:
        return f"day {days[0]}"
    if len(days) > 2 and list(days) == list(range(days[0], days[-1] + 1)):
        return f"days {days[0]} to {days[-1]}"
    return f"days {', '.join(str(day) for day in days[:-1])} and {days[-1]}"


def _foreseen(asking: Asking, cohort: Cohort, policy: Policy) -> tuple[Fate, ...]:
    def day_after(_: str, day: int) -> int | None:
        return asking.course.day_after(day)

    return preview(asking.session, cohort, day_after, asking.now, policy)


def _to_channel(cohort: Cohort, typed: str) -> str | None:
    """A channel's reference as the platform gives it; None when it is none, or does not look like one of theirs."""
    match = _MENTION.fullmatch(typed) or _PLAIN.fullmatch(typed)
    found = match and match[match.lastindex or 0]
    return found if found and same_kind(found, cohort.channel) else None


def same_kind(ref: str, other: str) -> bool:
    """Whether two references may come from the same platform."""
    return _shape(ref) == _shape(other)


def _shape(ref: str) -> str:
    """Platforms make references all of one kind: numbers, capitals with numbers, or names."""
    if ref.isdecimal():
        return "number"
    return "capitals" if ref == ref.upper() else "name"


def _is_elsewhere(asking: Asking, cohort: Cohort, channel: str) -> bool:
    """Whether a cohort of another workspace is known to live there."""
    others = select(Cohort.id).where(
        Cohort.platform == cohort.platform, Cohort.workspace != cohort.workspace, Cohort.channel == channel
    )
    return asking.session.scalar(others.limit(1)) is not None


def _told(cohort: Cohort) -> str:
    name = f"**{quoted(cohort.name)}**"
    if cohort.alerts is None:
        return f"When a lesson of {name} is in trouble, its facilitators are told privately."
    where = "in its own channel" if cohort.alerts == cohort.channel else f"in channel `{cohort.alerts}`"
    return f"When a lesson of {name} is in trouble, its facilitators are told {where}."


def _none_here() -> Post:
    return sentence("There is no cohort in this channel yet. `/cohort create NAME` opens one.")
