"""What facilitators are told a day before their cohort's first lesson: what I may not do yet, and how to allow it."""

import re
from collections.abc import Sequence

from bot.chat.port import Finding
from bot.chat.post import Block, Heading, Moment, Post, Text
from bot.cohorts.examinations import Examination
from bot.talk.asking import quoted

_ADDRESS = re.compile(r"(https://[^\s()<>]+?)([.,;:]*)")


def examination_post(examination: Examination, findings: Sequence[Finding], name: str) -> Post:
    """findings: what the platform looked at, of which only what is amiss is told; name: the cohort's."""
    unwell = [each for each in findings if not each.well]
    first = Moment("First lesson", examination.first_at, examination.zone)
    if not unwell:
        says = f"I have looked at the channel of *{quoted(name)}*: everything is there that its lessons need."
        return Post(title="All is set", blocks=(Heading("All is set"), Text(says), first))
    number = "One thing is" if len(unwell) == 1 else f"{len(unwell)} things are"
    blocks: list[Block] = [
        Heading("Before the first lesson"),
        Text(f"{number} not as *{quoted(name)}* needs it yet:"),
        first,
        *(Text(_listed(each)) for each in unwell),
        Text("I look once. Afterwards `homeroom doctor` looks again at any time; late lessons are told of besides."),
    ]
    return Post(title="Before the first lesson", blocks=tuple(blocks))


def _listed(finding: Finding) -> str:
    return f"- **{quoted(finding.subject)}:** {quoted(finding.says, 400)}\n  **Cure:** {_linked(finding.cure)}"


def _linked(text: str) -> str:
    """The platform's own words, in which addresses can be followed and nothing else is markup."""
    return " ".join(map(_word, text.split()))


def _word(word: str) -> str:
    found = _ADDRESS.fullmatch(word)
    return f"[{quoted(found[1], 600)}]({found[1]}){found[2]}" if found else quoted(word, 600)
