"""The desk's templates and its own files."""

import hashlib
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.chat.markdown import shown
from bot.cohorts.rights import Audience, Right
from bot.web.desk.table import DOORS
from bot.web.reader.prose import to_html

_HERE = Path(__file__).parent
STATIC = "static"

_PAGES = {door.path: door.audience for door in DOORS if door.verb == "GET"}


@dataclass(frozen=True)
class StaticFile:
    """A style sheet, a script or a picture of ours. name: with a mark of its content, so that it can be kept for ever:
    another content is another name."""

    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True)
class Shell:
    """What all pages share. root: where the desk begins, as browsers see it ("/desk"); every address of ours is made
    with `at`. says: what was just done, once. rights: the cohorts that the visitor may open, for the way from one to
    another; none for who is not signed in. course: its title."""

    root: str
    says: str = ""
    rights: tuple[Right, ...] = ()
    course: str = ""

    def at(self, path: str) -> str:
        """The address of a door: "/c/3" → "/desk/c/3"."""
        return f"{self.root}{path}"

    def opens(self, path: str, audience: Audience) -> bool:
        """Whether there is such a page, and who is `audience` there may open it: for the way to it."""
        return path in _PAGES and audience >= _PAGES[path]

    def file(self, name: str) -> str:
        """The address of a file in `static/`: "desk.css". Raises KeyError for one that is not there."""
        return f"{self.root}/{STATIC}/{_BY_NAME[name].name}"


def rendered(template: str, shell: Shell, **values: Any) -> str:
    """A page from its template. Raises UndefinedError when a template asks for what is not there."""
    return _templates.get_template(template).render(shell=shell, **values)


def static_file(name: str) -> StaticFile | None:
    """The file of ours that has this name, mark included."""
    return _STATIC.get(name)


def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalized,
    )
    made.filters.update(md=to_html)
    return made


def _finalized(value: Any) -> Any:
    """Anybody's text without what cannot be shown; escaping comes after. HTML of ours stays as it is."""
    return shown(value) if type(value) is str else value


def _load_static() -> Mapping[str, StaticFile]:
    """By the name that they have in the folder."""
    files = (path for path in sorted((_HERE / STATIC).iterdir()) if path.is_file())
    return {path.name: _to_static(path) for path in files}


def _to_static(path: Path) -> StaticFile:
    content = path.read_bytes()
    mark = hashlib.sha256(content).hexdigest()[:12]
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return StaticFile(f"{path.stem}.{mark}{path.suffix}", kind, content)


_templates = _environment()
_BY_NAME = _load_static()
_STATIC = {each.name: each for each in _BY_NAME.values()}
