import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from homeroom_command import Homeroom

from bot.config import HOME, Settings
from bot.logs import QUIET


@pytest.fixture
def homeroom(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Homeroom]:
    """The command in an empty folder, with nothing set."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("CURRICULUM_DIR", str(HOME / "tests" / "week_7"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    before = {name: logging.getLogger(name).level for name in QUIET}
    yield Homeroom(tmp_path, monkeypatch, capsys)
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)
