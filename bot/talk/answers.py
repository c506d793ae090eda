"""`/answers`: all answers to one prompt together, a page at a time, with what a facilitator may do about each."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import select

from bot.chat.post import Block, Button, Buttons, Divider, Heading, Post, Small, Text, Words
from bot.cohorts.cohorts import OBSERVER, find_member
from bot.cohorts.feedback import may_judge
from bot.cohorts.prompts import find_prompt
from bot.cohorts.writing import NOTE, Written, answers_to, writers
from bot.curriculum.model import Length, Prompt
from bot.store.tables import Cohort, Delivery, Message
from bot.talk.asking import Asking, lesson_now, quoted, sentence
from bot.talk.lengths import count

AT_ONCE = 10
"""Answers on a page."""

_KEY = re.compile(r"([a-z2-7]{24,25})(?::([0-9]{1,4}))?", re.ASCII)
_MOST_BUTTONS = 5  # in a row (Discord)


@dataclass(frozen=True)
class _Reader:
    """Who reads. member: their own row in the cohort's workspace. judges: they may praise and give feedback."""

    member: int | None
    judges: bool


def answers(asking: Asking) -> Post:
    """`/answers`: to the last lesson's first prompt, or to that of `day` and `prompt`. A button names the prompt by its
    key in place of the day: `answers:KEY`, and `answers:KEY:2` for a further page. For the cohort's facilitators and
    its observers."""
    named = _KEY.fullmatch(asking.command.options.get("day", ""))
    found = _meant_by_key(asking, named[1], named[2]) if named else _meant_by_number(asking)
    if isinstance(found, Post):
        return found
    cohort, lesson, message, page = found
    reader = _reader(asking, cohort)
    if reader is None:
        return sentence("All answers together are for the cohort's facilitators and observers.")
    return _page(asking, cohort, lesson, message, page, reader)


def _meant_by_key(asking: Asking, key: str, page: str | None) -> tuple[Cohort, int, Message, int] | Post:
    found = find_prompt(asking.session, asking.command.platform, key)
    if found is None or asking.command.workspace not in ("", found[1].workspace):
        return sentence("This prompt is not known here any more. `/today` shows what is open.")
    asked, cohort = found
    return cohort, asked.lesson, asking.session.get_one(Message, asked.message), int(page or 1)


def _meant_by_number(asking: Asking) -> tuple[Cohort, int, Message, int] | Post:
    cohort, options = asking.find_cohort(), asking.command.options
    if cohort is None:
        return sentence("There is no cohort here. Ask in your cohort's channel.")
    if _reader(asking, cohort) is None:
        return sentence("All answers together are for the cohort's facilitators and observers.")
    typed, which = options.get("day", ""), options.get("prompt", "1")
    if not _is_number(typed or "0") or not _is_number(which):
        return sentence("Write the lesson's day and the prompt's number: `/answers day:3 prompt:2`.")
    lesson = int(typed) if typed else lesson_now(asking.session, cohort)
    prompts = _prompts_of(asking, cohort, lesson)
    if not prompts:
        return sentence(f"Day {lesson} is not out in this cohort." if lesson else "The first lesson is not out yet.")
    if not 1 <= int(which) <= len(prompts):
        only = "prompt, number 1" if len(prompts) == 1 else f"prompts, 1 to {len(prompts)}"
        return sentence(f"Day {lesson} has {len(prompts)} {only}.")
    return cohort, lesson, prompts[int(which) - 1], 1


def _is_number(typed: str) -> bool:
    return typed.isascii() and typed.isdecimal() and len(typed) <= 4


def _prompts_of(asking: Asking, cohort: Cohort, lesson: int) -> Sequence[Message]:
    """The prompts of a lesson that are out, in their order."""
    return asking.session.scalars(
        select(Message)
        .join(Delivery, Delivery.id == Message.delivery_id)
        .where(Delivery.cohort_id == cohort.id, Delivery.lesson == lesson, Delivery.state != "skipped")
        .where(Message.prompt.is_not(None), Message.ref.is_not(None))
        .order_by(Message.number)
    ).all()


def _reader(asking: Asking, cohort: Cohort) -> _Reader | None:
    """None for who may not read here."""
    command = asking.command
    member = find_member(asking.session, cohort.platform, cohort.workspace, command.person.ref)
    number = member.id if member else None
    if may_judge(asking.session, cohort, command.workspace, command.channel, command.person):
        return _Reader(number, judges=True)
    return _Reader(number, judges=False) if observes(asking, cohort) else None


def observes(asking: Asking, cohort: Cohort) -> bool:
    """Whether whoever asks is an observer of the cohort now."""
    if not asking.is_here(cohort):
        return False
    enrollment = asking.find_enrollment(cohort)
    return enrollment is not None and enrollment.left_on is None and enrollment.role == OBSERVER


def _page(asking: Asking, cohort: Cohort, lesson: int, message: Message, page: int, reader: _Reader) -> Post:
    everybody = writers(asking.session, message.id)
    pages = max(-(-len(everybody) // AT_ONCE), 1)
    page = min(max(page, 1), pages)
    members = everybody[(page - 1) * AT_ONCE : page * AT_ONCE]
    prompt = _prompt(asking, lesson, message)
    taught = asking.course.lessons.get(lesson)
    blocks: list[Block] = [Heading(f"Day {lesson}: {taught.title if taught else ''}".rstrip(": "), 1)]
    blocks += [Text(prompt.ask)] if prompt else []
    blocks.append(Small(_counted(len(everybody), page, pages, cohort)))
    for number, answer in enumerate(answers_to(asking.session, message.id, members)):
        blocks += [Divider()] if number else []
        blocks += _answer(asking, cohort, answer, prompt.length if prompt else None, reader)
    blocks += _ways_on(asking, cohort, lesson, message, page, pages)
    return Post(title=f"Answers, day {lesson}", blocks=tuple(blocks))


def _prompt(asking: Asking, lesson: int, message: Message) -> Prompt | None:
    taught = asking.course.lessons.get(lesson)
    return next((each for each in taught.prompts if each.id == message.prompt), None) if taught else None


def _counted(number: int, page: int, pages: int, cohort: Cohort) -> str:
    which = f" · page {page} of {pages}, by name" if pages > 1 else ""
    return f"{number} {'answer' if number == 1 else 'answers'} · {cohort.name}{which}"


def _answer(asking: Asking, cohort: Cohort, answer: Written, asked: Length | None, reader: _Reader) -> Iterator[Block]:
    yield Words(answer.text, answer.name)
    yield Text(" · ".join(_facts(asking, cohort, answer, asked, reader)))
    if reader.judges and answer.member != reader.member:
        praised = any(each.by == reader.member for each in answer.praised_by)
        praise = Button("Praised" if praised else "Praise", f"praise:{answer.submission}")
        yield Buttons((praise, Button("Give feedback", f"feedback:{answer.submission}")))


def _facts(asking: Asking, cohort: Cohort, answer: Written, asked: Length | None, reader: _Reader) -> Iterator[str]:
    at = answer.at.astimezone(ZoneInfo(cohort.zone))
    yield f"{at.day} {at:%b, %H:%M}"
    yield length_words(answer.text, asked)
    yield from _response(answer, reader)
    if answer.reactions:
        yield f"{answer.reactions} {'reaction' if answer.reactions == 1 else 'reactions'}"
    if answer.left_on:
        yield "has left the cohort"
    link = _link(asking, cohort, answer)
    if link:
        yield f"[where it stands]({link})"


def length_words(text: str, asked: Length | None) -> str:
    """How long an answer is against what was asked: "112 words (asked: at most 150 words)"."""
    unit = asked.unit if asked else "words"
    number = count(text, unit)
    has = f"{number} {unit.removesuffix('s') if number == 1 else unit}"
    return f"{has} (asked: {quoted(asked.text)})" if asked else has


def _response(answer: Written, reader: _Reader) -> Iterator[str]:
    if not answer.said:
        yield "**no response yet**"
        return
    notes = dict.fromkeys(each.name for each in answer.said if each.kind == NOTE)
    praise = dict.fromkeys(each.name for each in answer.praised_by)
    if notes:
        yield f"feedback from {_names(notes)}"
    if praise:
        yield f"praise from {_names(praise)}"
    if answer.revised_since:
        mine = any(each.by == reader.member for each in answer.notes)
        yield f"**revised since {'your' if mine else 'the'} feedback**"


def _names(names: dict[str, None]) -> str:
    return ", ".join(quoted(each, 30) for each in names)


def _link(asking: Asking, cohort: Cohort, answer: Written) -> str | None:
    """Of an answer in a thread of ours the workspace is sure; one that was counted from elsewhere may stand between its
    writer and us."""
    if asking.renderer is None or answer.ref is None:
        return None
    return asking.renderer.link(answer.ref, cohort.workspace if answer.in_thread else "")


def _ways_on(asking: Asking, cohort: Cohort, lesson: int, message: Message, page: int, pages: int) -> Iterator[Block]:
    turns = [Button("Earlier names", f"answers:{message.key}:{page - 1}")] if page > 1 else []
    turns += [Button("More answers", f"answers:{message.key}:{page + 1}", "primary")] if page < pages else []
    if turns:
        yield Buttons(tuple(turns))
    others = [
        Button(f"Prompt {number}", f"answers:{each.key}")
        for number, each in enumerate(_prompts_of(asking, cohort, lesson), 1)
        if each.id != message.id
    ]
    if others:
        yield Buttons(tuple(others[:_MOST_BUTTONS]))
