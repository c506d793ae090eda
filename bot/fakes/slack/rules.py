"""Small checks that are put together into Slack's shapes. A rule yields one sentence for each thing that is wrong."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Rule = Callable[[Any, str], Iterator[str]]
_SHOWN_KEYS = frozenset({"text", "caption", "alt_text", "value_text"})


def error(says: str, pointer: str) -> str:
    """As Slack words it in response_metadata.messages."""
    return f"[ERROR] {says} [json-pointer:{pointer}]"


def at(pointer: str, *steps: str | int) -> str:
    return "/".join([pointer, *map(str, steps)])


def string(most: int, least: int = 1) -> Rule:
    def rule(value: Any, pointer: str) -> Iterator[str]:
        if not isinstance(value, str):
            yield error("must be a string", pointer)
        elif len(value) > most:
            yield error(f"must be less than {most + 1} characters", pointer)
        elif len(value) < least:
            yield error(f"must be more than {least - 1} characters", pointer)

    return rule


def number(least: int, most: int) -> Rule:
    def rule(value: Any, pointer: str) -> Iterator[str]:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            yield error(f"must be a whole number from {least} to {most}", pointer)

    return rule


def one_of(*values: str) -> Rule:
    def rule(value: Any, pointer: str) -> Iterator[str]:
        if value not in values:
            yield error(f"unsupported value, expected one of: {', '.join(values)}", pointer)

    return rule


def boolean(value: Any, pointer: str) -> Iterator[str]:
    if not isinstance(value, bool):
        yield error("must be a boolean", pointer)


def anything(value: Any, pointer: str) -> Iterator[str]:
    yield from ()


def items(rule: Rule, most: int, least: int = 1) -> Rule:
    def each(value: Any, pointer: str) -> Iterator[str]:
        if not isinstance(value, list | tuple):
            yield error("must be an array", pointer)
            return
        if len(value) > most:
            yield error(f"no more than {most} items allowed", pointer)
        if len(value) < least:
            yield error(f"no fewer than {least} items allowed", pointer)
        for position, item in enumerate(value[:most]):
            yield from rule(item, at(pointer, position))

    return each


def typed(shapes: Mapping[str, "Shape"], *kinds: str) -> Rule:
    """An object whose `type` is one of `kinds` and that fits the shape of that type."""

    def rule(value: Any, pointer: str) -> Iterator[str]:
        kind = value.get("type") if isinstance(value, dict) else None
        if kind not in kinds:
            yield error(f"unsupported type: {kind}", at(pointer, "type"))
        else:
            yield from shapes[kind](value, pointer)

    return rule


@dataclass(frozen=True)
class Shape:
    """An object: what it must have, what it may have, and a rule over the whole. Nothing else is allowed in it."""

    required: dict[str, Rule]
    optional: dict[str, Rule] = field(default_factory=dict)
    whole: Rule = anything

    def __call__(self, value: Any, pointer: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield error("must be an object", pointer)
            return
        for name in self.required.keys() - value.keys():
            yield error(f"missing required field: {name}", pointer)
        known = {"type": anything, **self.required, **self.optional}
        for name, inner in value.items():
            if name in known:
                yield from known[name](inner, at(pointer, name))
            else:
                yield error(f"invalid additional property: {name}", pointer)
        yield from self.whole(value, pointer)


def strings(value: Any) -> list[str]:
    """Every text that a reader sees in a piece of Block Kit, in order."""
    if isinstance(value, list | tuple):
        return [found for item in value for found in strings(item)]
    if not isinstance(value, dict):
        return []
    found: list[str] = []
    for name, inner in value.items():
        if isinstance(inner, str) and name in _SHOWN_KEYS:
            found.append(inner)
        elif not isinstance(inner, str):
            found += strings(inner)
    return found


def text_length(value: Any) -> int:
    return sum(map(len, strings(value)))
