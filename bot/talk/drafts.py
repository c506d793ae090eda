"""A lesson as the messages that go out: what is sent, to the byte, and by which key each of them is found again."""

import json
from dataclasses import replace

from bot.chat.port import Renderer, part_key
from bot.chat.post import Ping, Post
from bot.cohorts.claims import Draft, message_key
from bot.curriculum.model import Course
from bot.talk.lessons import lesson_post
from bot.talk.prompts import prompt_post


def lesson_drafts(
    course: Course, platform: Renderer, day: int, key: str, late: str | None = None, ping: str | None = None
) -> list[Draft]:
    """Every message of a lesson on a platform, in order: its pages, then its prompts. `key`: `Claim.key`; `late`: what
    it says of its coming late; `ping`: the group that its first message mentions."""
    lesson = course.lessons[day]
    page = replace(lesson_post(course, lesson, late), ping=Ping(ping, "group") if ping else None)
    drafts = _drafts(platform, page, message_key(key, "lesson"))
    for prompt in lesson.prompts:
        prompt_key = message_key(key, f"prompt:{prompt.id}")
        drafts += _drafts(platform, prompt_post(course, lesson, prompt, prompt_key), prompt_key, prompt.id)
    return drafts


def _drafts(platform: Renderer, post: Post, key: str, prompt: str | None = None) -> list[Draft]:
    """A prompt's thread opens under its last message, the one with the buttons."""
    bodies = platform.render(post, key)
    last = len(bodies) - 1
    return [
        Draft(part_key(key, number), json.dumps(body, ensure_ascii=False), prompt if number == last else None)
        for number, body in enumerate(bodies)
    ]
