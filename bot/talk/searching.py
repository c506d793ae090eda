"""`/search`: whatever of the course comes nearest to some words, concepts, papers and lessons together."""

from bot.chat.post import Buttons, Heading, Post, Small, Text
from bot.curriculum.lookup import Hit
from bot.curriculum.model import Course
from bot.talk.asking import Asking, quoted, sentence
from bot.talk.gists import gist
from bot.talk.lookups import comes_later, hit_button

MOST = 5
"""Entries in one answer: as many as buttons stand in a row."""


def search(asking: Asking) -> Post:
    """`/search WORDS`."""
    words = asking.command.options.get("words", "")
    if not words:
        return sentence("What shall I look for? Write it behind the command, like `/search training out a backdoor`.")
    up_to_day = asking.up_to_day()
    if up_to_day == 0:
        return sentence("Nothing is open yet: look-ups begin with your cohort's first lesson.")
    hits = asking.lookup.find(words, up_to_day=up_to_day, limit=MOST)
    if up_to_day is not None and comes_later(asking, ("concept", "paper", "lesson"), words, up_to_day):
        return sentence(f"“{quoted(words)}” comes later in the course: your cohort is on day {up_to_day}.")
    if not hits:
        return sentence(f"Nothing that you have reached is near “{quoted(words)}”. Try other words.")
    return _found_post(asking.course, words, hits)


def _found_post(course: Course, words: str, hits: tuple[Hit, ...]) -> Post:
    title = "What the course has on it"
    said = "" if hits[0].sure else "Not sure that it is among these; they come nearest."
    lines = "\n".join(_line(course, hit) for hit in hits)
    asked = Small(f"You asked for: {' '.join(words.split())[:80]}")
    blocks = (Heading(title, 1), asked, *((Text(said),) if said else ()), Text(lines))
    return Post(title=title, blocks=(*blocks, Buttons(tuple(map(hit_button, hits)))))


def _line(course: Course, hit: Hit) -> str:
    if hit.kind == "concept":
        return f"- **{quoted(hit.name)}**, a concept: {quoted(gist(course.concepts[hit.id].definition), 300)}"
    if hit.kind == "paper":
        paper = course.papers[int(hit.id)]
        return f"- **{hit.id}. {quoted(hit.name, 120)}**, a paper: {quoted(gist(paper.headline), 300)}"
    return f"- **Day {hit.id}: {quoted(hit.name)}**, a lesson: {quoted(gist(course.lessons[int(hit.id)].thesis), 300)}"
