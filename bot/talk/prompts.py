"""A writing prompt as a post of its own, as a form, and as the name of a thread."""

from bot.chat.post import ANSWER_LIMIT, Button, Buttons, Field, Form, Post, Small, Text
from bot.curriculum.model import Course, Lesson, Prompt


def prompt_post(course: Course, lesson: Lesson, prompt: Prompt, key: str) -> Post:
    """One writing prompt; its thread opens under it. `key` is the post's own and comes back with the buttons."""
    number = lesson.prompts.index(prompt) + 1
    return Post(
        title=prompt_title(lesson, prompt),
        blocks=(
            Small(f"Day {lesson.day} · {prompt_label(lesson, number)} · {prompt.length.text}"),
            Text(prompt.ask),
            Buttons((Button("Write my answer", f"write:{key}", "primary"), Button("Not today", f"later:{key}"))),
            Small("Answer in the thread, or privately with the button. A late answer counts too."),
        ),
        accent=accent(course, lesson),
    )


def prompt_title(lesson: Lesson, prompt: Prompt) -> str:
    """The name of a prompt's thread."""
    return f"Day {lesson.day} · {prompt_label(lesson, lesson.prompts.index(prompt) + 1)}"


def prompt_form(lesson: Lesson, prompt: Prompt, key: str, draft: str) -> Form:
    """The form behind *Write my answer*, with the prompt in view and the draft in it."""
    return Form(
        title=f"Day {lesson.day}: your answer",
        action=f"write:{key}",
        intro=prompt.ask,
        fields=(
            Field(
                id="answer",
                label="Your answer",
                hint=f"{_capital(prompt.length.text)}. Room for {ANSWER_LIMIT:,} characters. Facilitators read it."[
                    :100
                ],
                value=draft[:ANSWER_LIMIT],
            ),
        ),
    )


def prompt_label(lesson: Lesson, number: int) -> str:
    """What a lesson calls its prompt `number`, from 1."""
    return "Prompt" if len(lesson.prompts) == 1 else f"Prompt {number} of {len(lesson.prompts)}"


def accent(course: Course, lesson: Lesson) -> int:
    """The colour of the part that the lesson belongs to, 0xRRGGBB."""
    return int(course.part_of(lesson.week).colour.removeprefix("#"), 16)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
