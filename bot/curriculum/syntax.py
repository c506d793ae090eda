"""What makes a file no YAML at all: the parser's complaints and invisible characters, in words for authors."""

import re
from itertools import islice

import yaml

from bot.curriculum.problems import Problem, Spot

FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)
"""Control characters, lone surrogates, and the invisible ones that reorder or break a line."""


def hidden_problems(text: str, file: str) -> list[Problem]:
    """The first twenty forbidden characters of `text`, each with its place."""
    problems = []
    for match in islice(FORBIDDEN.finditer(text), 20):
        line = text.count("\n", 0, match.start()) + 1
        column = match.start() - text.rfind("\n", 0, match.start())
        problems.append(Problem(file, line, column, "", says_hidden(match[0])))
    return problems


def says_hidden(character: str) -> str:
    return f"the invisible character U+{ord(character):04X} stands in the text: delete it"


def syntax_problem(file: str, error: yaml.MarkedYAMLError) -> Problem:
    mark = error.problem_mark or error.context_mark
    if error.context_mark and any(words in str(error.problem) for words in ("end of stream", "expected ':'")):
        mark = error.context_mark
    spot = Spot(mark.line + 1, mark.column + 1) if mark else Spot()
    told = next((cure for words, cure in _CURES if words in str(error.problem)), None)
    says = told or f"this is not YAML ({error.problem}): check the indentation, the colons and the quotes"
    return Problem(file, spot.line, spot.column, "", says)


_CURES = (
    ("tab character", "indent with spaces, not with a tab"),
    (
        "mapping values are not allowed",
        "a `: ` stands inside a value: put the value in quotes, or on lines of its own after `|`",
    ),
    (
        "cannot start any token",
        "this character cannot begin a value: put the value in quotes, and indent with spaces only",
    ),
    ("unexpected end of stream", "a quote that opens here is never closed: close it"),
    (
        "could not find expected ':'",
        "a line here is neither `name: value` nor further in than its field: check colon and indentation",
    ),
    (
        "did not find expected key",
        "this line does not fit what stands around it: check its indentation and the quotes above",
    ),
    (
        "did not find expected '-'",
        "a list ends here without its line being further out: begin the line with `- ` or indent it as its field",
    ),
    ("sequence entries are not allowed", "a list begins on the line below its field's name: move `- ` there"),
    ("found undefined tag", "`!` begins a type of its own: put the value in quotes"),
)
