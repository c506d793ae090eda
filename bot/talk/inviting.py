"""`/cohort invite`, and what stands in the channel afterwards."""

from bot.chat.post import Block, Button, Buttons, Heading, Moment, Ping, Post, Text
from bot.cohorts import notices
from bot.cohorts.cohorts import known_member
from bot.curriculum.model import Course
from bot.store.tables import Cohort
from bot.talk.asking import Asking, quoted, sentence
from bot.talk.care import group_problem
from bot.talk.cohort_commands import none_here, rhythm

NAMED = 80
"""Characters of a name that are shown: the command line takes longer ones, and an invitation is one message."""


def invite(asking: Asking) -> Post:
    """`/cohort invite`: an invitation in the cohort's channel, once however often it is pressed. It mentions `who`, or
    else the group that its lessons mention."""
    cohort, command = asking.find_cohort(), asking.command
    who = command.options.get("who", "").strip()
    if cohort is None:
        return none_here()
    name = f"**{quoted(cohort.name)}**"
    if cohort.state == "finished":
        return sentence(f"{name} is finished: there is nothing left to invite anybody to.")
    if who and (problem := group_problem(cohort, who)):
        return sentence(problem)
    by = known_member(asking.session, cohort.platform, cohort.workspace, command.person)
    ping = who or cohort.ping
    if notices.ask_for(asking.session, cohort, by, asking.now, ping) is None:
        return sentence(
            f"An invitation to {name} was asked for less than ten minutes ago: look for it in the channel, where one is"
            " enough."
        )
    mentions = f", and mentions the group `{quoted(ping)}`" if ping else ""
    return sentence(
        f"The invitation to {name} comes into its channel within half a minute, with a button to join{mentions}. To"
        " invite people elsewhere, copy the link of that message from its menu: whoever may see the channel can join"
        " there."
    )


def invitation_post(course: Course, cohort: Cohort, ping: str | None = None) -> Post:
    """In the channel, for everybody: what the course is, when it begins, who reads what they write. ping: the group
    that is mentioned."""
    minutes = sorted(lesson.minutes for lesson in course.lessons.values())
    name = cohort.name if len(cohort.name) <= NAMED else f"{cohort.name[: NAMED - 1]}…"
    begun = cohort.next_lesson is not None and cohort.next_lesson > min(course.lessons)
    blocks: list[Block] = [
        Heading(f"Join {name}", 1),
        Text(
            f"**{quoted(course.about.title, 120)}**, read together: {len(course.lessons)} lessons, {rhythm(cohort)},"
            f" about {minutes[len(minutes) // 2]} minutes each. Every lesson asks for a little writing."
        ),
    ]
    if cohort.next_due_at is not None and cohort.state == "active":
        blocks.append(Moment("Next lesson" if begun else "First lesson", cohort.next_due_at, cohort.zone))
    blocks += [
        Text(
            "What you answer to a lesson's prompts is kept, and this cohort's facilitators can read it, with how many"
            " lessons you have answered. Answers in threads are seen by whoever sees the channel; those by button are"
            " not. Only lessons from the day you join on count, and you can leave at any time."
        ),
        Buttons((Button("Join", "join", "primary"),)),
        Text("`/join` does the same."),
    ]
    return Post(
        title=f"Join {name}",
        blocks=tuple(blocks),
        ping=Ping(ping, "group") if ping else None,
    )


def not_invited_post(reason: str, tried: bool, name: str) -> Post:
    """For facilitators: it is not tried again. tried: an earlier call may have been carried out all the same."""
    unsure = " Look into the channel first: an earlier try may stand there." if tried else ""
    says = (
        f"The invitation to *{quoted(name)}* could not be posted ({quoted(reason)}), and I do not try again by myself."
        f" `homeroom doctor` says what is missing in the channel; then `/cohort invite` once more.{unsure}"
    )
    return sentence(says, "Invitation not posted")
