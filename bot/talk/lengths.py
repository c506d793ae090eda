"""Whether an answer has the length that was asked: a gentle word to its writer, never a refusal."""

import re

from bot.chat.markdown import sentence_ends
from bot.curriculum.model import Length

READ_AT_MOST = 20_000
"""Characters that are counted: far beyond any asked length, and a 1 MB message stays cheap."""

SLACK = 1.15
"""Words may run over by this factor before anything is said: a limit in words is a measure, not a trap."""


def count(text: str, unit: str) -> int:
    """How many of the unit a text has. Links and code count as one word each; a bullet or a line ends a sentence."""
    bare = re.sub(r"```.*?(?:```|$)", " code. ", text[:READ_AT_MOST], flags=re.DOTALL)
    bare = re.sub(r"`[^`\n]*`|https?://\S*[^\s.,;:!?)]", "link", bare)
    lines = [line for line in bare.splitlines() if re.search(r"\w", line)]
    if unit == "words":
        return len(re.findall(r"\w[\w'’-]*", bare))
    if unit == "sentences":
        return sum(_sentences(line) for line in lines)
    if unit == "bullets":
        marked = [line for line in lines if re.match(r"\s*(?:[-*•–]|\d+[.)])\s", line)]
        return len(marked or lines)
    rows = [line for line in lines if not re.fullmatch(r"[\s|:+-]+", line)]
    return max(len(rows) - 1, 0) if any(re.search(r"\|\s*:?-{2,}", line) for line in bare.splitlines()) else len(rows)


def length_note(text: str, asked: Length) -> str | None:
    """One friendly sentence when the answer misses what was asked; None when it does not."""
    have = count(text, asked.unit)
    most = int(asked.max * SLACK) if asked.unit == "words" else asked.max
    if have > most:
        return f"It asked for {asked.text}; this has {_amount(have, asked.unit)}. What could go?"
    if asked.min is not None and have < asked.min:
        return f"It asked for {asked.text}; this has {_amount(have, asked.unit)}. What could you add?"
    return None


def _sentences(line: str) -> int:
    text = re.sub(r"^\s*(?:[-*•–>]|\d+[.)])\s+", "", line).strip()
    starts = [0, *sentence_ends(text)[:-1]]
    ends = sentence_ends(text)
    return sum(bool(re.search(r"\w", text[start:end])) for start, end in zip(starts, ends, strict=True))


def _amount(number: int, unit: str) -> str:
    return f"{number} {unit if number != 1 else unit.removesuffix('s')}"
