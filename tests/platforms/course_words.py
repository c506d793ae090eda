"""The course as its YAML files say it: which passages each post is to show, in which order, and what of it is ours.

Read with nothing but a YAML parser (a first sentence is `gist`'s). Words of ours (`ours`) are spelled out here, so that
nothing unforeseen can stand between an author's passages.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import course_ties
import yaml
from written import May, Said, Written, in_address, markdown, plain, table

from bot.config import HOME
from bot.talk.gists import gist

FOLDER = HOME / "curriculum"
Entry = Mapping[str, Any]


@cache
def files(folder: Path, kind: str) -> tuple[Entry, ...]:
    """Every file of a kind ("lessons", "papers", "concepts"), in the order of their names."""
    return tuple(yaml.safe_load(path.read_text()) for path in sorted((folder / kind).glob("*.yaml")))


@cache
def about(folder: Path) -> Entry:
    return yaml.safe_load((folder / "course.yaml").read_text())


class Words:
    """Collects what a post is to show: `ours` are words of the program, `theirs` an author's markdown, `line` a plain
    line of an author's."""

    def __init__(self, folder: Path = FOLDER, texts: Mapping[str, str] | None = None) -> None:
        self.folder, self.texts = folder, texts
        self.written = Written()
        self.seen: list[str] = []

    def ours(self, *says: str) -> None:
        self.written.atoms += map(Said, says)

    def line(self, text: str) -> None:
        self.seen.append(text)
        self.written.atoms.append(plain(text))

    def theirs(self, text: str) -> None:
        self.seen.append(text)
        read = markdown(text)
        self.written.atoms += read.atoms
        self.written.links += read.links
        self.written.pictures += read.pictures

    def link(self, title: str, url: str | None) -> None:
        self.line(title)
        if url:
            self.written.links.append(url)
            self.written.atoms.append(May((f"({url})", f"({in_address(url)})")))
            self.seen.append(url)

    def paper(self, number: int) -> Entry:
        return next(each for each in files(self.folder, "papers") if each["number"] == number)

    def material(self, name: str) -> str:
        return self.texts[name] if self.texts is not None else (self.folder / "materials" / name).read_text("utf-8-sig")


def channel_lesson(lesson: Entry, words: Words) -> Words:
    """What the channel gets before the prompts."""
    _head(lesson, words)
    _opening(lesson, words)
    _theory(lesson, words)
    _work(lesson, words, asks=False)
    _materials(lesson, words, closed=False)
    _questions(lesson, words)
    _rubric(lesson, words)
    prompts = len(prompts_of(lesson))
    words.ours(
        "Nothing to hand in today."
        if not prompts
        else "One writing prompt follows, with its thread."
        if prompts == 1
        else f"{prompts} writing prompts follow, each with its thread."
    )
    return words


def whole_lesson(lesson: Entry, words: Words) -> Words:
    """The lesson from the first word to the last."""
    _head(lesson, words)
    _opening(lesson, words)
    if lesson.get("study"):
        words.ours("What the study did")
        words.theirs(lesson["study"])
    _theory(lesson, words)
    words.ours("How far the claim goes", "Shown")
    words.theirs(lesson["claim"]["shown"])
    words.ours("Not shown")
    words.theirs(lesson["claim"]["not_shown"])
    _links("How it hangs together", lesson.get("links") or (), words)
    words.line(lesson["meaning"]["title"])
    words.theirs(lesson["meaning"]["text"])
    _links("Ahead", lesson.get("ahead") or (), words)
    _work(lesson, words, asks=True)
    _materials(lesson, words, closed=True)
    _questions(lesson, words)
    _rubric(lesson, words)
    _answers(lesson, words)
    words.ours("The expert move", "A novice")
    words.theirs(lesson["expert"]["novice"])
    words.ours("An expert")
    words.theirs(lesson["expert"]["expert"])
    words.ours("In an interview")
    words.theirs(lesson["interview"])
    if lesson.get("takeaways"):
        words.ours("Takeaways")
        for each in lesson["takeaways"]:
            words.theirs(each)
    words.ours("Sources")
    for each in lesson["sources"]:
        _source(each, words)
    return words


def prompt(lesson: Entry, number: int, words: Words) -> Words:
    """Prompt `number` (from 1) of a lesson."""
    asked = prompts_of(lesson)[number - 1]
    words.ours(f"Day {lesson['day']} · {_label(lesson, number)} · ")
    words.line(asked["length"]["text"])
    words.theirs(asked["ask"])
    words.ours("Answer in the thread, or privately with the button. A late answer counts too.")
    return words


def paper(entry: Entry, words: Words) -> Words:
    """A briefing, for somebody who may see the whole course."""
    words.line(entry["category"])
    words.ours("·")
    for number, each in enumerate(entry["organisations"]):
        words.ours(*("," if number else ""))
        words.line(each)
    words.ours("·", _when(entry["date"], entry.get("date_precision", "month")))
    words.ours(*(["· ★ carries the course"] if entry.get("star") else []))
    words.ours(f"{entry['number']}.")
    words.line(entry["title"])
    words.ours("In one line")
    words.theirs(entry["headline"])
    number = entry.get("arxiv") and f"arXiv {entry['arxiv']}"
    venue = None if number and entry.get("venue") == "arXiv" else entry.get("venue")
    facts = [entry["authors"], entry["type"], venue, number]
    words.ours(" · ".join(filter(None, facts)))
    lessons = {each["day"]: each for each in files(words.folder, "lessons")}
    lesson = course_ties.claim_of(entry, files(words.folder, "papers"), lessons)
    if lesson is not None:
        words.ours(f"Shown, as day {lesson['day']} puts it")
        words.theirs(lesson["claim"]["shown"])
    words.ours("Not shown")
    words.theirs(entry["not_shown"])
    words.ours(f"Read on {course_ties.in_words([day for day in entry['days'] if day in lessons])}")
    words.ours("Summary")
    words.theirs(entry["summary"])
    words.ours("Key concepts")
    named = {each["id"]: each["name"] for each in files(words.folder, "concepts")}
    for each in entry["key_concepts"]:
        words.line(named.get(each["concept"], each["concept"]))
        words.theirs(each["text"])
    if entry.get("note"):
        words.ours("Note")
        words.theirs(entry["note"])
    for title, field in (("Influenced by", "influenced_by"), ("Influences", "influences")):
        words.ours(*([title] if entry.get(field) else []))
        for each in entry.get(field) or ():
            title = words.paper(each["paper"])["title"]
            words.ours(f"{each['paper']}.", f"{title if len(title) <= 45 else title.partition(': ')[0]}:")
            words.theirs(each["why"])
    words.ours("Read the paper")
    words.written.links.append(entry["url"])
    return words


def concept(entry: Entry, words: Words) -> Words:
    words.line(entry["name"])
    if entry.get("aliases"):
        words.ours(f"Also: {', '.join(entry['aliases'][:4])}")
    words.theirs(entry["definition"])
    for label, field in (("For example", "example"), ("Easily confused", "confusion")):
        if entry.get(field):
            words.ours(label)
            words.theirs(entry[field])
    course = (
        {each["id"]: each for each in files(words.folder, "concepts")},
        {each["day"]: each for each in files(words.folder, "lessons")},
    )
    claim = course[1][entry["day"]]["claim"]
    words.ours(f"Shown on day {entry['day']}", gist(claim["shown"]), "Not shown", gist(claim["not_shown"]))
    words.ours(course_ties.taught(entry, *course))
    for heading, lines in (
        ("Builds on", course_ties.builds_on(entry, *course)),
        ("What builds on it", course_ties.built_on_by(entry, *course)),
    ):
        words.ours(*([heading] if lines else []))
        words.written.atoms += markdown("\n".join(f"- {line}" for line in lines)).atoms
    return words


def prompts_of(lesson: Entry) -> list[Entry]:
    return [step["prompt"] for step in lesson["work"]["steps"] if step.get("prompt")]


def passages(value: Any, skip: frozenset[str]) -> Iterator[str]:
    """Every text that stands in a file, except under the names in `skip`."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            if name not in skip:
                yield from passages(inner, skip)
    elif isinstance(value, Sequence):
        for inner in value:
            yield from passages(inner, skip)


def _head(lesson: Entry, words: Words) -> None:
    course = about(words.folder)
    part = next(p for p in course["parts"] if any(w["number"] == lesson["week"] for w in p["weeks"]))
    weeks = sum(len(each["weeks"]) for each in course["parts"])
    words.ours(
        f"Week {lesson['week']} of {weeks} · Part {part['id']} — {part['title']} ·"
        f" Day {lesson['day']} of {course['days']} · ~{lesson['minutes']} minutes · {lesson['kind'].capitalize()}"
    )
    words.line(lesson["title"])
    words.line(lesson["subtitle"])


def _opening(lesson: Entry, words: Words) -> None:
    words.ours("Where we start" if lesson["day"] == 1 else f"The question that Day {lesson['day'] - 1} leaves")
    words.theirs(lesson["question"])
    words.ours("Thesis")
    words.theirs(lesson["thesis"])
    if lesson.get("framing"):
        words.ours("How to read this")
        words.theirs(lesson["framing"])


def _theory(lesson: Entry, words: Words) -> None:
    words.ours("Core theory")
    for number, point in enumerate(lesson["theory"], 1):
        words.ours(f"{number} ·")
        words.line(point["title"])
        words.theirs(point["text"])


def _work(lesson: Entry, words: Words, *, asks: bool) -> None:
    words.ours("Today's work:")
    words.line(lesson["work"]["title"])
    prompts = 0
    for number, step in enumerate(lesson["work"]["steps"], 1):
        words.ours(f"{number}.")
        if step.get("reading"):
            _reading(step["reading"], words)
        elif step.get("lab"):
            words.theirs(step["lab"])
        else:
            prompts += 1
            _asked(lesson, step["prompt"], prompts, words, asks)


def _asked(lesson: Entry, asked: Entry, number: int, words: Words, asks: bool) -> None:
    if asks:
        words.theirs(asked["ask"])
        words.ours("(")
    else:
        words.ours(f"Write: {_label(lesson, number).lower()} below (")
    words.line(asked["length"]["text"])
    words.ours(")" if asks else ").")


def _reading(reading: Entry, words: Words) -> None:
    known = words.paper(reading["paper"]) if reading.get("paper") is not None else {}
    title, url = reading.get("title") or known.get("title"), reading.get("url") or known.get("url")
    if title:
        words.ours("Read")
        words.link(title, url)
        _sections(reading.get("sections"), words)
        words.ours(".")
    words.theirs(reading["text"])


def _source(source: Entry, words: Words) -> None:
    known = words.paper(source["paper"]) if source.get("paper") is not None else {}
    if known:
        words.ours(f"{known['authors']}, {known['date'].year}:")
    words.link(
        source.get("title") or known.get("title") or f"Paper {source['paper']}", source.get("url") or known.get("url")
    )
    _sections(source.get("sections"), words)


def _sections(sections: str | None, words: Words) -> None:
    if sections:
        words.ours(",")
        words.written.atoms.append(May(("sections", "section")))
        words.line(sections)


def _links(title: str, links: Sequence[Entry], words: Words) -> None:
    words.ours(*([title] if links else []))
    for each in links:
        words.ours(f"Day {each['day']}:" if each.get("day") else f"Week {each['week']}:")
        words.theirs(each["why"])


def _materials(lesson: Entry, words: Words, *, closed: bool) -> None:
    for each in lesson.get("materials") or ():
        words.line(each["title"])
        if each.get("note"):
            words.theirs(each["note"])
        text = words.material(each["file"])
        if each.get("closed") and not closed:
            words.ours("It holds answers, so it waits in the whole lesson.")
        elif each["file"].endswith(".csv"):
            header, *rows = [row for row in csv.reader(io.StringIO(text)) if row]
            words.line(each["title"])
            words.written.atoms.append(table(header, rows))
        elif each["file"].endswith(".md"):
            words.theirs(text)
        else:
            words.line(text)


def _questions(lesson: Entry, words: Words) -> None:
    words.ours(*(["Closed notes"] if lesson.get("questions") else []))
    for number, each in enumerate(lesson.get("questions") or (), 1):
        words.ours(f"{number}.")
        words.theirs(each["ask"])


def _answers(lesson: Entry, words: Words) -> None:
    words.ours(*(["To check your answers against"] if lesson.get("questions") else []))
    for number, each in enumerate(lesson.get("questions") or (), 1):
        words.ours(f"{number}.")
        words.theirs(each["answer"])
        words.ours(f"(Day {each['day']})")


def _rubric(lesson: Entry, words: Words) -> None:
    words.ours(*(["What a good piece of work shows"] if lesson.get("rubric") else []))
    for each in lesson.get("rubric") or ():
        words.line(each["name"])
        words.ours(":")
        words.theirs(each["looks_for"])
    if lesson.get("partner"):
        words.ours("With a partner")
        words.theirs(lesson["partner"])


def _label(lesson: Entry, number: int) -> str:
    prompts = len(prompts_of(lesson))
    return "Prompt" if prompts == 1 else f"Prompt {number} of {prompts}"


def _when(day: date, precision: str) -> str:
    return f"{day.day} {day:%B %Y}" if precision == "day" else f"{day:%B %Y}"
