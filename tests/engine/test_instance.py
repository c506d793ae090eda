"""One embedded bot a record."""

import subprocess
import sys
from pathlib import Path

import pytest

from bot.config import HOME
from bot.engine.instance import AlreadyRunning, only_instance

HOLD = """
import sys, pathlib
from bot.engine.instance import only_instance
with only_instance(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_process_is_refused_with_a_clear_sentence_until_the_first_is_gone(tmp_path: Path):
    record = tmp_path / "homeroom.db"
    command = [sys.executable, "-c", HOLD, str(record)]
    with subprocess.Popen(command, cwd=HOME, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(AlreadyRunning) as refused, only_instance(record):
            pytest.fail("two at once")
        assert str(refused.value) == (
            f"another Homeroom is running on {record}: stop it, or set DATABASE_URL to another file"
        )
        holder.kill()
        holder.wait()
    with only_instance(record):
        pass


def test_other_records_and_none_are_free(tmp_path: Path):
    with only_instance(tmp_path / "one.db"), only_instance(tmp_path / "two.db"), only_instance(None):
        pass
    with only_instance(tmp_path / "one.db"):
        pass


def test_a_folder_that_is_not_there_is_told_by_whoever_opens_the_record(tmp_path: Path):
    with only_instance(tmp_path / "nowhere" / "homeroom.db"):
        pass
