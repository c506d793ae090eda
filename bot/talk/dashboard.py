"""`/dashboard`: a link, for one member alone, that lets them into the web pages of their cohorts."""

from bot.chat.post import Button, Buttons, Post, Small, Text
from bot.cohorts.cohorts import FACILITATOR, known_member
from bot.cohorts.visits import LINK_LASTS, open_link
from bot.store.tables import Cohort
from bot.talk.asking import Asking, quoted, sentence

DESK = "/desk"
"""Where the pages are, behind the address of our pages."""

MOST_CHOICES = 5
"""Buttons of a row (Discord)."""


def dashboard(asking: Asking) -> Post:
    """Everybody in a cohort gets one, and whoever may manage the channel. Where several cohorts may be meant, one of
    each workspace is enough: a visit opens all that a member is in there."""
    cohort = asking.find_cohort()
    if cohort is not None:
        return _link_post(asking, cohort)
    if asking.named is not None:
        return sentence("You are not in that cohort (any more).")
    if asking.command.channel is not None:
        return sentence("There is no cohort in this channel. Ask in your cohort's channel, or in a direct message.")
    cohorts = list({each.workspace: each for each in reversed(asking.own_cohorts())}.values())
    if not cohorts:
        return sentence("You are in no cohort yet. `/join` in a cohort's channel takes you in.")
    return _link_post(asking, cohorts[0]) if len(cohorts) == 1 else _choice_post(cohorts)


def _link_post(asking: Asking, cohort: Cohort) -> Post:
    person = asking.command.person
    manages = person.manages and asking.command.channel is not None and asking.named is None  # the place they ask from
    enrollment = asking.find_enrollment(cohort)
    within = enrollment is not None and enrollment.left_on is None
    if not within and not manages:
        return sentence("You are not in this cohort, so there is nothing to show you. `/join` takes you in.")
    if asking.address is None:
        return sentence(
            "The web pages are not open yet: whoever runs Homeroom here has to set `PUBLIC_URL` to the address at which"
            " browsers reach it, and to start it again."
        )
    by_role = within and enrollment is not None and enrollment.role == FACILITATOR
    member = known_member(asking.session, cohort.platform, cohort.workspace, person)
    asking.session.flush()
    token = open_link(asking.session, cohort, member, manages and not by_role, asking.now)
    minutes = int(LINK_LASTS.total_seconds()) // 60
    return Post(
        title="Your dashboard",
        blocks=(
            Text(f"**[Open the pages of {quoted(cohort.name)}]({asking.address}{DESK}/enter/{token})**"),
            Small(
                f"For you alone: whoever has the link comes in as you. It works once, within {minutes} minutes;"
                " /dashboard gives you another at any time."
            ),
        ),
    )


def _choice_post(cohorts: list[Cohort]) -> Post:
    buttons = tuple(Button(each.name[:60], f"dashboard:{each.id}") for each in cohorts[:MOST_CHOICES])
    return Post(
        title="Your dashboard", blocks=(Text("You are in cohorts of several places. Which one?"), Buttons(buttons))
    )
