"""YAML text → plain values, with the place of every key and value.

Reads the parser's events once and resolves scalars itself. A course needs mappings, lists and scalars; what else YAML
can do (anchors, aliases, merges, tags, several documents) is refused, so no file can grow when it is read.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

from bot.curriculum.problems import Loc, Places, Problem, Spot, shortened
from bot.curriculum.syntax import FORBIDDEN, hidden_problems, says_hidden, syntax_problem

MAX_DEPTH = 20
MAX_NODES = 20_000
"""A lesson has about 100 nodes in 6 levels."""

_CONSTANTS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **{
        form: word in ("true", "yes", "on")
        for word in ("true", "false", "yes", "no", "on", "off")
        for form in (word, word.capitalize(), word.upper())
    },
}
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,15})")
_FLOAT = re.compile(r"[-+]?([0-9]{1,16}\.[0-9]{0,16}|\.[0-9]{1,16})")
_STRING_TAG = "tag:yaml.org,2002:str"


@dataclass(frozen=True)
class Document:
    """What one file holds: `refused` are paths whose value only stands in for what was refused."""

    value: object
    places: Places
    problems: tuple[Problem, ...]
    refused: frozenset[Loc]


def to_document(text: str, file: str) -> Document:
    """Read one YAML document. Never raises for what `text` holds: whatever is wrong is among the problems."""
    reader = _Reader(file)
    reader.problems.extend(hidden_problems(text, file))
    value: object = None
    try:
        value = reader.document(yaml.parse(FORBIDDEN.sub("\ufffd", text), Loader=yaml.CSafeLoader))
    except _Stop:
        pass
    except yaml.MarkedYAMLError as error:
        reader.problems.append(syntax_problem(file, error))
    except yaml.YAMLError as error:
        reader.problems.append(Problem(file, 1, 1, "", f"this is not YAML ({error}): save it as UTF-8 text"))
    places = Places(file, reader.keys, reader.values, reader.written)
    return Document(value, places, tuple(reader.problems), frozenset(reader.refused))


class _Stop(Exception):
    """The rest of the file is not worth reading."""


@dataclass
class _Reader:
    file: str
    problems: list[Problem] = field(default_factory=list)
    refused: set[Loc] = field(default_factory=set)
    keys: dict[Loc, Spot] = field(default_factory=dict)
    values: dict[Loc, Spot] = field(default_factory=dict)
    written: dict[Loc, str] = field(default_factory=dict)

    def document(self, events: Iterator[yaml.Event]) -> object:
        next(events)
        if isinstance(next(events), yaml.StreamEndEvent):
            self._refuse((), Spot(), "this file is empty: write its fields, one `name: value` a line")
            return None
        value = self._node(events, next(events), ())
        next(events)
        after = next(events)
        if not isinstance(after, yaml.StreamEndEvent):
            self._refuse((), _spot(after), "a second document begins here: delete the `---` line")
        return value

    def _node(self, events: Iterator[yaml.Event], event: yaml.Event, loc: Loc) -> object:
        self.values[loc] = _spot(event)
        if len(loc) > MAX_DEPTH or len(self.values) > MAX_NODES:
            self._refuse(
                (), _spot(event), "this file is nested too deeply or holds too much: no course file needs that"
            )
            raise _Stop
        self._refuse_extras(event, loc)
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(events, loc)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(events, loc)
        return self._scalar(event, loc) if isinstance(event, yaml.ScalarEvent) else None

    def _mapping(self, events: Iterator[yaml.Event], loc: Loc) -> dict[str, object]:
        found: dict[str, object] = {}
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            key = self._key(events, event, loc)
            here = (*loc, key)
            if key in found:
                says = f"stands here a second time (first on line {self.keys[here].line}): keep one"
                self.problems.append(Places(self.file).problem(here, says, _spot(event)))
                self._skip(events)
                continue
            self.keys[here] = _spot(event)
            found[key] = self._node(events, next(events), here)
        return found

    def _key(self, events: Iterator[yaml.Event], event: yaml.Event, loc: Loc) -> str:
        if isinstance(event, yaml.ScalarEvent) and event.value != "<<":
            self._refuse_extras(event, (*loc, event.value))
            return str(event.value)
        self._refuse(loc, _spot(event), "a key is a plain field name here: write `name: value`")
        raise _Stop

    def _sequence(self, events: Iterator[yaml.Event], loc: Loc) -> list[object]:
        found: list[object] = []
        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            found.append(self._node(events, event, (*loc, len(found))))
        return found

    def _scalar(self, event: yaml.ScalarEvent, loc: Loc) -> object:
        text = str(event.value)
        if hidden := (FORBIDDEN.search(text) or re.search("\r", text)):
            self.refused.add(loc)
            self._refuse(loc, _spot(event), says_hidden(hidden[0]))
        if not event.implicit[0]:
            return text
        value = _resolved(text)
        if not isinstance(value, str):
            self.written[loc] = text
        return value

    def _skip(self, events: Iterator[yaml.Event]) -> None:
        """Read past one node that nobody needs."""
        depth = 0
        for event in events:
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth <= 0:
                return

    def _refuse_extras(self, event: yaml.Event, loc: Loc) -> None:
        if isinstance(event, yaml.AliasEvent):
            self.refused.add(loc)
            self._refuse(loc, _spot(event), f"`*{event.anchor}` repeats another place: write the text out here")
        elif isinstance(event, yaml.NodeEvent) and event.anchor:
            self._refuse(
                loc, _spot(event), f"`&{event.anchor}` marks a place to repeat: delete it, and write out each text"
            )
        tag = getattr(event, "tag", None)
        if tag and tag not in ("!", _STRING_TAG):
            self.refused.update([loc] if loc else [])
            self._refuse(
                loc, _spot(event), f"`{shortened(tag)}` is a type of its own: delete it and write a plain value"
            )

    def _refuse(self, loc: Loc, at: Spot, says: str) -> None:
        self.problems.append(Places(self.file).problem(loc, says, at))


def _spot(event: yaml.Event) -> Spot:
    mark = event.start_mark
    return Spot(mark.line + 1, mark.column + 1) if mark else Spot()


def _resolved(text: str) -> object:
    """What a plain scalar means. Dates stay text; so do numbers that YAML would read in base 8 or 60."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text
