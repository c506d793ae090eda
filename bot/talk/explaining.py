"""*Explain this*: the concepts and papers that a message mentions, in a line each, for whoever asks."""

from collections.abc import Iterator

from bot.chat.post import Block, Buttons, Heading, Post, Small, Text
from bot.curriculum.lookup import Hit
from bot.curriculum.model import Course
from bot.talk.asking import Asking, quoted, sentence
from bot.talk.gists import gist
from bot.talk.lookups import hit_button

MOST = 5
"""Entries that one answer tells of: as many as buttons stand in a row."""


def explain(asking: Asking) -> Post:
    """*Explain this* on a message, whoever wrote it. The answer is private and quotes nothing of the message."""
    about = asking.command.about
    if about is None:
        return sentence("Choose a message first: *Explain this* is in its menu.")
    up_to_day = asking.up_to_day()
    if up_to_day == 0:
        return sentence("Nothing is open yet: explanations begin with your cohort's first lesson.")
    hits = asking.lookup.mentioned(about.text, up_to_day, MOST + 1)
    if not hits:
        return sentence(
            "This message names no concept or paper that you have reached. `/concept` takes your own words as well."
        )
    return _explained_post(asking.course, hits)


def _explained_post(course: Course, hits: tuple[Hit, ...]) -> Post:
    blocks: list[Block] = [Heading("What this message is about", 1)]
    for hit in hits[:MOST]:
        blocks += _lines(course, hit)
    if len(hits) > MOST:
        blocks.append(Small("It names more than these; /concept tells of each."))
    blocks.append(Buttons(tuple(map(hit_button, hits[:MOST]))))
    return Post(title="What this message is about", blocks=tuple(blocks))


def _lines(course: Course, hit: Hit) -> Iterator[Block]:
    says = course.papers[int(hit.id)].headline if hit.kind == "paper" else course.concepts[hit.id].definition
    yield Text(f"**{quoted(hit.name, 120)}.** {quoted(gist(says), 300)}")
