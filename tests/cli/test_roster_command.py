"""`homeroom roster`: what would happen first, and nothing before --apply."""

from pathlib import Path

import pytest
from homeroom_command import Homeroom

ADA, BEN = "100000000000000001", "100000000000000002"
FILE = f"id;name;role;team\n{ADA};Ada;facilitator;x\n{BEN};Ben;;x\n"


@pytest.fixture
def file(homeroom: Homeroom) -> Path:
    homeroom("cohort", "create", "Spring", "--platform", "discord", "--channel", "7", "--workspace", "1")
    path = homeroom.folder / "roster.csv"
    path.write_text(FILE)
    return path


def members(homeroom: Homeroom) -> list[str]:
    return [each["name"] for each in homeroom("report", "Spring", "--json").json["members"]]


def test_a_roster_is_shown_first_and_applied_then(homeroom: Homeroom, file: Path):
    shown = homeroom("roster", "Spring", str(file))
    assert shown.code == 0
    assert "2 added, 0 with a new role, 0 came back, 0 unchanged; nothing done yet, --apply does it" in shown.out
    assert "columns that mean nothing here: team" in shown.out
    assert members(homeroom) == []
    done = homeroom("roster", "Spring", str(file), "--apply", "--json").json
    assert (done["applied"], [each["name"] for each in done["added"]]) == (True, ["Ada", "Ben"])
    assert members(homeroom) == ["Ben"], "a facilitator learns nothing"
    assert homeroom("roster", "Spring", str(file), "--apply", "--json").json["unchanged"] == 2
    assert homeroom("roster", "Spring", str(file)).out.endswith("2 unchanged; nothing done yet, --apply does it\n")


def test_a_bad_line_ends_it_with_its_cure_and_nothing_is_done(homeroom: Homeroom, file: Path):
    file.write_text(FILE + f"{ADA};Again;;\nsoon;x;boss;\n")
    for do in ((), ("--apply",)):
        ran = homeroom("roster", "Spring", str(file), *do)
        assert ran.code == 1
        assert "line 4: 100000000000000001 stands in line 2 already: leave one out." in ran.err
        assert "line 5: “boss” is no role: write learner, facilitator or observer." in ran.err
        assert "nothing was changed" in ran.err
    assert homeroom("roster", "Spring", str(file), "--apply", "--json").json["applied"] is False
    assert members(homeroom) == []


def test_what_is_no_file_or_cohort_is_one_sentence(homeroom: Homeroom, file: Path):
    assert "there is no cohort called Winter" in homeroom("roster", "Winter", str(file)).err
    assert "cannot be read" in homeroom("roster", "Spring", str(file.with_name("none.csv"))).err
    file.write_bytes(b"\xff\xfe" + "id\n1".encode("utf-16-le"))
    assert "save the file as “CSV UTF-8”" in homeroom("roster", "Spring", str(file)).err
    file.write_bytes(b"id\n" + b"1" * 2_000_000)
    assert "larger than 1 MB" in homeroom("roster", "Spring", str(file)).err


def test_archived_cohorts_are_listed_when_asked_for(homeroom: Homeroom, file: Path):
    assert len(homeroom("cohort", "list", "--json").json) == 1
    assert homeroom("cohort", "list", "--archived", "--json").json == homeroom("cohort", "list", "--json").json
