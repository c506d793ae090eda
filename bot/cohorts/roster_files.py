"""A roster as it comes in a CSV file: read whole, and every problem told with its line and its cure. Pure.

The first line names the columns, in any order and whatever else stands between: `id` (as the platform gives it, also as
a mention), and if wanted `name`, `role` (learner, facilitator or observer) and `joined` (a date). Commas, semicolons or
tabs part them; a spreadsheet of any country writes one of these.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from bot.cohorts.cohorts import LEARNER
from bot.cohorts.roles import ROLES

MOST_BYTES = 1_000_000
MOST_ROWS = 5_000
MOST_PROBLEMS = 200
"""Told at once: in a file of another kind every line is one."""

COLUMNS = ("id", "name", "role", "joined")
LONGEST_NAME = 200
YEARS = range(2000, 2200)
"""As for a cohort's start: an earlier or later date is a slip."""

_IDS: Mapping[str, tuple[re.Pattern[str], str]] = {
    "discord": (re.compile(r"[1-9][0-9]{14,19}"), "the member's id, a number of 17 to 20 digits"),
    "slack": (re.compile(r"[UW][A-Z0-9]{2,20}"), "the member ID, which begins with U or W"),
}
"""What a person's reference looks like, where the platform's own reference says so (Discord: Snowflakes; Slack: a
user's id begins with U or W), and what to write instead."""

_ANY_ID = (re.compile(r"[A-Za-z0-9_-]{1,64}"), "their id, of letters, numbers, - and _")
_MENTION = re.compile(r"<@!?([^<>|]*)(?:\|[^<>]*)?>")


@dataclass(frozen=True)
class Problem:
    """What is wrong in a line of the file (from 1), and what to do about it."""

    line: int
    says: str


@dataclass(frozen=True)
class Row:
    """One person. name: "" where the file has none. joined: counts only for who has not been in the cohort before."""

    line: int
    ref: str
    name: str
    role: str
    joined: date | None


@dataclass(frozen=True)
class Sheet:
    """A file that has been read. ignored: columns that mean nothing here."""

    rows: tuple[Row, ...] = ()
    problems: tuple[Problem, ...] = ()
    ignored: tuple[str, ...] = ()


@dataclass
class _Reading:
    """How far reading has come. lines: reference → the line in which it stands."""

    platform: str
    rows: list[Row] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    lines: dict[str, int] = field(default_factory=dict)

    def problem(self, line: int, says: str) -> None:
        self.problems.append(Problem(line, says))


def read_roster(raw: bytes, platform: str) -> Sheet:
    """The file of a cohort on this platform. Never raises: what is wrong with it is in `problems`."""
    if len(raw) > MOST_BYTES:
        return _unreadable(1, f"The file is larger than {MOST_BYTES // 1_000_000} MB: part it into several.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        return _unreadable(line, "This is not UTF-8: save the file as “CSV UTF-8”.")
    reading, records = _Reading(platform), _records(text.replace("\0", "\N{REPLACEMENT CHARACTER}"))
    names: Sequence[str] = ()
    try:
        line, header = next(records, (1, []))
        names = [name.strip().casefold() for name in header]
        if says := _bad_header(names):
            return _unreadable(line, says)
        _read_rows(reading, names, records)
    except _Broken as broken:
        says = 'From here on this is no CSV: a quote inside of quotes is written "", and the last one is closed.'
        reading.problem(broken.line, says)
    if not reading.rows and not reading.problems:
        reading.problem(1, "Nobody stands below the first line.")
    ignored = tuple(name for name in names if name and name not in COLUMNS)
    return Sheet(tuple(reading.rows), tuple(reading.problems[:MOST_PROBLEMS]), ignored)


class _Broken(Exception):
    """From this line on nothing can be read."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


def _unreadable(line: int, says: str) -> Sheet:
    return Sheet(problems=(Problem(line, says),))


def _records(text: str) -> Iterator[tuple[int, list[str]]]:
    """(line, cells) of each record that is not empty. Raises _Broken."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error:
            raise _Broken(line) from None
        if cells is None:
            return
        if any(cell.strip() for cell in cells):
            yield line, cells


def _delimiter(text: str) -> str:
    """Whichever parts the first line into the most columns."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    return max(",;\t", key=first.count)


def _bad_header(names: Sequence[str]) -> str | None:
    if "id" not in names:
        return "The first line has to name the columns, one of them `id`: like id,name,role."
    doubled = next((name for name in COLUMNS if names.count(name) > 1), None)
    return f"The column {doubled} stands there twice: leave one out." if doubled else None


def _read_rows(reading: _Reading, names: Sequence[str], records: Iterator[tuple[int, list[str]]]) -> None:
    for number, (line, cells) in enumerate(records):
        if number == MOST_ROWS:
            reading.problem(line, f"More than {MOST_ROWS:,} people: part the file into several.")
            return
        if any(cell.strip() for cell in cells[len(names) :]):
            reading.problem(line, "More cells than columns: put quotes around a name with a comma in it.")
            continue
        values = dict(zip(names, (cell.strip() for cell in cells), strict=False))
        _read_row(reading, line, values)


def _read_row(reading: _Reading, line: int, values: Mapping[str, str]) -> None:
    before = len(reading.problems)
    ref, name, role = _ref(reading, line, values), values.get("name", ""), values.get("role", "").casefold()
    if len(name) > LONGEST_NAME:
        reading.problem(line, f"The name is longer than {LONGEST_NAME} characters: shorten it.")
    if role and role not in ROLES:
        reading.problem(line, f"“{_short(role)}” is no role: write learner, facilitator or observer.")
    joined = _joined(reading, line, values.get("joined", ""))
    if len(reading.problems) == before:
        reading.rows.append(Row(line, ref, " ".join(name.split()), role or LEARNER, joined))


def _ref(reading: _Reading, line: int, values: Mapping[str, str]) -> str:
    typed = values.get("id", "")
    mention = _MENTION.fullmatch(typed)
    ref = mention[1] if mention else typed.removeprefix("@")
    shape, wanted = _IDS.get(reading.platform, _ANY_ID)
    if not shape.fullmatch(ref):
        reading.problem(
            line, f"“{_short(typed)}” is no id: write {wanted}." if typed else f"The id is missing: write {wanted}."
        )
    elif ref in reading.lines:
        reading.problem(line, f"{ref} stands in line {reading.lines[ref]} already: leave one out.")
    else:
        reading.lines[ref] = line
    return ref


def _joined(reading: _Reading, line: int, typed: str) -> date | None:
    try:
        joined = date.fromisoformat(typed) if typed else None
    except ValueError:
        joined = date.min
    if joined is not None and joined.year not in YEARS:
        reading.problem(line, f"“{_short(typed)}” is no date to join on: write it like 2026-09-01.")
    return joined


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:39]}…"
