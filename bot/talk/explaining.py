"""*Explain this*: the concepts and papers that a message mentions, in a line each, for whoever asks; and, when they
press for it, for all who read the place.

What a public answer takes is in its button: a name for the message and one for each entry, so that nothing of what
anybody wrote is kept or repeated.
"""

from base64 import b32encode
from collections.abc import Iterator, Sequence
from hashlib import blake2b

from bot.chat.inbound import Reply
from bot.chat.post import Block, Button, Buttons, Heading, Post, Small, Text
from bot.cohorts.cohorts import find_member
from bot.cohorts.notices import share_once
from bot.cohorts.skips import past
from bot.curriculum.lookup import Hit
from bot.curriculum.model import Course
from bot.store.tables import Cohort
from bot.talk.asking import Asking, quoted, reached, sentence
from bot.talk.gists import gist
from bot.talk.lookups import hit_button

MOST = 5
"""Entries that one answer tells of: as many as buttons stand in a row, and as many names as an action has room for."""

NAME = 8
"""Letters of a name in an action: 40 bits, so that no two of 10,000 entries are likely to share one."""


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
    return _explained_post(asking, about, hits)


def share(asking: Asking) -> Post:
    """`share:NAMES`: what somebody was told about a message of this place, for all who read it, once. Only to who is in
    the place's cohort, and nothing beyond the day that the cohort is on."""
    cohort = _cohort_here(asking)
    message, *names = _parts(asking.command.options.get("what", ""))
    hits = _named(asking.course, names, _reached(asking, cohort)) if cohort is not None else ()
    if cohort is None or not hits:
        return sentence(
            "This can be shown only in the channel of a cohort that you are in, and as far as the cohort has come. What"
            " you were told still stands for you alone."
        )
    member = find_member(asking.session, cohort.platform, cohort.workspace, asking.command.person.ref)
    if not share_once(asking.session, cohort, message, member, asking.now):
        return sentence("This has been shown to all here already, so it is not posted a second time.")
    return _shared_post(asking.course, hits)


def _explained_post(asking: Asking, about: Reply, hits: tuple[Hit, ...]) -> Post:
    blocks: list[Block] = [Heading("What this message is about", 1), *_lines(asking.course, hits[:MOST])]
    if len(hits) > MOST:
        blocks.append(Small("It names more than these; /concept tells of each."))
    blocks += [Buttons(tuple(map(hit_button, hits[:MOST]))), *_share_buttons(asking, about, hits[:MOST])]
    return Post(title="What this message is about", blocks=tuple(blocks))


def _share_buttons(asking: Asking, about: Reply, hits: Sequence[Hit]) -> Iterator[Buttons]:
    """The way to show it to all, with as much of it as everybody there may see."""
    cohort = _cohort_here(asking)
    day = _reached(asking, cohort) if cohort is not None else 0
    names = [_name(hit.kind, hit.id) for hit in hits if (hit.day or 0) <= day]
    if day and names:
        where = "channel" if about.thread in (None, asking.command.channel) else "thread"
        action = f"share:{_name(about.platform, about.message)}{''.join(names)}"
        yield Buttons((Button(f"Show it in the {where}", action),))


def _shared_post(course: Course, hits: Sequence[Hit]) -> Post:
    title = "What a message here is about"
    asked = Small("Somebody asked, and shows the answer to all.")
    blocks = (Heading(title, 1), asked, *_lines(course, hits), Buttons(tuple(map(hit_button, hits))))
    return Post(title=title, blocks=blocks, for_all=True)


def _lines(course: Course, hits: Sequence[Hit]) -> Iterator[Block]:
    for hit in hits:
        says = course.papers[int(hit.id)].headline if hit.kind == "paper" else course.concepts[hit.id].definition
        yield Text(f"**{quoted(hit.name, 120)}.** {quoted(gist(says), 300)}")


def _cohort_here(asking: Asking) -> Cohort | None:
    """The cohort of this very place, if the person is in it or facilitates it, and anything is still said there."""
    cohort = asking.find_cohort() if asking.command.channel is not None else None
    if cohort is None or cohort.archived_at is not None or not asking.is_here(cohort):
        return None
    enrollment = asking.find_enrollment(cohort)
    enrolled = enrollment is not None and enrollment.left_on is None
    return cohort if enrolled or asking.facilitates else None


def _reached(asking: Asking, cohort: Cohort) -> int:
    """The day that everybody in the place may see, whoever asks."""
    return past(asking.session, cohort, reached(asking.session, cohort))


def _named(course: Course, names: Sequence[str], day: int) -> tuple[Hit, ...]:
    """The entries of these names that a cohort on this day has reached, in the order of the names."""
    hits = {_name(hit.kind, hit.id): hit for hit in _open(course, day)}
    return tuple(hits[name] for name in dict.fromkeys(names) if name in hits)[:MOST]


def _open(course: Course, day: int) -> Iterator[Hit]:
    for concept in course.concepts.values():
        if concept.day <= day:
            yield Hit("concept", concept.id, concept.name, concept.day, 1.0)
    for paper in course.papers.values():
        if min(paper.days, default=0) <= day:
            yield Hit("paper", str(paper.number), paper.title, min(paper.days, default=None), 1.0)


def _parts(what: str) -> list[str]:
    """At least one; whatever somebody may send."""
    return [what[at : at + NAME] for at in range(0, NAME * (MOST + 1), NAME) if what[at : at + NAME]] or [""]


def _name(*words: str) -> str:
    digest = blake2b("|".join(words).encode("utf-8", "replace"), digest_size=NAME * 5 // 8).digest()
    return b32encode(digest).decode().lower()
