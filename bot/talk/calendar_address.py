"""`/cohort calendar`: the address of a cohort's calendar feed."""

from bot.chat.post import Button, Buttons, Post, Small, Text
from bot.cohorts.audit import Action, write_down
from bot.cohorts.cohorts import known_member
from bot.cohorts.feeds import close_feed, open_feed
from bot.store.tables import Cohort
from bot.talk.asking import Asking, quoted, sentence
from bot.talk.cohort_commands import none_here

NEW = "new"


def calendar(asking: Asking) -> Post:
    """`/cohort calendar`, `/cohort calendar new`, `/cohort calendar off`."""
    cohort, typed = asking.find_cohort(), asking.command.options.get("choice", "").strip().lower()
    if cohort is None:
        return none_here()
    if typed not in ("", NEW, "off"):
        return sentence(
            f"“{quoted(typed, 20)}” is nothing that can be done. `/cohort calendar` tells the address,"
            " `/cohort calendar new` makes a new one and closes the old one, `/cohort calendar off` closes it."
        )
    if typed == "off":
        return _off(asking, cohort)
    if asking.address is None:
        return sentence(
            "I cannot tell an address: nobody has told me where browsers reach me. Whoever runs me sets `PUBLIC_URL`,"
            " with https://."
        )
    if cohort.archived_at is not None:
        return sentence(f"**{quoted(cohort.name)}** is archived: it has no calendar any more.")
    renewed = typed == NEW and cohort.calendar_key is not None
    if cohort.calendar_key is None or renewed:
        _write_down(asking, cohort, "feed: new address" if renewed else "feed: opened")
    return _told(cohort, f"{asking.address}/calendar/{open_feed(cohort, renew=renewed)}.ics", renewed=renewed)


def _told(cohort: Cohort, address: str, *, renewed: bool) -> Post:
    closed = " The old address is closed: whoever had it needs this one." if renewed else ""
    words = (
        f"The calendar of **{quoted(cohort.name)}**, with its lessons and days off, kept up to date:\n\n"
        f"`{address}`\n\nAdd it to your calendar as a subscription (*From URL*). Whoever has the address can read"
        f" the dates, what the breaks are called and the titles of lessons that are out, and nothing else.{closed}"
    )
    return Post(
        title="Calendar",
        blocks=(
            Text(words),
            Small("Calendars look again every hour or every day, as they please."),
            Buttons((Button("Make a new address", f"cohort calendar:{NEW}"),)),
        ),
    )


def _off(asking: Asking, cohort: Cohort) -> Post:
    if not close_feed(cohort):
        return sentence(f"**{quoted(cohort.name)}** has no calendar address: there is nothing to close.")
    _write_down(asking, cohort, "feed: closed")
    return sentence("The calendar's address is closed. `/cohort calendar` opens a new one.")


def _write_down(asking: Asking, cohort: Cohort, says: str) -> None:
    by = known_member(asking.session, cohort.platform, cohort.workspace, asking.command.person)
    write_down(asking.session, cohort, by, Action.SETTING, says, asking.now)
