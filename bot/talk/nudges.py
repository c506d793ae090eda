"""A private word to a member: the form with a draft to edit, what reaches them, and what the facilitator hears.

`nudge:COHORT-MEMBER`, both by their ids: it may be pressed anywhere, so it is asked anew each time who presses it, and
what the draft goes by is how the member fares at that moment and not when the button was made.
"""

import re
from datetime import datetime

from sqlalchemy.orm import Session

from bot.chat.inbound import FormAnswer
from bot.chat.post import ANSWER_LIMIT, Field, Form, Heading, Post, Rejected, Small, Text, Words
from bot.cohorts import nudges
from bot.cohorts.feedback import may_judge
from bot.cohorts.nudges import Note, find_nudgeable
from bot.cohorts.progress import LessonState, Progress, State, member_progress, missed_in_a_row
from bot.curriculum.model import Course
from bot.store.tables import Cohort, Member
from bot.talk.asking import Asking, quoted, sentence
from bot.talk.brief_words import day_words

SHOWN = 40
"""Letters of a name inside a sentence."""

_WHO = re.compile(r"([0-9]{1,18})-([0-9]{1,18})", re.ASCII)

SILENT = (
    "Hi {name}, the last lessons went by without you, and I wanted to ask how you are. There is nothing that has to be"
    " caught up with first: the next lesson stands on its own, and a late answer to an earlier one still counts. If the"
    " time of day or the pace does not suit you, or if you need a break, tell me, and we will find something."
)
NOT_BEGUN = (
    "Hi {name}, it is good that you are in {cohort}. You have not written anything yet, and beginning is often the"
    " hardest part: two or three sentences under any prompt are an answer. If something is unclear, or does not work,"
    " write to me and I will help."
)
RETURNED = (
    "Hi {name}, it is good to read from you again. Take the lessons from here on as they come; what you missed can"
    " wait, and a late answer to it still counts if you want to write one."
)
PLAIN = (
    "Hi {name}, I wanted to ask how you are getting on in {cohort}. If there is something that would help you, tell me."
)


def nudge(asking: Asking) -> Post | Form:
    """The form, for a facilitator of the very cohort."""
    command = asking.command
    found = _nudgeable(asking.session, command.platform, command.options.get("who", ""))
    if found is None:
        return sentence("This member is not in the cohort (any more), so there is nobody to write to.")
    cohort, member = found
    if not may_judge(asking.session, cohort, command.workspace, command.channel, command.person):
        return sentence("Writing to members is for this cohort's facilitators.")
    if member.ref == command.person.ref:
        return sentence("That is you: there is nobody else to write to here.")
    progress = member_progress(asking.session, cohort, member, asking.now)
    name = f"**{quoted(member.name, SHOWN)}**"
    intro = (
        f"To {name} alone, as a direct message from me with your name on it. I tell them that an answer to me does not"
        " reach you, and to write to you."
    )
    lately = nudges.nudged_lately(asking.session, cohort, asking.now).get(member.id)
    if lately is not None:
        intro += f" Somebody wrote to them on {day_words(lately, cohort)} already."
    text = Field(
        "text", "Your note", "A draft: make it yours.", draft(cohort, member, progress), max_length=ANSWER_LIMIT
    )
    return Form("A note to a member", f"nudge:{cohort.id}-{member.id}", (text,), intro)


def sent(session: Session, course: Course, form: FormAnswer, key: str, now: datetime) -> Post | Rejected:
    """The form came back. key: what the note is named, 24 random characters of a-z2-7."""
    text, who = form.values.get("text", ""), form.action.partition(":")[2]
    if not text.strip():
        says = "Write something first; nobody has been told anything."
        return Rejected((("text", says),), sentence(says))
    found = _nudgeable(session, form.platform, who)
    may = found is not None and may_judge(session, found[0], form.workspace, form.channel, form.person)
    if found is None or not may or found[1].ref == form.person.ref or len(text) > ANSWER_LIMIT:
        return _refused_post(text)
    cohort, member = found
    name = quoted(member.name, SHOWN)
    if not nudges.nudge(session, cohort, member, form.person, text, key, now):
        return sentence(f"You have just sent {name} these very words, so they go once.")
    says = f"Your note goes to **{name}** alone, within a minute. I tell you if it cannot be delivered."
    return Post("On its way", (Text(says), Words(text)))


def not_sent_post(text: str, who: str) -> Post:
    """Saving failed: the facilitator gets every word back."""
    says = "**Your note could not be saved just now, and nobody has been told.** Here it is, whole:"
    return Post("Not sent yet", (Text(says), Words(text)))


def note_post(note: Note) -> Post:
    """For the member: whose words these are, and where an answer goes."""
    by = _line(note.by.name)
    where = (
        f"{by} facilitates {_line(note.cohort)}, and only you were sent this. I carry it but no answer back: write to"
        f" {by} directly."
    )
    return Post(f"A note from {by}", (Heading(f"A note from {by}"), Words(note.text, by=note.by.name), Small(where)))


def undelivered_post(note: Note, *, takes_none: bool) -> Post:
    """For the facilitator. takes_none: the member takes no direct messages from us."""
    name = f"**{quoted(note.to.name, SHOWN)}**"
    why = "they take no direct messages from me" if takes_none else "the platform does not let me"
    says = (
        f"Your note to {name} in *{quoted(note.cohort)}* could not be delivered: {why}. Nobody has read it, and I have"
        " said nothing in public. If you can reach them in another way, here are your words:"
    )
    return Post("Not delivered", (Heading("A note was not delivered"), Text(says), Words(note.text)))


def _refused_post(text: str) -> Post:
    says = "I cannot send this: the member has left, or it is you, or you do not facilitate the cohort. Your words:"
    if len(text) > ANSWER_LIMIT:
        says = f"I cannot send this: a note has room for {ANSWER_LIMIT:,} characters. Your words:"
    return Post("Not sent", (Text(says), Words(text)))


def _nudgeable(session: Session, platform: str, who: str) -> tuple[Cohort, Member] | None:
    match = _WHO.fullmatch(who)
    return find_nudgeable(session, platform, int(match[1]), int(match[2])) if match else None


def draft(cohort: Cohort, member: Member, progress: Progress | None) -> str:
    lessons = progress.lessons if progress is not None else ()
    has_written = progress is not None and progress.last_answer is not None
    draft = PLAIN
    if missed_in_a_row(lessons) >= cohort.silent_after:
        draft = SILENT if has_written else NOT_BEGUN
    elif has_written and missed_in_a_row(_before_last_answer(lessons)) >= cohort.silent_after:
        draft = RETURNED
    return draft.format(name=_line(member.name), cohort=_line(cohort.name))


def _before_last_answer(lessons: tuple[LessonState, ...]) -> tuple[LessonState, ...]:
    """Without the answered lessons at the end."""
    end = len(lessons)
    while end and lessons[end - 1].state is not State.MISSED:
        end -= 1
    return lessons[:end]


def _line(name: str) -> str:
    """On one line, and not longer than a line: it stands where nothing is markup."""
    words = " ".join(name.split())
    return words if len(words) <= SHOWN else f"{words[: SHOWN - 1]}…"
