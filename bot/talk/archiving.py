"""`/cohort archive` and back."""

from bot.chat.post import Button, Buttons, Post, Text
from bot.cohorts import archiving, cohorts
from bot.store.tables import Cohort, Member
from bot.talk.asking import Asking, quoted, sentence
from bot.talk.cohort_commands import none_here


def archive(asking: Asking) -> Post:
    """`/cohort archive`: asks first."""
    cohort = asking.find_cohort()
    if cohort is None:
        return none_here()
    if cohort.archived_at is not None:
        return sentence(f"**{quoted(cohort.name)}** is archived already. `/cohort unarchive` takes it out again.")
    says = (
        f"Archive **{quoted(cohort.name)}**? Nothing is posted any more, it stands in no list, and another cohort may"
        " open in this channel. What is posted stays, every answer is kept and stays readable for you on the web."
        " `/cohort unarchive` undoes it while the channel is free."
    )
    button = Button("Archive it", f"archive:{cohort.id}", "danger")
    return Post("Archive it?", (Text(says), Buttons((button,))))


def archived(asking: Asking) -> Post:
    """`archive:COHORT`: the answer was yes. Once: a second press finds it done."""
    command, cohort = asking.command, asking.find_cohort()
    if cohort is None or str(cohort.id) != command.options.get("id") or not asking.facilitates:
        return sentence("That cohort does not run in this channel (any more), or you do not facilitate it.")
    name = f"**{quoted(cohort.name)}**"
    if not archiving.archive(asking.session, cohort, _by(asking, cohort), asking.now):
        return sentence(f"{name} is archived already.")
    return sentence(f"{name} is archived, and this channel is free. `/cohort unarchive` takes it out again, paused.")


def unarchive(asking: Asking) -> Post:
    """`/cohort unarchive`: the last one that was archived in this channel, paused."""
    command = asking.command
    found = archiving.archived_in(asking.session, command.platform, command.channel) if command.channel else ()
    theirs = [each for each in found if cohorts.is_facilitator(asking.session, each, command.person)]
    if not theirs:
        return sentence("No cohort of yours was archived in this channel.")
    cohort = theirs[0]
    try:
        archiving.unarchive(asking.session, cohort, _by(asking, cohort), asking.now)
    except cohorts.Taken:
        return sentence(
            f"Another cohort runs in this channel now, so **{quoted(cohort.name)}** stays archived. One channel, one"
            " cohort."
        )
    if cohort.state == "finished":
        return sentence(f"**{quoted(cohort.name)}** is back. Its lessons are all out.")
    return sentence(
        f"**{quoted(cohort.name)}** is back, paused. `/cohort resume` goes on with day {cohort.next_lesson}."
    )


def _by(asking: Asking, cohort: Cohort) -> Member:
    return cohorts.known_member(asking.session, cohort.platform, cohort.workspace, asking.command.person)
