"""`/cohort facilitator`: a second one gets in, and steps down again."""

import re

from bot.chat.post import Post, Small, Text
from bot.cohorts.cohorts import FACILITATOR, LEARNER, known_member
from bot.cohorts.roles import ROLES, change_role, find_in_cohort
from bot.talk.asking import Asking, quoted, sentence
from bot.talk.cohort_commands import none_here

_HOW = (
    "Tell them: I have not. Where their chat does not offer them commands like /report, whoever administers it can;"
    " /dashboard opens the pages for them in any case."
)
"""Discord offers these to who may manage messages, until a server's administrator offers them to others as well."""

_MENTION = re.compile(r"<@!?([A-Za-z0-9_-]{1,64})(?:\|[^<>]*)?>")


def facilitator(asking: Asking) -> Post:
    """`/cohort facilitator`: somebody who is in the cohort becomes a facilitator, or with a role something else."""
    cohort, options = asking.find_cohort(), asking.command.options
    if cohort is None:
        return none_here()
    role = options.get("role", FACILITATOR).strip().lower()
    typed = options.get("member", "").strip()
    if role not in ROLES:
        return sentence(f"“{quoted(role, 20)}” is no role. Write `learner`, `facilitator` or `observer`.")
    if not typed or len(typed) > 200:
        return sentence("Who? Write the name of somebody who is in this cohort: `/cohort facilitator Ada`.")
    mention = _MENTION.fullmatch(typed)
    found = find_in_cohort(asking.session, cohort, mention[1] if mention else typed.lstrip("@"))
    if not found:
        return sentence(
            f"Nobody in **{quoted(cohort.name)}** is called “{quoted(typed, 40)}”. They join with `/join` first; then"
            " write their name as they are called here."
        )
    if len(found) > 1:
        ids = ", ".join(f"`{member.ref}`" for member, _ in found)
        return sentence(f"Several here are called “{quoted(typed, 40)}”. Write the id of the one you mean: {ids}.")
    member, enrollment = found[0]
    name, before = f"**{quoted(member.name, 40)}**", enrollment.role
    by = known_member(asking.session, cohort.platform, cohort.workspace, asking.command.person)
    if not change_role(asking.session, cohort, enrollment, role, by, asking.now):
        return sentence(f"{name} is the only facilitator here. Make somebody else one first.")
    if before == role:
        return sentence(f"{name} is {_a(role)} of **{quoted(cohort.name)}** already.")
    became = f"{name} is {_a(role)} of **{quoted(cohort.name)}** now, and was {_a(before)}."
    return sentence(became) if role == LEARNER else Post("Homeroom", (Text(became), Small(_HOW)))


def _a(role: str) -> str:
    return f"an {role}" if role[0] in "aeiou" else f"a {role}"
