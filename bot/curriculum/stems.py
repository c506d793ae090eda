"""Words brought to a form in which their kin meet: "trained", "training" and "trains" are one.

A light stemmer for English: one ending is taken off, the most telling first, as in the first steps of Porter's
algorithm (1980). It need not be right, only the same for a question and for a text.
"""

_ENDINGS = (
    *(("ational", "ate"), ("ization", "ize"), ("isation", "ize"), ("ising", "ize"), ("ised", "ize"), ("ise", "ize")),
    *(("fulness", "ful"), ("ousness", "ous"), ("iveness", "ive"), ("ibility", "ible"), ("ability", "able")),
    *(("ically", "ic"), ("ingly", ""), ("edly", ""), ("ments", ""), ("ment", ""), ("ness", ""), ("ions", "ion")),
    *(("ies", "y"), ("ied", "y"), ("sses", "ss"), ("ing", ""), ("ers", "er"), ("ed", ""), ("ly", ""), ("es", "e")),
    ("s", ""),
)
_LEAST = 3
"""Letters that stay when an ending goes."""


def stem(word: str) -> str:
    """A folded word's stem; short words and numbers are their own."""
    if len(word) <= _LEAST or word.isdigit():
        return word
    for ending, instead in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _LEAST and not _is_no_plural(word, ending):
            word = word[: -len(ending)] + instead
            break
    if len(word) > 4 and word[-1] == word[-2] and word[-1] not in "ls":
        word = word[:-1]  # running → run
    if len(word) > 4 and word.endswith("e"):
        word = word[:-1]
    if len(word) > 4 and word.endswith("y"):
        word = word[:-1] + "i"
    return word[:-3] if len(word) > 6 and word.endswith("ion") else word


def _is_no_plural(word: str, ending: str) -> bool:
    return ending == "s" and word.endswith(("ss", "us", "is"))
