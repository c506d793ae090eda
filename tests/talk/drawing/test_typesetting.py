"""One picture, one program: it ends with the picture, and what goes wrong in it stays in it."""

import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from bot.talk.drawing import typesetting
from bot.talk.drawing.letters import spelled, without_emoji
from bot.talk.drawing.typesetting import CannotSet, lacking, typeset

EMPTY = {
    "cohort": "Autumn",
    "which": "nobody",
    "names": [],
    "answered": [],
    "days": [],
    "weeks": [],
    "pitch": 20,
    "square": 18,
    "width": 20,
    "squares": "",
    "legend": [],
}
PNG = b"\x89PNG\r\n\x1a\n"


def children() -> set[str]:
    return set(Path(f"/proc/{os.getpid()}/task/{threading.get_native_id()}/children").read_text().split())


def setter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    """Another program in the setter's place."""
    file = tmp_path / "setter.py"
    file.write_text(program)
    monkeypatch.setattr(typesetting, "SETTER", file)


def test_a_picture_leaves_no_program_behind() -> None:
    before = children()
    assert typeset("heat_map.typ", EMPTY, "png").startswith(PNG)
    assert children() == before


@pytest.mark.parametrize(
    "program",
    ["import os; os.abort()", "import sys; sys.exit(1)", "pass", "x = bytearray(1 << 62)"],
    ids=["killed", "failed", "silent", "no-memory"],
)
def test_a_program_that_breaks_off_is_a_clear_error_and_the_next_picture_is_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str, logged
) -> None:
    with monkeypatch.context() as broken:
        setter(tmp_path, broken, program)
        with pytest.raises(CannotSet, match="broke off"):
            typeset("heat_map.typ", EMPTY, "png")
    assert "drawing outcome=failed" in logged()[-1].getMessage()
    assert typeset("heat_map.typ", EMPTY, "png").startswith(PNG)


def test_a_program_that_never_ends_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    setter(tmp_path, monkeypatch, "import time; time.sleep(600)")
    monkeypatch.setattr(typesetting, "WITHIN", 1.5)
    before = children()
    with pytest.raises(CannotSet, match="longer than"):
        typeset("heat_map.typ", EMPTY, "png")
    assert children() == before


def test_who_waits_too_long_for_a_turn_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typesetting, "WITHIN", 0.05)
    with typesetting._turn, pytest.raises(CannotSet, match="too much is being drawn"):
        typeset("heat_map.typ", EMPTY, "png")


def test_the_program_is_given_no_secret_and_may_not_use_all_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", "a secret")
    with monkeypatch.context() as looking:
        setter(tmp_path, looking, "import os; print(sorted(os.environ))")
        assert b"DISCORD_TOKEN" not in typeset("heat_map.typ", EMPTY, "png")
    limits = (
        "from resource import RLIMIT_AS, RLIMIT_CORE, getrlimit; import runpy;"
        f"runpy.run_path({str(typesetting.SETTER)!r})['_hold_to_limits']();"
        "print(getrlimit(RLIMIT_AS), getrlimit(RLIMIT_CORE))"
    )
    told = subprocess.run([sys.executable, "-c", limits], capture_output=True, text=True, check=True).stdout
    assert told.split() == ["(1073741824,", "1073741824)", "(0,", "0)"]


def test_an_error_in_a_template_names_its_place_and_nobodys_words() -> None:
    with pytest.raises(CannotSet) as told:
        typeset("heat_map.typ", {**EMPTY, "pitch": "the words of somebody"}, "png")
    assert re.fullmatch(r"heat_map\.typ:\d+", str(told.value))


def test_letters_that_no_font_has_are_found_and_all_others_are_not() -> None:
    missing = lacking(["Ada Zoë Šárka Привет Ελλάδα שלום مرحبا\n\t\u202e\u200d", "\u0378 and 🦄"])
    assert "\u0378" in missing
    assert missing <= {"\u0378", "🦄"}


def test_each_letter_is_asked_about_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    lacking(["ꙮ"])
    setter(tmp_path, monkeypatch, "import os; os.abort()")
    lacking(["ꙮꙮ and Ada"])


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        ("Thanks 🙂!", "Thanks [slightly smiling face]!"),
        ("👩\u200d💻", "[woman][personal computer]"),
        ("👍🏽", "[thumbs up sign]"),
        ("🇨🇭", "[C][H]"),
        ("漢字", "▯▯"),
        ("שלום", "שלום"),
        ("می\u200cخواهم", "می\u200cخواهم"),
    ],
    ids=["smile", "joined", "tone", "flag", "letters", "known", "non-joiner"],
)
def test_what_no_font_has_is_named_or_a_box(text: str, becomes: str) -> None:
    assert spelled(text, frozenset("🙂👩💻👍🏽🇨🇭漢字")) == becomes


def test_a_name_goes_without_its_emoji() -> None:
    assert without_emoji("🦄 Ada 👩\u200d💻", frozenset("🦄👩💻")) == "Ada"
