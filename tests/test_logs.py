"""What is logged: one line an outcome, in which nobody finds a token or a member's words (T57)."""

import json
import logging
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import IntegrityError

from bot.chat.port import PlatformError, Reason
from bot.config import Settings
from bot.logs import SECRET, Json, Lines, escaped, to_fields

MARK = "Quokka7Words"
PASSWORD = "s3cret-of-the-database"
DISCORD = "MTIzNDU2Nzg5MDEyMzQ1Njc4.GabcdE.abcdefghijklmnopqrstuvwxyz_ABCDEFGHIJKL"


def record(said: str, *args: Any, name: str = "bot.engine", error: BaseException | None = None) -> logging.LogRecord:
    trace = (type(error), error, error.__traceback__) if error else None
    return logging.LogRecord(name, logging.ERROR, __file__, 1, said, args, trace)


def raised(call: Callable[[], Any]) -> BaseException:
    try:
        call()
    except Exception as error:
        return error
    raise AssertionError("it was to fail")


def formatted(made: logging.LogRecord, *secrets: str) -> tuple[str, str]:
    return Lines(secrets).format(made), Json(secrets).format(made)


@pytest.mark.parametrize(
    "secret",
    [
        "xoxb-1234567890-abcdefABCDEF",
        "xapp-1-A123-456-abcdef0123",
        "xoxe.xoxp-1-Mi0yLTEyMzQ",
        DISCORD,
        f"postgresql+psycopg://homeroom:{PASSWORD}@db.example/homeroom",
        f"http://user:{PASSWORD}@proxy.example:8080",
        f"host=db password={PASSWORD} user=homeroom",
        f"host=db password='{PASSWORD} x' user=homeroom",
        f"Authorization: Bot {DISCORD}",
        "Authorization: Bearer abcdefghijklmnopqrstuvwxyz",
        "the-very-value-configured",
    ],
)
def test_what_looks_like_a_secret_or_is_one_is_replaced(secret: str):
    for line in formatted(record("call outcome=failed detail=%s", secret), "the-very-value-configured"):
        assert secret not in line
        assert PASSWORD not in line
        assert "abcdefghijkl" not in line
        assert "abcdefABCDEF" not in line
        assert SECRET in line
        assert "call outcome=failed" in line


def test_ordinary_lines_lose_nothing():
    for said in (
        "delivery id=7 outcome=done day=32 messages=3 late_s=2",
        "platform name=slack outcome=ready url=https://slack.com/api/chat.postMessage time=09:00",
        "course kept=last-good problem='lessons/day-01.yaml:3:1: title: write one'",
    ):
        text_line, json_line = formatted(record(said.replace("%", "%%")), "homero", "abc")
        assert text_line.endswith(said)
        assert json.loads(json_line)["message"] == said


def test_a_secret_in_a_traceback_is_not_shown_and_neither_is_what_it_quotes():
    leak = raised(lambda: {}[f"{MARK} postgresql://u:{PASSWORD}@h/d"])
    own = PlatformError(Reason.REFUSED, "invalid_auth xoxb-123456-abcdef")
    own.__cause__ = leak
    for line in formatted(record("tick outcome=failed", error=raised(lambda: _raise(own)))):
        assert MARK not in line
        assert PASSWORD not in line
        assert "xoxb" not in line
        assert "test_logs.py" in line
        assert "builtins.KeyError" in line
        assert "bot.chat.port.PlatformError: refused: invalid_auth [secret]" in line


def test_what_the_database_quotes_is_not_shown():
    engine = create_engine("sqlite://")
    with closing(engine.raw_connection()) as raw:
        raw.execute("CREATE TABLE t (words TEXT CHECK (length(words) < 3))")

    def insert() -> None:
        with engine.begin() as connection:
            connection.execute(text("INSERT INTO t VALUES (:words)"), {"words": MARK})

    error = raised(insert)
    assert isinstance(error, IntegrityError)
    assert MARK in str(error)  # that is what a library would log
    foreign = record(f"Failed to run listener function (error: {error})", name="slack_bolt.App", error=error)
    for line in (*formatted(foreign), *formatted(record("event outcome=not-kept", error=error))):
        assert MARK not in line
        assert "IntegrityError" in line
    assert "Failed to run listener function" in Lines().format(foreign)
    engine.dispose()


def test_of_a_librarys_line_only_what_is_constant_is_kept():
    never = f"Task exception was never retrieved\nfuture: <Task exception=ValueError('{MARK}')>"
    assert Lines().format(record(never, name="asyncio")).endswith("asyncio Task exception was never retrieved")
    line = Lines().format(record("Ignoring exception in %s for %r", "on_message", MARK, name="discord.client"))
    assert line.endswith("Ignoring exception in %s for %r")
    assert MARK in Lines().format(record("x=%s", MARK))  # our own lines are ours to keep clean


@pytest.mark.parametrize("breaker", ["\n", "\r\n", "\x0b", "\x1b[2K", "\x00", "\u2028", "\x85", "\u202e", "\ud800"])
def test_nothing_that_is_logged_can_begin_a_line_of_its_own_or_move_the_cursor(breaker: str):
    forged = f"x{breaker}2026-09-07 07:00:00,000 CRITICAL bot delivery id=1 outcome=dead"
    text_line, json_line = formatted(record("command name=%s outcome=failed", forged))
    for line in (text_line, json_line):
        assert len(line.splitlines()) == 1
        assert breaker not in line
        line.encode()
    fields = json.loads(json_line)["fields"]
    assert fields["outcome"] == "dead"  # an unquoted value can; so what comes from outside is logged quoted:
    quoted = json.loads(formatted(record("command name=%r outcome=failed", forged))[1])["fields"]
    assert quoted["outcome"] == "failed"
    error = raised(lambda: _raise(PlatformError(Reason.REFUSED, forged)))
    lines = Lines().format(record("tick outcome=failed", error=error)).splitlines()
    assert all(line.startswith("| ") for line in lines[1:])


def test_fields_of_a_message_are_told_apart_and_the_first_counts():
    said = "delivery id=7 outcome=retry reason=busy cure='set A=1, \\'b\\'' detail=\"it's\" outcome=done"
    assert to_fields(said) == {
        "id": "7",
        "outcome": "retry",
        "reason": "busy",
        "cure": "set A=1, \\'b\\'",
        "detail": "it's",
    }
    assert to_fields("nothing here") == {}
    assert escaped("a\tb\u202ec") == "a\\tb\\u202ec"


def test_every_secret_setting_is_known_by_its_name():
    settings = Settings(
        database_url="postgresql://homeroom:p%40ss-word@h/d", discord_token="d-token", slack_signing_secret="signing"
    )
    assert settings.secrets == {"p%40ss-word", "p@ss-word", "d-token", "signing"}
    tame = Settings(database_url="postgresql://homeroom:homeroom@h/homeroom")
    assert tame.secrets == frozenset()  # else every line with the word would lose it; the URL's shape hides it


def _raise(error: BaseException) -> None:
    raise error
