"""Answers from any door: which prompt does it answer? Asked of what was written to us directly, and of a message that
its writer counts as an answer; nothing is ever guessed."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from bot.chat.inbound import Command, FormAnswer
from bot.chat.markdown import plain, to_pieces
from bot.chat.post import Block, Button, Buttons, Choice, Divider, Field, Form, Post, Rejected, Small, Text
from bot.cohorts.cohorts import cohorts_of
from bot.cohorts.loose import (
    Loose,
    Unfiled,
    file_loose,
    find_kept,
    forget_loose,
    keep_loose,
    loose_of,
    slip_of,
)
from bot.cohorts.prompts import Asked
from bot.cohorts.receipts import Receipt
from bot.cohorts.submissions import find_loose, record
from bot.cohorts.writers import OpenPrompt, Writer, is_in_a_cohort, open_prompts_for
from bot.curriculum.lookup import Lookup
from bot.curriculum.model import Course, Prompt
from bot.talk.asking import Asking, quoted, reached, sentence
from bot.talk.lengths import count as count_units
from bot.talk.prompts import prompt_title
from bot.talk.questions import question_post
from bot.talk.receipts import standing_lines

MOST_BUTTONS = 4
"""Prompts with a button of their own; the others are one click further, in a form."""

NAME_SHOWN = 75
"""Characters of a choice that every platform shows (Slack)."""

SHOWN = 300
"""Characters of a member's words by which they recognise them."""

MOST_NAMED = 5
"""Words of what may be the name of a concept; a sentence that tells something has more."""

FOLLOWED = "What you change in it later counts too, and when you delete it, it is gone."
MAY_BE_FOLLOWED = (
    "Where I can read along, what you change in it later counts too, and when you delete it, it is gone. Where I"
    " cannot, count it once more after a change."
)
"""Of what stands outside our threads a platform may tell us nothing further: in a channel that we are not in, or of the
words themselves."""

NOT_IN_A_COHORT = (
    "I keep answers to a cohort's writing prompts, and you are in no cohort yet, so I have kept nothing of what you"
    " wrote. `/join` in a cohort's channel takes you in; `/help` lists what I can do."
)


def direct_post(
    session: Session, course: Course, lookup: Lookup, written: Sequence[Loose], now: datetime
) -> Post | None:
    """The answer to what somebody wrote to us directly, oldest first and close together: to a question its answer, and
    then which prompt it is for. None when none of it is loose any more."""
    still = [each for each in written if find_loose(session, each.writer.platform, each.message) is not None]
    if not still:
        return None if any(each.kept for each in written) else sentence(NOT_IN_A_COHORT)
    answer = _answer(session, course, lookup, still[-1])
    title = answer.title if answer else "Which prompt is it for?"
    blocks = [*answer.blocks, Divider()] if answer else []
    return Post(title, (*blocks, *_which_prompt(session, course, still), *_earlier(session, still)))


def file(asking: Asking) -> Post | Form:
    """`file:SLIPS:KEY` files it, `file:SLIPS` asks where."""
    slips, _, key = asking.command.options.get("where", "").partition(":")
    writer = _writer(asking.command)
    if key:
        return _filed_post(asking.session, asking.course, writer, slips, key)
    kept = find_kept(asking.session, writer, slips.rpartition("-")[2])
    return _gone() if kept is None else _form(asking, writer, slips, kept)


def forget(asking: Asking) -> Post:
    """`forget:SLIPS`: it is no answer."""
    writer, slips = _writer(asking.command), asking.command.options.get("loose", "")
    if forget_loose(asking.session, writer, slips):
        return sentence("All right: I have kept nothing of it. Your message stays where you wrote it.", "Dropped")
    kept = find_kept(asking.session, writer, slips.rpartition("-")[2])
    if isinstance(kept, Asked):
        name = asked_title(asking.course, kept.lesson, kept.prompt)
        return sentence(f"It is kept as your answer to **{name}** by now. Delete the message to take it back.")
    return _gone()


def count(asking: Asking) -> Post | Form:
    """*Count as my answer* on a message."""
    about, writer = asking.command.about, _writer(asking.command)
    if about is None:
        return sentence("Only what a person wrote can be an answer, and this message is a bot's or a notice.")
    if about.author.ref != writer.person.ref:
        return sentence("Only who wrote a message can count it as their answer, and this one is somebody else's.")
    if not about.text.strip():
        return sentence("There are no words in this message, so there is nothing to keep.")
    if not is_in_a_cohort(asking.session, writer):
        return sentence(NOT_IN_A_COHORT)
    record(asking.session, about)  # in a prompt's own thread it is an answer already, or is one from here on
    asking.session.flush()
    slip = slip_of(about.message)
    kept = find_kept(asking.session, writer, slip)
    if not isinstance(kept, Asked):
        kept = keep_loose(asking.session, about, about.thread or asking.command.channel)
    return _gone() if kept is None else _form(asking, writer, slip, kept)


def filed(session: Session, course: Course, form: FormAnswer, now: datetime) -> Post | Rejected:
    """The form in which a prompt was chosen: `file:SLIPS`."""
    slips, key = form.action.partition(":")[2], form.values.get("prompt", "")
    if not key:
        says = "Choose the prompt first; your words wait until you do."
        return Rejected((("prompt", says),), _again(says, slips))
    return _filed_post(session, course, _writer(form), slips, key)


def not_filed_post(_: str, slips: str) -> Post:
    """The record could not be reached. The words stand where they were written, and are kept loose already."""
    return _again("That could not be saved just now. Your words wait where they are: try again in a minute.", slips)


def not_heard_post() -> Post:
    """Something that was written to us directly could not be kept."""
    return sentence(
        "I cannot reach my record just now, so I could not keep what you wrote. If I have not asked you about it in ten"
        " minutes, please send it again."
    )


def asked_title(course: Course, day: int, prompt: str) -> str:
    """What members call a prompt: "Day 32 · Prompt 1 of 2"."""
    lesson, found = course.lessons.get(day), _prompt(course, day, prompt)
    return f"Day {day}" if lesson is None or found is None else prompt_title(lesson, found)


def _answer(session: Session, course: Course, lookup: Lookup, loose: Loose) -> Post | None:
    """To what reads as a question, or is short enough for a name; never ahead of where its writer's cohorts are."""
    writer = loose.writer
    if not _reads_as_question(loose.text):
        return None
    cohorts = cohorts_of(session, writer.platform, writer.person.ref)
    return question_post(course, lookup, loose.text, max((reached(session, each) for each in cohorts), default=0))


def _which_prompt(session: Session, course: Course, written: Sequence[Loose]) -> tuple[Block, ...]:
    newest, prompts = written[-1], open_prompts_for(session, written[-1].writer)
    slips = newest.slip if len(written) == 1 else f"{written[0].slip}-{newest.slip}"
    drop = Button("It is no answer", f"forget:{slips}")
    it = "it" if len(written) == 1 else f"these {len(written)} messages"
    quote = Small(f"“{_first_words(newest.text, 80)}”")
    if not prompts:
        says = f"No writing prompt of yours is out yet. I keep {it} until you say where {_belongs(written)}."
        return (Text(says), quote, Buttons((drop,)))
    sure = sum(not each.answered for each in prompts) == 1 and _reads_as_answer(course, prompts[0], newest.text)
    several = len({each.cohort for each in prompts}) > 1
    likeliest = tuple(
        Button(
            _name(course, each, several=several),
            f"file:{slips}:{each.key}",
            "primary" if sure and number == 0 else "secondary",
        )
        for number, each in enumerate(prompts[:MOST_BUTTONS])
    )
    more = (Button("Another prompt…", f"file:{slips}"),) if len(prompts) > MOST_BUTTONS else ()
    says = f"**Which prompt is this an answer to?** I keep {it} until you say."
    return (Text(says), quote, Buttons(likeliest), Buttons((*more, drop)))


def _earlier(session: Session, written: Sequence[Loose]) -> tuple[Block, ...]:
    """What was asked about before, or never because something broke in between. A question was not meant as answer."""
    asked = {each.message for each in written}
    loose = loose_of(session, written[-1].writer)
    others = [each for each in loose if each.message not in asked and not _reads_as_question(each.text)]
    if not others:
        return ()
    number = "one earlier message" if len(others) == 1 else f"{len(others)} earlier messages"
    words = f"You have {number} without a prompt, the last: “{_first_words(others[0].text, 80)}”"
    return (Small(words), Buttons((Button("Say where that belongs", f"file:{others[0].slip}"),)))


def _form(asking: Asking, writer: Writer, slips: str, kept: Loose | Asked) -> Post | Form:
    prompts = open_prompts_for(asking.session, writer)
    if not prompts:
        return sentence("No writing prompt of yours is out yet. I keep your words until one is.")
    several = len({each.cohort for each in prompts}) > 1
    choices = tuple(Choice(_choice(asking.course, each, several=several), each.key) for each in prompts)
    if isinstance(kept, Asked):
        name = asked_title(asking.course, kept.lesson, kept.prompt)
        here = next((each.key for each in prompts if each.message == kept.message), "")
        intro = f"This is kept as your answer to **{name}** already. Choose another prompt to move it there."
        title = "Move my answer"
    else:
        here, title = prompts[0].key, "Count as my answer"
        counts = f"It counts from when you wrote it. {FOLLOWED if kept.place is None else MAY_BE_FOLLOWED}"
        intro = f"“{quoted(kept.text, SHOWN)}”\n\n{counts}"
    field = Field("prompt", "Which prompt does it answer?", "The likeliest ones first.", here, False, choices=choices)
    return Form(title=title, action=f"file:{slips}", fields=(field,), intro=intro)


def _filed_post(session: Session, course: Course, writer: Writer, slips: str, key: str) -> Post:
    receipt = file_loose(session, writer, slips, key)
    match receipt:
        case Receipt():
            return _kept_post(course, receipt, slips)
        case Unfiled.NO_PROMPT:
            says = "That is not a prompt of a cohort that you are in here, so your words wait where they are."
            return _again(says, slips)
        case _:
            return _gone()


def _kept_post(course: Course, receipt: Receipt, slips: str) -> Post:
    name = asked_title(course, receipt.lesson, receipt.prompt)
    blocks: list[Block] = [
        Text(f"Kept as your answer to **{name}**. It counts from when you wrote it."),
        Small(f"“{_first_words(receipt.text, 80)}”"),
        *standing_lines(course, receipt),
    ]
    if "-" not in slips:
        blocks.append(Buttons((Button("Another prompt…", f"file:{slips}"),)))
    return Post(title="Kept", blocks=tuple(blocks))


def _again(says: str, slips: str) -> Post:
    return Post("Not filed yet", (Text(says), Buttons((Button("Choose a prompt", f"file:{slips}", "primary"),))))


def _gone() -> Post:
    return sentence(
        "I do not have that message: it was deleted, or you have said that it is no answer. `/progress` shows what is"
        " kept."
    )


def _writer(asked: Command | FormAnswer) -> Writer:
    return Writer(asked.platform, asked.workspace, asked.person)


def _reads_as_answer(course: Course, open_prompt: OpenPrompt, text: str) -> bool:
    """Whether it is long enough to be meant as one: a third of what was asked."""
    prompt = _prompt(course, open_prompt.lesson, open_prompt.prompt)
    if prompt is None:
        return False
    return 3 * count_units(text, prompt.length.unit) >= (prompt.length.min or prompt.length.max)


def _reads_as_question(text: str) -> bool:
    return text.rstrip().endswith("?") or len(text[:SHOWN].split()) <= MOST_NAMED


def _name(course: Course, prompt: OpenPrompt, *, several: bool) -> str:
    cohort = f"{_first_words(prompt.cohort_name, 24)} · " if several else ""
    return f"{cohort}{asked_title(course, prompt.lesson, prompt.prompt)}"


def _choice(course: Course, prompt: OpenPrompt, *, several: bool) -> str:
    """ "Day 32 · Prompt 1 of 2 — its first words…", as much of it as is shown everywhere."""
    name, found = _name(course, prompt, several=several), _prompt(course, prompt.lesson, prompt.prompt)
    answered = " (answered)" if prompt.answered else ""
    asks = f" — {plain(to_pieces(found.ask))}" if found is not None else ""
    return _first_words(f"{name}{answered}{asks}", NAME_SHOWN)


def _prompt(course: Course, day: int, prompt: str) -> Prompt | None:
    lesson = course.lessons.get(day)
    return next((each for each in lesson.prompts if each.id == prompt), None) if lesson is not None else None


def _first_words(text: str, at_most: int) -> str:
    """Plain text on one line."""
    line = " ".join(text[: 4 * at_most].split())
    return line if len(line) <= at_most and len(text) <= 4 * at_most else f"{line[: at_most - 1].rstrip()}…"


def _belongs(written: Sequence[Loose]) -> str:
    return "it belongs" if len(written) == 1 else "they belong"
