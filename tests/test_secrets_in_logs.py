"""The whole program at its most talkative tells neither its tokens nor a member's words (I6)."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from bot.config import HOME, Settings
from bot.fakes.discord import FakeDiscord
from bot.fakes.slack import FakeSlack, Timing

MARK = "Quokka7Words"
DISCORD = "MTIzNDU2Nzg5MDEyMzQ1Njc4.GabcdE.abcdefghijklmnopqrstuvwxyz_ABCDEFGHIJKL"

TALKATIVE = """
import logging
logging.getLogger("bot").setLevel(logging.DEBUG)
from bot.cli import main
main()
"""


CRASH = """
import threading
from bot.cli.saying import log_to_stderr
log_to_stderr()
def leak():
    raise ValueError("{secret} {mark}")
thread = threading.Thread(target=leak)
thread.start()
thread.join()
leak()
"""


def test_a_crash_is_told_without_its_text(tmp_path: Path):
    code = CRASH.format(secret=DISCORD, mark=MARK)
    for form in ("text", "json"):
        ran = subprocess.run(
            [sys.executable, "-c", code], cwd=tmp_path, env=environment(LOG_FORMAT=form), capture_output=True, text=True
        )
        assert ran.returncode == 1
        assert ran.stderr.count("program outcome=crashed") == 2
        assert found(ran.stderr, DISCORD, MARK) == []
        if form == "json":
            assert all(json.loads(line)["trace"] for line in ran.stderr.splitlines())


@pytest.mark.parametrize(("form", "platform"), [("text", "discord"), ("json", "slack")])
async def test_at_its_most_talkative_the_program_tells_neither_tokens_nor_words(
    tmp_path: Path, form: str, platform: str
):
    """The real command against the fakes: words in answers, edits, commands, forms and names; and the record is taken
    away while words arrive, which is when libraries speak."""
    said = await _life(tmp_path, TALKATIVE, form, platform)
    assert "outcome=ready" in said
    assert "outcome=done" in said
    assert "outcome=not-kept" in said
    assert said.tokens
    assert found(said, MARK, *said.tokens) == []
    if form == "json":
        lines = [line for line in said.splitlines() if line != "stopped"]
        assert all(json.loads(line)["message"] for line in lines)


async def test_the_search_itself_finds_a_leak(tmp_path: Path):
    """Control: the same life with one line that leaks, and with plain logging in place of ours."""
    leaking = "import bot.logs\nbot.logs.wordless_message = lambda record: record.getMessage()\n"
    leaking += "bot.logs.Redactor.__call__ = lambda self, text: text\n"
    leaking += "bot.logs.wordless_trace = lambda r: str(r.exc_info).splitlines() if r.exc_info else []\n"
    spy = (
        "import os, logging, bot.engine.collecting as c\nkeep = c.keep_together\n"
        "def spied(session, heard):\n"
        "    logging.getLogger('bot.spy').info('%s %s', heard, os.environ['SLACK_BOT_TOKEN'])\n"
        "    return keep(session, heard)\n"
        "c.keep_together = spied\n"
    )
    said = await _life(tmp_path, leaking + spy + TALKATIVE, "text", "slack")
    assert MARK in found(said, MARK, *said.tokens)
    assert len(found(said, MARK, *said.tokens)) > 1


class Said(str):
    """All that a life has said, and the tokens that it was given."""

    tokens: tuple[str, ...] = ()


def found(said: str, *forbidden: str) -> list[str]:
    """Those of the forbidden words that were said."""
    return [each for each in forbidden if each in said]


def environment(**settings: str) -> dict[str, str]:
    ours = {name.upper() for name in Settings.model_fields}
    plain = {name: value for name, value in os.environ.items() if name not in ours}
    return plain | {"CURRICULUM_DIR": str(HOME / "tests" / "week_7"), "PYTHONPATH": str(HOME)} | settings


async def _life(folder: Path, code: str, form: str, platform: str) -> Said:
    """The program connected to both; its members are on one."""
    async with FakeDiscord() as discord, FakeSlack(rate=None, timing=Timing(settle=0.05, retries=())) as slack:
        settings = {
            "DISCORD_TOKEN": discord.token, "DISCORD_API_URL": discord.api_url,
            "DISCORD_GATEWAY_URL": discord.gateway_url, "SLACK_BOT_TOKEN": slack.bot_token,
            "SLACK_APP_TOKEN": slack.app_token, "SLACK_API_URL": slack.api_url, "LOG_FORMAT": form, "WEB_PORT": "0",
        }  # fmt: skip
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", code, "run",
            cwd=folder, env=environment(**settings), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        lines: list[str] = []
        reading = asyncio.create_task(_read(process, lines))
        try:
            await until(lambda: sum("outcome=ready" in line for line in lines) == 2, lines)
            await _act(discord if platform == "discord" else slack, folder / "homeroom.db", lines)
        finally:
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
            await asyncio.wait_for(process.wait(), 20)
            await reading
        said = Said("".join(lines))
        said.tokens = (discord.token, slack.bot_token, slack.app_token)
        return said


async def _act(fake: Any, database: Path, lines: list[str]) -> None:
    """A cohort whose first lesson is due now; members who write words, in every way there is."""
    channel = fake.add_channel("cohort")
    fay, ada = fake.add_person(f"Fay {MARK}", manages=True), fake.add_person(f"Ada {MARK}")
    soon = datetime.now(UTC) - timedelta(minutes=1)
    options = {
        "name": f"Spring {MARK}", "zone": "UTC", "time": soon.strftime("%H:%M"), "first": "31",
        "start": (soon - timedelta(days=7)).strftime("%Y-%m-%d"),
    }  # fmt: skip
    await fake.command(fay, channel, "cohort create", options)
    await fake.command(ada, channel, "join", {})
    await fake.command(ada, channel, "concept", {"name": f"{MARK} ' OR 1=1"})
    with _opened(database) as run:
        run("UPDATE cohorts SET next_due_at = '2026-01-05 09:00:00', next_date = '2026-01-05'")
        await until(lambda: any("Write my answer" in each.raw for each in fake.posts(channel)), lines)
        prompt = next(each for each in fake.posts(channel) if "Write my answer" in each.raw)
        await until(lambda: prompt.thread or _thread(fake, channel, prompt), lines)
        thread = _thread(fake, channel, prompt)
        message = await fake.reply(ada, thread, f"{MARK}\n@everyone {DISCORD}")
        await until(lambda: fake.reactions(message), lines)
        await fake.edit(ada, message, f"{MARK} anew")
        lost = sum("outcome=not-kept" in line for line in lines)
        run("ALTER TABLE members RENAME TO hidden")
        await fake.reply(ada, thread, f"{MARK} while nobody can keep it")
        await until(lambda: sum("outcome=not-kept" in line for line in lines) > lost, lines)
        run("ALTER TABLE hidden RENAME TO members")


def _thread(fake: Any, channel: str, prompt: Any) -> str | None:
    return next((each.thread for each in fake.posts(channel) if each.message == prompt.message), None)


@contextmanager
def _opened(database: Path) -> Iterator[Callable[[str], None]]:
    """Statements on the record of a running program."""
    engine = create_engine(f"sqlite:///{database}", connect_args={"timeout": 15})

    def run(statement: str) -> None:
        with engine.begin() as connection:
            connection.execute(text(statement))

    yield run
    engine.dispose()


async def _read(process: asyncio.subprocess.Process, lines: list[str]) -> None:
    assert process.stdout is not None
    while line := await process.stdout.readline():
        lines.append(line.decode())


async def until(true: Callable[[], object], lines: list[str], seconds: float = 30.0) -> None:
    """Wait for something that is about to happen; an AssertionError with what was logged when it does not."""
    for _ in range(int(seconds / 0.02)):
        if true():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("".join(lines[-30:]))
