"""Names as people type them: one form for comparing."""

import re
import unicodedata

MAX_QUERY = 200
"""Characters of a query that are read. The longest name in the course has about 100."""

_STOP_WORDS = """a an and any are as at be but by can could did do does for from had has have he her him his how i if
in into is it its just like me more most much my no not of off on only or our out really say she should so some such
than that the their them then there these they this those to too up very was we were what when where which while who
whose why will with would you your"""

_WORD = re.compile(r"[^\W_]+")
_STOP = frozenset(_STOP_WORDS.split())
_FOREIGN = re.compile(r"[^\x00-\x7f]")
_COMPOUND = re.compile(r"[^\W_]+(?:-[^\W_]+){2,}")


def folded(text: str) -> str:
    """Lower-case words without accents, one space apart; hyphens and all other signs count as spaces.

    Takes any text, lone surrogates and NUL included, and never returns them.
    """
    plain = text if text.isascii() else _FOREIGN.sub(_without_accent, unicodedata.normalize("NFKD", text))
    return " ".join(_WORD.findall(plain.casefold()))


def content_words(text: str) -> list[str]:
    """The words of a folded text that tell one name from another."""
    return [word for word in text.split() if len(word) > 1 and word not in _STOP]


def shortened_names(name: str) -> tuple[str, ...]:
    """What people may type for short: "Chain-of-thought faithfulness" → ("cot faithfulness", "cotf")."""
    compounds = folded(_COMPOUND.sub(lambda match: _initials(match[0]), name))
    return tuple({short for short in (compounds, _initials(name)) if len(short) > 2 and short != folded(name)})


def _without_accent(match: re.Match[str]) -> str:
    return "" if unicodedata.combining(match[0]) else match[0]


def _initials(name: str) -> str:
    return "".join(word[0] for word in folded(name).split())
