"""The templates, and the two style sheets."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.chat.markdown import shown
from bot.curriculum.model import Course
from bot.web.reader import addresses, views
from bot.web.reader.prose import to_html
from bot.web.reader.sheets import file_size, to_sheet

_HERE = Path(__file__).parent

STYLE_SHEET = (_HERE / "reader.css").read_text(encoding="utf-8")
ICON = (_HERE / "icon.svg").read_text(encoding="utf-8")


def rendered(template: str, **values: Any) -> str:
    """A page from its template. Raises UndefinedError when a template asks for what is not there."""
    return _templates.get_template(template).render(**values)


def parts_style(course: Course) -> str:
    """Each part's colour as its class's `--part`. The model holds ids to a letter and colours to six digits."""
    return "".join(f".part-{part.id} {{ --part: {part.colour}; }}\n" for part in course.about.parts)


def influence_style(course: Course) -> str:
    """In the drawing of all papers, the lines of the one that is pointed at or has the keyboard: those to later papers
    dashed, as on its own page."""
    return "".join(
        f".map:has(.box-{number}:is(:hover, :focus-visible)) :is(.from-{number}, .to-{number})"
        " { opacity: 1; stroke: var(--link); stroke-width: 2; }\n"
        f".map:has(.box-{number}:is(:hover, :focus-visible)) .from-{number} {{ stroke-dasharray: 6 3; }}\n"
        for number in course.papers
    )


def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalized,
    )
    made.filters.update(md=to_html, sheet=to_sheet, file_size=file_size, sections=views.sections_words)
    made.globals.update(at=addresses, view=views)
    return made


def _finalized(value: Any) -> Any:
    """Plain text of the course, without what cannot be shown; escaping comes after. HTML of ours stays as it is."""
    return shown(value) if type(value) is str else value


_templates = _environment()
