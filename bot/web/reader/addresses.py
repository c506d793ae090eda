"""What every page is called. All names are relative to the reader's root, so a link works wherever that is. How a name
is read back: `bot.curriculum.page_names`."""

INDEX = "index.html"
PAPERS = "papers.html"
CONCEPTS = "concepts.html"
INFLUENCE = "influence.html"
STYLE = "reader.css"
PARTS_STYLE = "parts.css"
ICON = "icon.svg"
FILES = "files/"


def day_page(day: int) -> str:
    return f"day-{day}.html"


def week_page(week: int) -> str:
    return f"week-{week}.html"


def part_page(part: str) -> str:
    return f"part-{part}.html"


def paper_page(number: int) -> str:
    return f"paper-{number}.html"


def concept_page(id: str) -> str:
    return f"concept-{id}.html"


def file_page(name: str) -> str:
    """Where a lesson's data file is downloaded."""
    return FILES + name
