"""What a concept builds on and what builds on it, and which lesson sizes a paper's claim, as the YAML files say it: the
same as `bot.curriculum.building`, found another way, for somebody who may see the whole course."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot.talk.gists import gist

Entry = Mapping[str, Any]


def claim_of(paper: Entry, papers: Sequence[Entry], lessons: Mapping[int, Entry]) -> Entry | None:
    """The first paper or concept lesson that reads this paper and no other."""
    readings = Counter(day for each in papers for day in each.get("days") or ())
    fit = [day for day in paper.get("days") or () if day in lessons and readings[day] == 1]
    return next((lessons[day] for day in fit if lessons[day]["kind"] in ("paper", "concept")), None)


def in_words(days: Sequence[int]) -> str:
    *most, last = map(str, days)
    return f"days {', '.join(most)} and {last}" if most else f"day {last}"


def taught(concept: Entry, concepts: Mapping[str, Entry], lessons: Mapping[int, Entry]) -> str:
    lesson = lessons.get(concept["day"])
    beside = [each["name"] for each in _close(concept, concepts) if each["day"] == concept["day"]]
    title = f": {lesson['title']}" if lesson else ""
    return f"Taught on day {concept['day']}{title}{f' · beside {_joined(beside)}' if beside else ''}"


def builds_on(concept: Entry, concepts: Mapping[str, Entry], lessons: Mapping[int, Entry]) -> list[str]:
    own, close = lessons.get(concept["day"]), _close(concept, concepts)
    lines = [*_tied([each for each in close if each["day"] < concept["day"]], lambda each: (own, each["day"]))]
    leant = [concepts[id] for id in (own or {}).get("uses") or () if id in concepts]
    names = [each["name"] for each in sorted(leant, key=_by_day) if each not in close and each["day"] < concept["day"]]
    return [*lines, *([f"What day {concept['day']} leans on: {_joined(names)}"] if names else [])]


def built_on_by(concept: Entry, concepts: Mapping[str, Entry], lessons: Mapping[int, Entry]) -> list[str]:
    later = [each for each in _close(concept, concepts) if each["day"] > concept["day"]]
    lines = [*_tied(later, lambda each: (lessons.get(each["day"]), concept["day"]))]
    told = {each["day"] for each in later}
    users = [day for day, each in lessons.items() if concept["id"] in (each.get("uses") or ()) and day > concept["day"]]
    saying = [day for day in users if day not in told and _why(lessons[day], concept["day"])][:2]
    lines += [f"Day {day}, {lessons[day]['title']}: {_reason(lessons[day], concept['day'])}" for day in saying]
    rest = [day for day in users if day not in saying and day not in told]
    if rest:
        leaning = f"{in_words(rest)} {'lean' if rest[1:] else 'leans'} on it{' too' if lines else ''}"
        lines.append(leaning.replace("day", "Day", 1))
    return lines


def _close(concept: Entry, concepts: Mapping[str, Entry]) -> list[Entry]:
    return sorted((concepts[id] for id in concept.get("related") or () if id in concepts), key=_by_day)


def _by_day(concept: Entry) -> tuple[int, str]:
    return concept["day"], concept["id"]


def _tied(others: Sequence[Entry], link: Any) -> Iterator[str]:
    """Those of one day and one reason stand together."""
    told: dict[tuple[int, str], list[str]] = {}
    for each in others:
        lesson, day = link(each)
        told.setdefault((each["day"], _reason(lesson, day) if lesson else ""), []).append(each["name"])
    for (day, reason), names in told.items():
        yield f"{_joined(names)} (day {day}){f': {reason}' if reason else ''}"


def _why(lesson: Entry, day: int) -> str:
    return next((str(link["why"]) for link in lesson.get("links") or () if link.get("day") == day), "")


def _reason(lesson: Entry, day: int) -> str:
    line = " ".join(_why(lesson, day).split())
    return line if len(line) <= 200 else gist(line, 200)


def _joined(names: Sequence[str]) -> str:
    if len(names) > 5:
        names = [*names[:4], f"{len(names) - 4} more"]
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last
