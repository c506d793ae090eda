"""The whole reader as files that open from disk."""

from collections.abc import Callable
from pathlib import Path

from bot.curriculum.model import Course
from bot.web.reader.pages import cut, page_names, page_of


def export_pages(
    course: Course, up_to_day: int | None, folder: Path, starting: Callable[[int], Callable[[int], None]]
) -> int:
    """Write every page into `folder`, made where it is missing; other files in it are left alone. How many there are.

    starting: told how many pages there will be; what it returns is told after each how many are done. Raises OSError.
    """
    open_course = cut(course, up_to_day)
    names = list(page_names(open_course))
    done = starting(len(names))
    for number, name in enumerate(names, 1):
        page = page_of(open_course, name, authors=up_to_day is None)
        assert page is not None, f"{name} is in the list of pages"
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(page.text.encode("utf-8", "replace"))
        done(number)
    return len(names)
