"""Papers and concepts against each other: references, influence and time, names that nobody could tell apart."""

from collections.abc import Iterable, Iterator

from bot.curriculum.load import Loaded
from bot.curriculum.model import Concept, Influence, Lesson, Paper
from bot.curriculum.problems import Loc, Places, Problem, did_you_mean, shortened
from bot.curriculum.words import folded


def paper_problems(loaded: Loaded) -> Iterator[Problem]:
    """What a paper says of other papers, of concepts and of days that cannot be so."""
    for paper in loaded.course.papers.values():
        places = loaded.places["paper", paper.number]
        yield from _edge_problems(loaded, paper, places, "influenced_by")
        yield from _edge_problems(loaded, paper, places, "influences")
        for index, key in enumerate(paper.key_concepts):
            yield from _missing_concept(loaded, places, ("key_concepts", index, "concept"), key.concept)
        for index, day in enumerate(paper.days):
            yield from _day_problems(loaded, places, ("days", index), day)


def paper_warnings(loaded: Loaded) -> Iterator[Problem]:
    """Where a paper's days and the lessons that name it differ."""
    readers = {day: set(_papers_of(lesson)) for day, lesson in loaded.course.lessons.items()}
    for number, paper in loaded.course.papers.items():
        places = loaded.places["paper", number]
        for index, day in enumerate(paper.days):
            if day in readers and number not in readers[day]:
                yield places.problem(
                    ("days", index), f"the lesson of day {day} does not name paper {number}: correct one"
                )
        for day, numbers in readers.items():
            if number in numbers and day not in paper.days:
                yield places.problem(("days",), f"the lesson of day {day} names paper {number}: add {day}")


def concept_problems(loaded: Loaded) -> Iterator[Problem]:
    """What a concept says of papers, of other concepts and of the day that introduces it that cannot be so."""
    for concept in loaded.course.concepts.values():
        places = loaded.places["concept", concept.id]
        for index, number in enumerate(concept.papers):
            yield from _missing_paper(loaded, places, ("papers", index), number)
        for index, id in enumerate(concept.related):
            yield from _missing_concept(loaded, places, ("related", index), id)
            if id == concept.id:
                yield places.problem(("related", index), "is this concept itself: delete it")
        yield from _day_problems(loaded, places, ("day",), concept.day)
        lesson = loaded.course.lessons.get(concept.day)
        if lesson and concept.id not in lesson.introduces:
            says = f"the lesson of day {concept.day} does not introduce `{concept.id}`: correct the day, or the lesson"
            yield places.problem(("day",), says)


def name_problems(loaded: Loaded) -> Iterator[Problem]:
    """A name or alias, as people type it, belongs to one concept; and to one paper."""
    concepts, papers = loaded.course.concepts, loaded.course.papers
    yield from _shared_names((loaded.places["concept", id], f"concept {id}", concepts[id]) for id in concepts)
    yield from _shared_names((loaded.places["paper", each], f"paper {each}", papers[each]) for each in papers)


def _edge_problems(loaded: Loaded, paper: Paper, places: Places, side: str) -> Iterator[Problem]:
    edges: tuple[Influence, ...] = getattr(paper, side)
    other_side = "influences" if side == "influenced_by" else "influenced_by"
    for index, edge in enumerate(edges):
        loc: Loc = (side, index, "paper")
        other = loaded.course.papers.get(edge.paper)
        if other is None:
            yield from _missing_paper(loaded, places, loc, edge.paper)
            continue
        if edge.paper == paper.number:
            yield places.problem(loc, "is this paper itself: delete the entry")
            continue
        if edge.paper in [each.paper for each in edges[:index]]:
            yield places.problem(loc, f"paper {edge.paper} stands here twice: keep one entry")
        if edge.paper in [each.paper for each in getattr(paper, other_side)]:
            yield places.problem(loc, f"paper {edge.paper} stands under `{other_side}:` too: keep one")
        if paper.number not in [each.paper for each in getattr(other, other_side)]:
            says = f"paper {edge.paper} does not name paper {paper.number} under `{other_side}:`: add it there"
            yield places.problem(loc, says)
        earlier, later = (other, paper) if side == "influenced_by" else (paper, other)
        if _after(earlier, later):
            says = f"paper {earlier.number} ({earlier.date}) is younger than paper {later.number} ({later.date})"
            yield places.problem(loc, f"{says}: turn the edge round, or correct a date")


def _after(first: Paper, second: Paper) -> bool:
    """Whether `first` came out after `second`, as far as both dates are known."""
    if first.date_precision == second.date_precision == "day":
        return first.date > second.date
    return (first.date.year, first.date.month) > (second.date.year, second.date.month)


def _missing_paper(loaded: Loaded, places: Places, loc: Loc, number: int) -> Iterator[Problem]:
    if number not in loaded.course.papers:
        says = f"there is no paper {number}: write papers/{number:02}-some-words.yaml, or correct the number"
        yield places.problem(loc, says)


def _missing_concept(loaded: Loaded, places: Places, loc: Loc, id: str) -> Iterator[Problem]:
    if id not in loaded.course.concepts:
        guess = did_you_mean(id, loaded.course.concepts)
        yield places.problem(loc, f"there is no concept `{id}`{guess}: write concepts/{id}.yaml, or correct the id")


def _day_problems(loaded: Loaded, places: Places, loc: Loc, day: int) -> Iterator[Problem]:
    if day > loaded.course.about.days:
        yield places.problem(loc, f"the course ends on day {loaded.course.about.days}: write an earlier day")


def _papers_of(lesson: Lesson) -> Iterator[int]:
    yield from (step.reading.paper for step in lesson.work.steps if step.reading and step.reading.paper)
    yield from (source.paper for source in lesson.sources if source.paper)


def _shared_names(entries: Iterable[tuple[Places, str, Concept | Paper]]) -> Iterator[Problem]:
    """Names come first, so that where an alias meets a name, the alias is what has to go."""
    owners: dict[str, str] = {}
    listed = list(entries)
    for to_names in (_own_names, _aliases):
        for places, label, entry in listed:
            for loc, name in to_names(entry):
                owner = owners.setdefault(folded(name), label)
                if owner != label:
                    yield places.problem(loc, f"`{shortened(name)}` also names {owner}: keep it in one place")


def _own_names(entry: Concept | Paper) -> list[tuple[Loc, str]]:
    if isinstance(entry, Concept):
        return [(("id",), entry.id), (("name",), entry.name)]
    return [(("title",), entry.title)]


def _aliases(entry: Concept | Paper) -> list[tuple[Loc, str]]:
    return [(("aliases", index), alias) for index, alias in enumerate(entry.aliases)]
