"""Logging: one line an outcome, key=value or JSON, from which nobody learns a secret or what a member wrote.

Our own lines keep to that by themselves. What a library says, and what a traceback quotes, may hold anything: an event,
the parameters of an INSERT, a URL with its password. So everything is formatted here, once, at the very end.
"""

import json
import logging
import re
import sys
import threading
import traceback
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from types import TracebackType

QUIET = ("discord", "slack_bolt", "slack_sdk", "apscheduler", "procrastinate", "aiohttp", "alembic", "asyncio")
"""Libraries that speak only when something is wrong."""

SECRET = "[secret]"  # noqa: S105 - what stands in a secret's place

_SHAPES = (
    re.compile(r"\bx(?:ox[a-z]|app|wfp)-[\w.-]+"),  # Slack
    re.compile(r"[\w-]{23,28}\.[\w-]{6,7}\.[\w-]{27,}"),  # Discord: id, time and signature in base64
    re.compile(r"(?<=://)[^\s/@]*:[^\s/]*(?=@)"),  # user:password@ in any URL
    re.compile(r"(?<=password=)(?:'[^']*'|[^\s&]+)", re.IGNORECASE),
    re.compile(r"(?<=\b(?:Bot|Jwt) )[\w.-]{20,}|(?<=\bBearer )[\w.~+/-]{16,}"),  # an Authorization header
)

_SHORTEST = 6
"""Letters: a shorter configured value would also be found inside ordinary words."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_FIELD = re.compile(r"""\b([a-z_]+)=('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|\S*)""")
_QUOTING = re.compile("[\\n:('\"<{=\\[]")

_TELLING = (OSError, ImportError, NameError, AttributeError)
"""Exceptions whose text names files and identifiers, and never quotes a value."""


def start_logging(level: int = logging.INFO, *, as_json: bool = False, secrets: Collection[str] = ()) -> None:
    """Log to stderr from now on, uncaught exceptions included. Does nothing where logging has been set up already.

    secrets: the very values that must never be seen; the shapes of known tokens are recognised besides.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Json(secrets) if as_json else Lines(secrets))
    logging.basicConfig(level=level, handlers=[handler])
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.ERROR)
    sys.excepthook = _log_uncaught
    threading.excepthook = lambda args: _log_uncaught(args.exc_type, args.exc_value, args.exc_traceback)


class Redactor:
    """Takes secrets out of a text."""

    def __init__(self, secrets: Collection[str]) -> None:
        longest_first = sorted((each for each in secrets if len(each) >= _SHORTEST), key=len, reverse=True)
        self._values = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def __call__(self, text: str) -> str:
        if self._values is not None:
            text = self._values.sub(SECRET, text)
        for shape in _SHAPES:
            text = shape.sub(SECRET, text)
        return text


class Lines(logging.Formatter):
    """`2026-09-07 07:00:02,113 INFO bot.engine.delivering delivery id=7 outcome=done`; the lines of a traceback begin
    with a bar, so that no text can pass for a line of its own."""

    def __init__(self, secrets: Collection[str] = ()) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s ")
        self._redact = Redactor(secrets)

    def format(self, record: logging.LogRecord) -> str:
        record.asctime = self.formatTime(record)
        said = escaped(self._redact(wordless_message(record)))
        trace = [f"| {escaped(self._redact(line))}" for line in wordless_trace(record)]
        return "\n".join([self.formatMessage(record) + said, *trace])


class Json(logging.Formatter):
    """One JSON object a line: time (UTC), level, logger, message, the message's `fields`, and the `trace` if any."""

    def __init__(self, secrets: Collection[str] = ()) -> None:
        super().__init__()
        self._redact = Redactor(secrets)

    def format(self, record: logging.LogRecord) -> str:
        said = self._redact(wordless_message(record))
        told: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": escaped(said),
            "fields": to_fields(said),
        }
        trace = [escaped(self._redact(line)) for line in wordless_trace(record)]
        return json.dumps(told | ({"trace": trace} if trace else {}), ensure_ascii=True)


def wordless_message(record: logging.LogRecord) -> str:
    """Our own message as it is. Of another's only what is constant: the template without its arguments, or the text up
    to where it may begin to quote something."""
    if record.name == "bot" or record.name.startswith("bot."):
        return record.getMessage()
    template = str(record.msg)
    return template if record.args else _QUOTING.split(template, maxsplit=1)[0].rstrip()


def wordless_trace(record: logging.LogRecord) -> list[str]:
    """The traceback's lines: every frame, and of each exception its type. Its text only where that is ours or names
    nothing but files and identifiers: SQLAlchemy's, for one, quotes the row."""
    if not record.exc_info or record.exc_info[1] is None:
        return []
    return [line for each in _chain(record.exc_info[1]) for line in _one_trace(each)]


def escaped(text: str) -> str:
    """Control characters, line ends and marks that turn the writing direction, each as its escape."""
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape", "backslashreplace").decode(), text)


def to_fields(message: str) -> dict[str, str]:
    """The key=value pairs of a message. Of two with one key the first counts: what comes later may have been quoted."""
    fields: dict[str, str] = {}
    for key, value in _FIELD.findall(message):
        quoted = len(value) > 1 and value[0] in "'\"" and value[-1] == value[0]
        fields.setdefault(key, escaped(value[1:-1] if quoted else value))
    return fields


def _one_trace(error: BaseException) -> Iterable[str]:
    for frame in traceback.extract_tb(error.__traceback__):
        yield f'  File "{frame.filename}", line {frame.lineno}, in {frame.name}'
    kind = f"{type(error).__module__}.{type(error).__qualname__}"
    tells = isinstance(error, _TELLING) or kind.startswith("bot.")
    yield f"{kind}: {error}" if tells else kind


def _chain(error: BaseException) -> list[BaseException]:
    """The exception and what led to it, the first cause first."""
    chain: list[BaseException] = []
    each: BaseException | None = error
    while each is not None and each not in chain:
        chain.append(each)
        each = each.__cause__ or (None if each.__suppress_context__ else each.__context__)
    return chain[::-1]


def _log_uncaught(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    if error is None or issubclass(kind, KeyboardInterrupt):
        return
    logging.getLogger("bot").critical("program outcome=crashed", exc_info=(kind, error, trace))
