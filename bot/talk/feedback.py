"""What facilitators say about answers: the form, how it reaches the writer, and what the facilitator hears."""

from datetime import datetime

from sqlalchemy.orm import Session

from bot.chat.inbound import FormAnswer
from bot.chat.post import (
    ANSWER_LIMIT,
    Button,
    Buttons,
    Choice,
    Field,
    Form,
    Heading,
    Ping,
    Post,
    Rejected,
    Small,
    Text,
    Words,
)
from bot.cohorts.feedback import (
    Judged,
    Praise,
    Remark,
    find_judged,
    find_judged_by_id,
    find_remark,
    give,
    may_judge,
)
from bot.cohorts.feedback import praise as give_praise
from bot.cohorts.receipts import FORM
from bot.curriculum.model import Course
from bot.talk.asking import Asking, quoted, sentence
from bot.talk.filing import SHOWN, asked_title

ALONE, ALL = "alone", "all"
"""Who reads it: the form's two choices."""


def feedback(asking: Asking) -> Post | Form:
    """*Give feedback* on a message; or `feedback:SUBMISSION`, when the form took too long to be opened."""
    about, command = asking.command.about, asking.command
    if about is not None:
        judged = find_judged(asking.session, command.platform, about.message)
    else:
        judged = find_judged_by_id(asking.session, command.platform, _to_number(command.options.get("id", "")))
    if judged is None:
        return sentence("This message is not kept as an answer. Give feedback on a reply in a prompt's thread.")
    if not may_judge(asking.session, judged.cohort, command.workspace, command.channel, command.person):
        return sentence("Giving feedback is for this cohort's facilitators.")
    if judged.writer.ref == command.person.ref:
        return sentence("This answer is your own, so there is nobody to tell.")
    return _form(asking.course, judged)


def praise(asking: Asking) -> Post:
    """`praise:SUBMISSION`: give it, or take it back as long as nobody has been told."""
    command = asking.command
    judged = find_judged_by_id(asking.session, command.platform, _to_number(command.options.get("id", "")))
    if judged is None or not may_judge(
        asking.session, judged.cohort, command.workspace, command.channel, command.person
    ):
        return sentence("The answer is gone, or you do not facilitate its cohort, so nobody has been told anything.")
    if judged.writer.ref == command.person.ref:
        return sentence("This answer is your own, so there is nobody to tell.")
    became = give_praise(asking.session, judged, command.person, asking.now)
    return _praised_post(judged, became)


def given(session: Session, course: Course, form: FormAnswer, key: str, now: datetime) -> Post | Rejected:
    """The form came back: `feedback:SUBMISSION`. key: what the feedback is named, 24 random characters of a-z2-7."""
    text, number = form.values.get("text", ""), form.action.partition(":")[2]
    if not text.strip():
        says = "Write something first; nobody has been told anything."
        return Rejected((("text", says),), sentence(says))
    judged = find_judged_by_id(session, form.platform, _to_number(number))
    if judged is None or not may_judge(session, judged.cohort, form.workspace, form.channel, form.person):
        return _refused_post(text)
    shared = form.values.get("who") == ALL
    give(session, judged, form.person, text, key, now, shared=shared)
    name, title = quoted(judged.writer.name, 40), asked_title(course, judged.asked.lesson, judged.asked.prompt)
    how = f"goes into the thread, where {name} is mentioned" if shared else f"goes to {name} alone"
    return Post("Kept", (Text(f"Your feedback on {name}'s answer to **{title}** is kept and {how}."), Words(text)))


def not_given_post(text: str, number: str) -> Post:
    """Saving failed: the facilitator gets every word back."""
    says = "**Your feedback could not be saved just now, and nobody has been told.** Here it is, whole:"
    return Post("Not saved yet", (Text(says), Words(text)))


def shared_post(course: Course, remark: Remark) -> Post:
    """In the thread, for all who read it."""
    title = asked_title(course, remark.lesson, remark.prompt)
    return Post(
        title=f"Feedback · {title}",
        blocks=(Small(f"Feedback on your answer · {title}"), Words(remark.text, by=remark.by)),
        ping=Ping(remark.writer.ref, "person"),
    )


def private_post(course: Course, remark: Remark) -> Post:
    """For the answer's writer alone."""
    title = asked_title(course, remark.lesson, remark.prompt)
    if remark.praise:
        says = f"{quoted(remark.by, 40)} liked your answer to **{quoted(title)}**. 👏"
        return Post(title=f"Praise · {title}", blocks=(Text(says),))
    return Post(
        title=f"Feedback · {title}",
        blocks=(Heading(f"Feedback on your answer · {title}"), Words(remark.text, by=remark.by)),
    )


def knock_post(course: Course, remark: Remark) -> Post:
    """In the thread, for somebody who takes no direct messages: that there is something, and not what."""
    title = asked_title(course, remark.lesson, remark.prompt)
    return Post(
        title=f"Feedback · {title}",
        blocks=(
            Text("There is feedback on your answer. Only you and your facilitators can read it."),
            Buttons((Button("Read it", f"note:{remark.key}", "primary"),)),
        ),
        ping=Ping(remark.writer.ref, "person"),
    )


def note(asking: Asking) -> Post:
    """`note:KEY`: feedback for the one whom it is for."""
    command = asking.command
    key = command.options.get("id", "")
    where = (command.platform, command.workspace, command.channel)
    remark = find_remark(asking.session, *where, command.person, key)
    if remark is None:
        return sentence("This is for somebody else to read, or it is gone with the answer it was about.")
    return private_post(asking.course, remark)


def _praised_post(judged: Judged, became: Praise) -> Post:
    name, where = quoted(judged.writer.name, 40), "sees a clap from Homeroom under the answer"
    if judged.submission.ref.startswith(FORM):
        where = "gets a private note, because the answer came by form"
    button = Button("Take it back", f"praise:{judged.submission.id}")
    match became:
        case Praise.GIVEN:
            says = f"In a moment {name} {where}. Until then it can be taken back."
            return Post("Praise", (Text(says), Buttons((button,))))
        case Praise.TAKEN_BACK:
            return sentence(f"Taken back. {name} has not been told.", "Praise")
        case Praise.TOLD:
            return sentence(f"{name} has been told already that you liked it; once is enough.", "Praise")


def _form(course: Course, judged: Judged) -> Form:
    title = asked_title(course, judged.asked.lesson, judged.asked.prompt)
    who = (Choice("Only who wrote the answer", ALONE), Choice("Everybody in the thread", ALL))
    return Form(
        title="Feedback on an answer",
        action=f"feedback:{judged.submission.id}",
        intro=f"{quoted(judged.writer.name, 40)} · {title}\n\n“{quoted(judged.submission.text, SHOWN)}”",
        fields=(
            Field("text", "Your feedback", f"Room for {ANSWER_LIMIT:,} characters. It is kept with the answer."),
            Field("who", "Who reads it", value=ALONE, long=False, choices=who),
        ),
    )


def _refused_post(text: str) -> Post:
    says = "The answer is gone, or you do not facilitate its cohort, so nobody has been told. Your words:"
    return Post("Not kept", (Text(says), Words(text)))


def _to_number(text: str) -> int:
    """A submission's; 0, which none has, for whatever else somebody may send."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 18 else 0
