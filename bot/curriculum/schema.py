"""JSON Schemas of the course's files, from the same model that the loader validates with.

An editor with the YAML language server (VS Code's YAML extension, Neovim, Emacs and others) completes fields, shows
what belongs into them and underlines mistakes while an author types. Write each schema beside the course as
`schemas/KIND.schema.json`, then either begin a file with its modeline

    # yaml-language-server: $schema=../schemas/lesson.schema.json

or map folders once, in the editor's settings:

    "yaml.schemas": {
      "curriculum/schemas/lesson.schema.json": "curriculum/lessons/*.yaml",
      "curriculum/schemas/paper.schema.json": "curriculum/papers/*.yaml",
      "curriculum/schemas/concept.schema.json": "curriculum/concepts/*.yaml",
      "curriculum/schemas/course.schema.json": "curriculum/course.yaml"
    }
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from bot.curriculum.hints import HINTS
from bot.curriculum.model import FILES
from bot.curriculum.problems import Loc

Schema = dict[str, Any]

_EXACTLY_ONE = {"Step": ("reading", "lab", "prompt"), "Link": ("day", "week")}
"""Rules that the model checks after its fields, and that a schema has to be told."""


@cache
def schemas() -> Mapping[str, Schema]:
    """The JSON Schema (draft 2020-12) of each kind of file: lesson, paper, concept, course."""
    return {kind: _schema(kind) for kind in FILES}


def fields_at(kind: str, loc: Loc) -> tuple[str, Mapping[str, Schema]]:
    """The model's name and the fields of the mapping at `loc` in a file of `kind`; ("", {}) where none belongs."""
    schema = schemas()[kind]
    place = schema
    for part in loc:
        place = place.get("items", {}) if isinstance(part, int) else place.get("properties", {}).get(part, {})
        place = _resolved(place, schema)
    return str(place.get("title", "")), place.get("properties", {})


def _schema(kind: str) -> Schema:
    schema = FILES[kind].json_schema()
    for model in (schema, *schema.get("$defs", {}).values()):
        name = str(model.get("title", ""))
        for key, hint in HINTS.get(name, {}).items():
            model["properties"][key]["description"] = hint
        if name in _EXACTLY_ONE:
            model["oneOf"] = [{"required": [key]} for key in _EXACTLY_ONE[name]]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _resolved(place: Schema, schema: Schema) -> Schema:
    """Follow a reference, and the one alternative of an optional field that is not null."""
    for choice in place.get("anyOf", ()):
        if choice.get("type") != "null":
            place = choice
    reference = str(place.get("$ref", ""))
    return schema["$defs"].get(reference.rpartition("/")[2], place) if reference else place
