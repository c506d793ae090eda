"""What facilitators choose to hear, and when: the weekly digest, and after how many missed lessons of somebody."""

import re
from datetime import time

from bot.chat.post import Block, Moment, Post, Text
from bot.cohorts.audit import Action, write_down
from bot.cohorts.calendar import WEEKDAYS, to_weekdays
from bot.cohorts.cohorts import known_member
from bot.cohorts.digests import choose_digest, choose_no_digest
from bot.store.tables import Cohort
from bot.talk.asking import Asking, quoted, sentence
from bot.talk.cohort_choices import OFF
from bot.talk.cohort_commands import Unclear, to_time
from bot.talk.moments import state_word

DIGEST_TIME = time(8)
"""When nobody says another time."""

MOST_MISSED = 60

_STANDING = {
    "paused": " None comes while the cohort is paused.",
    "finished": " The cohort has finished: one more comes after its last lesson, and then none.",
    "archived": " None comes while the cohort is archived.",
}
"""What is to be said besides, by how the cohort stands."""


def digest(asking: Asking) -> Post:
    """`/cohort digest`: the weekday and time of the weekly digest, or off. The time may stand behind the day."""
    cohort, options = asking.find_cohort(), asking.command.options
    if cohort is None:
        return _none_here()
    typed = options.get("day", "").strip()
    if not typed and "time" not in options:
        return _digest_post(cohort, "Weekly digest")
    before = _when(cohort)
    if typed.lower() in OFF:
        choose_no_digest(cohort)
    else:
        try:
            day, at = _to_day_and_time(cohort, typed, options.get("time", ""))
        except Unclear as unclear:
            return sentence(str(unclear))
        choose_digest(cohort, day, at, asking.now)
    _write_down(asking, cohort, f"weekly digest: {before} → {_when(cohort)}")
    return _digest_post(cohort, "Changed")


def silent(asking: Asking) -> Post:
    """`/cohort silent`: after how many missed lessons in a row facilitators hear of somebody."""
    cohort, typed = asking.find_cohort(), asking.command.options.get("lessons", "").strip()
    if cohort is None:
        return _none_here()
    if not typed:
        return sentence(f"{silence_words(cohort)} `/cohort silent 3` makes it three.")
    number = int(typed) if re.fullmatch("[0-9]{1,3}", typed) else 0
    if not 1 <= number <= MOST_MISSED:
        return sentence(
            f"After how many missed lessons in a row? Write a number from 1 to {MOST_MISSED}: `/cohort silent 3`."
        )
    if number != cohort.silent_after:
        _write_down(asking, cohort, f"silent after: {cohort.silent_after} → {number} missed lessons")
        cohort.silent_after = number
    return sentence(f"{silence_words(cohort)} Lessons that somebody is excused from do not count.")


def silence_words(cohort: Cohort) -> str:
    """When somebody counts as silent, in a sentence."""
    after = "one missed lesson" if cohort.silent_after == 1 else f"{cohort.silent_after} missed lessons in a row"
    return f"Facilitators of **{quoted(cohort.name)}** hear of somebody after {after}."


def digest_words(cohort: Cohort) -> str:
    """When the digest comes and to whom, in two sentences."""
    name = f"**{quoted(cohort.name)}**"
    if cohort.digest_day is None:
        return f"Facilitators of {name} get no weekly digest. `/cohort digest monday 08:00` sends one."
    where = "to each facilitator privately"
    if cohort.alerts is not None and cohort.alerts != cohort.channel:
        where = f"in channel `{quoted(cohort.alerts)}`, where trouble is told as well"
    return (
        f"Facilitators of {name} get the brief of `/report` every {_when(cohort)} ({quoted(cohort.zone)}), {where}, and"
        " only when something in it asks for them. It names members, so it never goes into the cohort's own channel."
        f"{_STANDING.get(state_word(cohort), '')}"
    )


def _digest_post(cohort: Cohort, title: str) -> Post:
    blocks: list[Block] = [Text(digest_words(cohort))]
    if cohort.next_digest_at is not None:
        blocks.append(Moment("Next", cohort.next_digest_at, cohort.zone))
    return Post(title=title, blocks=tuple(blocks))


def _when(cohort: Cohort) -> str:
    if cohort.digest_day is None or cohort.digest_time is None:
        return "off"
    return f"{WEEKDAYS[cohort.digest_day].capitalize()} at {cohort.digest_time:%H:%M}"


def _to_day_and_time(cohort: Cohort, typed: str, clock: str) -> tuple[int, time]:
    """What is left out stays as it is. Raises Unclear."""
    name, _, behind = typed.partition(" ")
    clock = clock.strip() or behind.strip().removeprefix("at ")
    if not name and cohort.digest_day is None:
        raise Unclear("On which day? `/cohort digest monday 08:00` sends it every Monday at eight.")
    day = _to_day(name) if name else cohort.digest_day
    assert day is not None, "looked at before"
    return day, to_time(clock) if clock else cohort.digest_time or DIGEST_TIME


def _to_day(name: str) -> int:
    try:
        mask = to_weekdays(name.rstrip(",."))
    except ValueError:
        mask = 0
    if mask.bit_count() != 1:
        raise Unclear(
            f"“{quoted(name, 20)}” is no weekday. Write one of them, or `off`: `/cohort digest monday 08:00`."
        )
    return mask.bit_length() - 1


def _write_down(asking: Asking, cohort: Cohort, says: str) -> None:
    by = known_member(asking.session, cohort.platform, cohort.workspace, asking.command.person)
    write_down(asking.session, cohort, by, Action.SETTING, says, asking.now)


def _none_here() -> Post:
    return sentence("There is no cohort in this channel yet. `/cohort create NAME` opens one.")
