"""The reader as files: every link leads to a file that is there."""

import re
from pathlib import Path

import pytest
from whole_course import whole_course

from bot.web.reader.exporting import export_pages

COURSE = whole_course()


@pytest.mark.parametrize("day", [None, 32, 1, 0])
def test_all_links_resolve_on_disk(tmp_path: Path, day: int | None):
    done: list[int] = []
    number = export_pages(COURSE, day, tmp_path, lambda total: (done.append(-total), done.append)[1])
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(written) == number == -done[0]
    assert done[1:] == list(range(1, number + 1))
    for path in written:
        if path.suffix == ".html":
            text = path.read_text()
            for link in re.findall(r'(?:href|src)="([^"]*)"', text):
                target, _, anchor = link.partition("#")
                if link.startswith(("https://", "http://")):
                    continue
                assert (path.parent / target).is_file() if target else f'id="{anchor}"' in text, (path.name, link)


def test_other_files_in_the_folder_stay_and_a_second_export_is_the_same(tmp_path: Path):
    (tmp_path / "notes.txt").write_text("mine")
    export_pages(COURSE, 5, tmp_path, lambda total: lambda done: None)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    export_pages(COURSE, 5, tmp_path, lambda total: lambda done: None)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
    assert (tmp_path / "notes.txt").read_text() == "mine"
