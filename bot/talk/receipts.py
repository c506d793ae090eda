"""What a member hears when something of theirs is kept."""

from bot.chat.port import Mark
from bot.chat.post import Block, Button, Buttons, Post, Rejected, Small, Text, Words
from bot.cohorts.receipts import Receipt
from bot.curriculum.model import Course, Lesson, Prompt
from bot.talk.asking import sentence
from bot.talk.lengths import length_note

NOT_SAVED = "This could not be saved just now. Your text is still here: try again in a minute."
"""Beside the field of a form that is still open."""


def receipt_mark(receipt: Receipt) -> Mark:
    """The reaction: kept, or kept and with it the whole lesson."""
    return Mark.KEPT if receipt.open_prompts else Mark.COMPLETE


def receipt_note(course: Course, receipt: Receipt, *, quiet: bool) -> Post | None:
    """The private note on a reply, or None when the reaction says enough, or its writer has said that it does.

    quiet: the platform shows it where the member writes. Elsewhere it is a direct message, and comes only when it
    carries something that the reaction cannot say: a prompt is still open, a length was missed, or it does not count.
    """
    if not receipt.first or receipt.quiet:
        return None
    lines = standing_lines(course, receipt)
    if not quiet and receipt.enrolled and not receipt.open_prompts and _hint(course, receipt) is None:
        return None
    return Post(title="Kept", blocks=(Text("Your answer is kept."), *lines))


def form_receipt_post(course: Course, receipt: Receipt, key: str) -> Post:
    """What follows a form: the answer as it is kept, what is open, and the way to change it."""
    return Post(
        title="Kept",
        blocks=(
            Text("Your answer is kept."),
            Words(receipt.text),
            *standing_lines(course, receipt),
            Buttons((Button("Change my answer", f"write:{key}"),)),
        ),
    )


def blank_form(field: str, text: str, key: str) -> Rejected:
    """Nothing was written."""
    return Rejected(((field, "Write something first; nothing has been saved."),), not_kept_post(text, key))


def not_kept_post(text: str, key: str) -> Post:
    """Saving failed: the writer gets every word back, and a way to send it again."""
    if not text.strip():
        return sentence("Write something first; nothing has been saved.")
    return Post(
        title="Not saved yet",
        blocks=(
            Text("**Your answer could not be saved just now.** Here it is, whole. It also waits in the form:"),
            Words(text),
            Buttons((Button("Try again", f"write:{key}", "primary"),)),
        ),
    )


def prompt_unknown_post(text: str) -> Post:
    """The prompt is not one of ours any more: the text goes back to its writer."""
    return Post(
        title="Not kept",
        blocks=(Text("This prompt is not known here any more, so nothing was kept. Your words:"), Words(text)),
    )


def command_failed_post() -> Post:
    """Something broke on our side while answering."""
    return sentence("That did not work just now: Homeroom cannot reach its record. Please try again in a minute.")


def standing_lines(course: Course, receipt: Receipt) -> tuple[Block, ...]:
    blocks: list[Block] = []
    hint = _hint(course, receipt)
    if hint:
        blocks.append(Text(hint))
    if not receipt.enrolled:
        blocks.append(Text("You are not in this cohort yet: after `/join` it counts."))
    blocks.append(Small(_still_open(course, receipt)))
    return tuple(blocks)


def _hint(course: Course, receipt: Receipt) -> str | None:
    prompt = _prompt(course, receipt)
    return length_note(receipt.text, prompt.length) if prompt else None


def _still_open(course: Course, receipt: Receipt) -> str:
    lesson = course.lessons.get(receipt.lesson)
    if not receipt.open_prompts or lesson is None:
        return f"Every prompt of day {receipt.lesson} is answered."
    numbers = [str(_number(lesson, each)) for each in receipt.open_prompts]
    return f"Still open on day {receipt.lesson}: prompt {' and '.join(numbers)}."


def _prompt(course: Course, receipt: Receipt) -> Prompt | None:
    lesson = course.lessons.get(receipt.lesson)
    return next((each for each in lesson.prompts if each.id == receipt.prompt), None) if lesson else None


def _number(lesson: Lesson, prompt: str) -> int:
    return next((number for number, each in enumerate(lesson.prompts, 1) if each.id == prompt), 0)
