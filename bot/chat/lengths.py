"""How long a text is, in the units that prompts ask in."""

import re

from bot.chat.markdown import sentence_ends

READ_AT_MOST = 20_000
"""Characters that are counted: far beyond any asked length, and a 1 MB message stays cheap."""


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


def _sentences(line: str) -> int:
    text = re.sub(r"^\s*(?:[-*•–>]|\d+[.)])\s+", "", line).strip()
    starts = [0, *sentence_ends(text)[:-1]]
    ends = sentence_ends(text)
    return sum(bool(re.search(r"\w", text[start:end])) for start, end in zip(starts, ends, strict=True))
