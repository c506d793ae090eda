"""Has a picture or a paper set by `setter.py`, one at a time."""

import json
import logging
import os
import subprocess
import sys
import threading
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from bot.clock import monotonic

WITHIN = 30.0
"""Seconds that one picture or paper may take, waiting for its turn included. A heat map of 50 members takes 0.1, a
member's whole course 0.5."""

SETTER = Path(__file__).with_name("setter.py")

_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "PYTHONPATH", "LD_LIBRARY_PATH", "TMPDIR", "XDG_DATA_HOME")
_FEW_THREADS = {"RAYON_NUM_THREADS": "2", "MALLOC_ARENA_MAX": "2"}  # else more cores would take more memory
_BROKEN_TEMPLATE = 3  # as the setter has it, which is never imported: it would bring the typesetter into this program
_turn = threading.Lock()
_known: dict[str, bool] = {}  # by character, whether a font here has it: at most as many as there are

log = logging.getLogger(__name__)


class CannotSet(Exception):
    """No picture or paper came of it; trying again later may help."""


def typeset(template: str, values: Mapping[str, Any], form: Literal["png", "pdf"]) -> bytes:
    """The file that a template makes of the values. To be called in a thread, outside any transaction that writes.
    Raises CannotSet."""
    return _ask({"template": template, "values": values, "format": form})


def lacking(texts: Iterable[str]) -> frozenset[str]:
    """The characters of some texts for which no font here has a letter. Raises CannotSet."""
    letters = {letter for letter in set().union(*texts) if not _is_plain(letter)}
    unknown = "".join(sorted(letters - _known.keys()))
    if unknown:
        missing = set(json.loads(_ask({"letters": unknown})))
        _known.update({letter: letter not in missing for letter in unknown})
    return frozenset(letter for letter in letters if not _known[letter])


def _is_plain(letter: str) -> bool:
    """Printable ASCII and the letters of Western Europe, which the fonts that come along have; and what is never seen,
    like marks of direction."""
    return " " <= letter <= "~" or "\u00a1" <= letter <= "\u017f" or unicodedata.category(letter) in ("Cc", "Cf")


def _ask(wanted: Mapping[str, Any]) -> bytes:
    began = monotonic()
    if not _turn.acquire(timeout=WITHIN):
        log.warning("drawing outcome=too-busy seconds=%.0f", WITHIN)
        raise CannotSet("too much is being drawn at the moment")
    try:
        done = subprocess.run(  # noqa: S603 - this Python, and a program of ours
            [sys.executable, "-P", str(SETTER)],
            input=json.dumps(wanted).encode(),
            capture_output=True,
            timeout=max(WITHIN - (monotonic() - began), 1.0),
            env={name: os.environ[name] for name in _PASSED_ON if name in os.environ} | _FEW_THREADS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        log.warning("drawing outcome=too-slow seconds=%.0f", WITHIN)
        raise CannotSet(f"it took longer than {WITHIN:.0f} seconds") from None
    finally:
        _turn.release()
    if done.returncode or not done.stdout:
        log.warning("drawing outcome=failed code=%d", done.returncode)
        place = done.stderr.decode("utf-8", "replace") if done.returncode == _BROKEN_TEMPLATE else ""
        raise CannotSet(place or "its program broke off")
    return done.stdout
