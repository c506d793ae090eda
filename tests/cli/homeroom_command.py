"""The command as a person runs it: in this process where that is quick, in one of its own where it has to listen."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.cli import main
from bot.config import HOME, Settings


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Homeroom:
    """`homeroom("check", "--json")` runs it in `folder`, on that folder's own database."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def __call__(self, *words: str) -> Ran:
        self._capsys.readouterr()
        self._monkeypatch.setattr(sys, "argv", ["homeroom", *words])
        code = _ended()
        said = self._capsys.readouterr()
        return Ran(code, said.out, said.err)

    def set(self, **settings: str) -> None:
        for name, value in settings.items():
            self._monkeypatch.setenv(name, value)


def _ended() -> int:
    """The exit code of `main`."""
    try:
        main()
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def clean_environment(more: Mapping[str, str]) -> dict[str, str]:
    """The environment without any setting of ours, and with `more`."""
    ours = {name.upper() for name in Settings.model_fields}
    return {name: value for name, value in os.environ.items() if name not in ours} | dict(more)


async def spawn(folder: Path, *words: str, **settings: str) -> asyncio.subprocess.Process:
    """`homeroom` as its own process, working in `folder`."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "from bot.cli import main; main()",
        *words,
        cwd=folder,
        env=clean_environment(
            {
                "CURRICULUM_DIR": str(HOME / "tests" / "week_7"),
                "PYTHONPATH": str(HOME),
                "PYTHONDONTWRITEBYTECODE": "1",
                **settings,
            }
        ),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


async def run(folder: Path, *words: str, **settings: str) -> Ran:
    process = await spawn(folder, *words, **settings)
    out, err = await asyncio.wait_for(process.communicate(), 30)
    return Ran(process.returncode or 0, out.decode(), err.decode())
