"""Whether every lesson can be shown on every platform: rendered as it would be sent, and nothing sent."""

import gc
import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context

import typer

from bot.chat.limits import discord, slack
from bot.chat.port import Body, PlatformError
from bot.chat.post import Post
from bot.curriculum.lint import Check
from bot.curriculum.model import Course
from bot.platforms.discord.render import render as discord_render
from bot.platforms.simulator.render import to_bodies as simulator_render
from bot.platforms.slack.render import render as slack_render
from bot.talk.drafts import lesson_drafts
from bot.talk.lessons import lesson_topic, whole_lesson_post

MANY_MESSAGES = 8
"""Messages of one lesson in a channel beyond which an author is warned: more is noise."""
WORTH_SHARING = 20
"""Lessons from which several processes are quicker than one: a lesson takes 20 ms, a process 30 ms to begin."""
MOST_PROCESSES = 4
SHARES = 3
"""Shares of work for each process, so that none is left with the longest lessons at the end."""


@dataclass(frozen=True)
class Dress:
    """A platform's name and its rendering, without its client: that one takes a third of a second to import."""

    name: str
    render: Callable[[Post, str | None], tuple[Body, ...]]


DRESSES = {
    each.name: each
    for each in (Dress("discord", discord_render), Dress("slack", slack_render), Dress("simulator", simulator_render))
}


@dataclass(frozen=True)
class Finding:
    """What is wrong with a lesson's messages; `fatal` when the lesson cannot be shown as it is."""

    day: int
    says: str
    fatal: bool


@contextmanager
def rendering(course: Course) -> Iterator[Callable[[], tuple[Check, Check]]]:
    """Begin to render every lesson, beside whatever is done inside. What comes out waits for the end of it and returns
    (error: a lesson that cannot be shown on a platform as it is; warning: one that fills many messages)."""
    days = tuple(course.lessons)
    processes = min(os.cpu_count() or 1, MOST_PROCESSES)
    if processes == 1 or len(days) < WORTH_SHARING or not _may_fork():
        yield lambda: _checks(_of_days(course, days))
        return
    shares = processes * SHARES
    with ProcessPoolExecutor(processes, get_context("fork"), _keep, (course,)) as pool:
        found = [pool.submit(_of_kept, days[share::shares]) for share in range(shares)]
        yield lambda: _checks(each for share in found for each in share.result())


def to_dress(name: str) -> Dress:
    """What a platform makes of posts. Raises BadParameter."""
    if name not in DRESSES:
        says = f"{name} is not a platform: write discord, slack or simulator"
        raise typer.BadParameter(says, param_hint="--platform")
    return DRESSES[name]


def _checks(findings: Iterable[Finding]) -> tuple[Check, Check]:
    found = tuple(findings)

    def telling(fatal: bool) -> Check:
        return lambda lesson: [each.says for each in found if each.day == lesson.day and each.fatal == fatal]

    return telling(True), telling(False)


def _may_fork() -> bool:
    """A forked process has the course already; one that starts anew would load everything again, which takes longer.
    Beside other threads a fork may hang, and outside of Linux it is not to be relied on."""
    return sys.platform == "linux" and threading.active_count() == 1


_kept: list[Course] = []


def _keep(course: Course) -> None:
    """Begin a process that ends before its garbage could matter: looking for it would take a tenth of the time."""
    gc.disable()
    _kept[:] = [course]


def _of_kept(days: Sequence[int]) -> list[Finding]:
    return list(_of_days(_kept[0], days))


def _of_days(course: Course, days: Sequence[int]) -> Iterator[Finding]:
    for day in days:
        yield from _cut(course, day)
        whole = whole_lesson_post(course, course.lessons[day])
        for bot in DRESSES.values():
            try:
                number = len(lesson_drafts(course, bot, day, "check|lesson|1"))
                bot.render(whole, None)
            except (ValueError, PlatformError) as error:
                yield Finding(day, f"cannot be shown on {bot.name}: {error}", fatal=True)
                continue
            if number > MANY_MESSAGES + len(course.lessons[day].prompts):
                says = f"the lesson fills {number} messages on {bot.name}: shorten what goes to the channel"
                yield Finding(day, says, fatal=False)


def _cut(course: Course, day: int) -> Iterator[Finding]:
    """Names that some platform would show without their end: nothing else of a lesson is ever shortened."""
    named = [(lesson_topic(course, day).title, "a thread's name", discord.THREAD_NAME)]
    introduced = [course.concepts[each].name for each in course.lessons[day].introduces if each in course.concepts]
    named += [(name, "a list to choose from", min(discord.CHOICE_NAME, slack.OPTION_TEXT)) for name in introduced]
    for name, where, most in named:
        if len(name) > most:
            says = f"“{name[:40]} …” has {len(name)} characters, and {where} shows {most}: shorten it"
            yield Finding(day, says, fatal=False)
