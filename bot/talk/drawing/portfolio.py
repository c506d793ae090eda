"""A member's portfolio as a paper to keep or to print (PDF, made for screen readers as well)."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from bot.chat.markdown import Code, Grid, Item, Paragraph, Piece, Quote, Runs, Title, shown, to_pieces, words
from bot.cohorts.paths import Stage, Step
from bot.cohorts.writing import Written
from bot.talk.drawing.letters import BOX, spelled
from bot.talk.drawing.typesetting import lacking, typeset
from bot.talk.portfolios import (
    Portfolio,
    answered_steps,
    chapter_title,
    chapters,
    counted_words,
    day_words,
    praise_words,
    said_words,
    stage_title,
    written_words,
)

Value = dict[str, Any]

MOST, MOST_BLOCKS = 50_000, 1_000
"""Characters, and lines or paragraphs, of one message that are set: more than Slack lets anybody send (40,000), about
twenty pages. What is longer says so, and stands in the Markdown."""

SHORT = 30
"""Letters of a name at the head of every page."""

LINE_MOST = 4_000
WORD_MOST = 40
"""Of a line that is set as one paragraph, and of what is set without a place to break it."""

_ITEM = re.compile(r"(\s*)([-*•–]|\d{1,3}[.)])\s+(?=\S)")


def portfolio_pdf(portfolio: Portfolio) -> bytes:
    """The paper; to be called in a thread, outside any transaction that writes. Raises CannotSet."""
    values = _values(portfolio)
    texts = list(_strings(values))
    missing = lacking(texts)
    values["note"] = _note(texts, missing)
    return typeset("portfolio.typ", _spelled(values, missing), "pdf")


def _values(portfolio: Portfolio) -> Value:
    path = portfolio.path
    weeks = [
        {"title": chapter_title(each), "stages": [_stage(portfolio, stage) for stage in each.stages]}
        for each in chapters(portfolio)
    ]
    return {
        "name": _breakable(portfolio.name, 24),
        "short": portfolio.name if len(portfolio.name) <= SHORT else f"{portfolio.name[: SHORT - 1]}…",
        "course": portfolio.course.about.title,
        "cohort": portfolio.cohort,
        "counted": counted_words(portfolio),
        "joined": f"Joined on {day_words(path.joined_on)}",
        "made": f"Made on {portfolio.on(portfolio.now)}",
        "weeks": weeks,
    }


def _stage(portfolio: Portfolio, stage: Stage) -> Value:
    lesson = portfolio.course.lessons.get(stage.lesson)
    return {
        "title": stage_title(stage),
        "date": day_words(stage.local_date),
        "question": _course_words(lesson.question) if lesson else [],
        "steps": [_step(portfolio, step, answer) for step, answer in answered_steps(stage)],
    }


def _step(portfolio: Portfolio, step: Step, answer: Written) -> Value:
    return {
        "ask": _course_words(step.ask),
        "texts": [_own_words(each) for each in answer.texts],
        "when": written_words(portfolio, answer),
        "praise": praise_words(answer),
        "notes": [
            {"by": f"Feedback from {said_words(portfolio, each)}", "text": _own_words(each.text)}
            for each in answer.notes
        ],
    }


def _own_words(text: str) -> list[Value]:
    """Paragraphs and lists as they were typed: markup is shown, not carried out."""
    clean = shown(text).strip()
    blocks = list(islice(_paragraphs(clean[:MOST]), MOST_BLOCKS))
    if len(clean) > MOST or len(blocks) == MOST_BLOCKS:
        blocks.append(_block("cut", "The rest is too long to be printed; the portfolio as Markdown has all of it."))
    return blocks


def _paragraphs(text: str) -> Iterator[Value]:
    for passage in re.split(r"\n\s*\n", text):
        lines = passage.split("\n")
        for number, line in enumerate(lines):
            item = _ITEM.match(line)
            kind = "item" if item else "line" if number else "paragraph"
            rest = line[item.end() :] if item else line.strip()
            for first in range(0, max(len(rest), 1), LINE_MOST):
                block = _block(kind if not first else "line", rest[first : first + LINE_MOST])
                yield {**block, "marker": item[2].replace("-", "–").replace("*", "•")} if item and not first else block


def _block(kind: str, text: str) -> Value:
    return {"kind": kind, "text": _breakable(text), "rtl": _is_right_to_left(text)}


def _breakable(text: str, most: int = WORD_MOST) -> str:
    return re.sub(rf"\S{{{most}}}(?=\S)", lambda found: f"{found[0]}\u200b", text)


def _is_right_to_left(text: str) -> bool:
    """By its first letter that has a direction, as browsers do."""
    strong = (unicodedata.bidirectional(letter) for letter in text[:1_000])
    return next((each for each in strong if each in ("L", "R", "AL")), "L") != "L"


def _course_words(markdown: str) -> list[Value]:
    return [block for piece in to_pieces(shown(markdown)) for block in _course_blocks(piece)]


def _course_blocks(piece: Piece) -> Iterator[Value]:
    match piece:
        case Paragraph(runs) | Quote(runs) | Title(runs):
            yield {"kind": "paragraph", "runs": _runs(runs)}
        case Item(runs, _, marker):
            yield {"kind": "item", "marker": marker, "runs": _runs(runs)}
        case Code(text):
            yield {"kind": "code", "text": text}
        case Grid(header, rows):
            for row in (header, *rows):
                yield {"kind": "line", "runs": [_run(" · ".join(words(cell) for cell in row))]}


def _runs(runs: Runs) -> list[Value]:
    return [_run(each.text, each.strong, each.emphasis, each.code) for each in runs]


def _run(text: str, strong: bool = False, emphasis: bool = False, code: bool = False) -> Value:
    return {"text": text, "strong": strong, "emphasis": emphasis, "code": code}


def _note(texts: Sequence[str], missing: frozenset[str]) -> str:
    if not any(BOX in spelled(letter, missing) for letter in missing):
        return ""
    return (
        f"Some letters in this paper stand as {BOX}, because the machine that set it has no font for them. "
        "The portfolio as Markdown has every one."
    )


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _strings(each)
    elif isinstance(value, list):
        for each in value:
            yield from _strings(each)


def _spelled(value: Any, missing: frozenset[str]) -> Any:
    if isinstance(value, str):
        return spelled(value, missing)
    if isinstance(value, dict):
        return {key: _spelled(each, missing) for key, each in value.items()}
    return [_spelled(each, missing) for each in value] if isinstance(value, list) else value
