"""The JSON Schemas for editors say the same as the loader."""

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from made_up_course import FILES as TEXTS

from bot.curriculum.hints import HINTS
from bot.curriculum.model import FILES
from bot.curriculum.places import to_document
from bot.curriculum.schema import fields_at, schemas

KINDS = {"lessons": "lesson", "papers": "paper", "concepts": "concept", ".": "course"}


def validator_of(name: str) -> Draft202012Validator:
    return Draft202012Validator(schemas()[KINDS[str(Path(name).parent)]])


def test_there_is_a_valid_schema_for_each_kind_of_file() -> None:
    assert set(schemas()) == set(FILES)
    for schema in schemas().values():
        Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("name", TEXTS)
def test_an_editor_accepts_what_the_loader_accepts(name: str) -> None:
    assert list(validator_of(name).iter_errors(to_document(TEXTS[name], name).value)) == []


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("concepts/wind-load.yaml", "day: 6", "dya: 6"),
        ("concepts/wind-load.yaml", "day: 6", "day: six"),
        ("lessons/day-06.yaml", "kind: concept", "kind: idea"),
        ("lessons/day-06.yaml", "- day: 5", "- week: 1\n    day: 5"),
        ("lessons/day-06.yaml", "    - prompt:", "    - lab: x\n      prompt:"),
    ],
)
def test_an_editor_underlines_what_the_loader_refuses(name: str, old: str, new: str) -> None:
    assert list(validator_of(name).iter_errors(to_document(TEXTS[name].replace(old, new), name).value))


def test_every_field_of_the_model_says_what_to_write() -> None:
    for schema in schemas().values():
        for model in (schema, *schema.get("$defs", {}).values()):
            assert all("description" in field for field in model.get("properties", {}).values()), model["title"]


def test_no_hint_outlives_its_field() -> None:
    models = {model["title"] for each in schemas().values() for model in (each, *each.get("$defs", {}).values())}
    assert set(HINTS) <= models


def test_the_fields_of_a_place_are_found_through_lists_and_optional_parts() -> None:
    assert fields_at("lesson", ("work", "steps", 3, "prompt", "length"))[0] == "Length"
    assert list(fields_at("course", ("parts", 0, "weeks", 1))[1]) == ["number", "title"]
    assert fields_at("lesson", ("nothing", 0)) == ("", {})
