"""What comes along with a request, as clean texts."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from aiohttp import web
from aiohttp.web_request import FileField

from bot.web.desk.doors import Upload

MOST_TEXT = 64 * 1024
MOST_FILES = 1024 * 1024
"""Bytes of a whole form."""
MOST_FIELDS = 500
WORTH_KEEPING = 40
"""Characters of a text that somebody would not like to write again."""

_WROTE = web.RequestKey("wrote", tuple[str, ...])


@dataclass(frozen=True)
class Filled:
    """A form as it came."""

    texts: Mapping[str, str] = field(default_factory=dict)
    uploads: Mapping[str, Upload] = field(default_factory=dict)


async def read_form(request: web.Request, *, files: bool) -> Filled | None:
    """The form of a POST; None when it cannot be read as one. Of fields of one name the last one counts. Raises
    HTTPRequestEntityTooLarge."""
    if request.content_type == "multipart/form-data" and not files:
        return None
    limit = MOST_FILES if request.content_type == "multipart/form-data" else MOST_TEXT
    bounded = request.clone(client_max_size=limit, client_max_fields=MOST_FIELDS)
    try:
        fields = await bounded.post()
    except (ValueError, LookupError, AssertionError):  # no UTF-8, an unknown charset, a multipart without its parts
        return None
    texts: dict[str, str] = {}
    uploads: dict[str, Upload] = {}
    for name, value in fields.items():
        if isinstance(value, str):
            texts[cleaned(name)] = cleaned(value)
        elif isinstance(value, FileField):
            with value.file:
                uploads[cleaned(name)] = Upload(cleaned(value.filename), value.file.read())
    request[_WROTE] = tuple(text for name, text in texts.items() if name != "csrf" and len(text) >= WORTH_KEEPING)
    return Filled(texts, uploads)


def wrote(request: web.Request) -> tuple[str, ...]:
    """The longer texts of the form that was read: nobody's words are lost when the form is refused."""
    kept: tuple[str, ...] = request.get(_WROTE, ())
    return kept


def cleaned(text: str) -> str:
    """The text without control characters and half surrogates; every kind of line end becomes a newline."""
    lines = re.sub("\r\n?|[\u0085\u2028\u2029]", "\n", text)
    return re.sub("[\ud800-\udfff]", "\ufffd", re.sub("[\x00-\x08\x0b-\x1f\x7f-\x9f]", "", lines))


def cleaned_all(texts: Mapping[str, str]) -> dict[str, str]:
    return {cleaned(name): cleaned(value) for name, value in texts.items()}
