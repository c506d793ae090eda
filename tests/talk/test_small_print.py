"""What stands in small print is shown as it is: no markup, and no command spelled anew by a platform."""

import ast
import re
from pathlib import Path

import bot.talk

SLACKS_OWN = re.compile(r"/(join|leave|search)\b")
"""Commands of ours that Slack has one of its own for."""


def _printed(source: str) -> list[str]:
    """The texts that go straight into a `Small`."""
    calls = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    small = (call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "Small")
    parts = (part for call in small for argument in call.args for part in ast.walk(argument))
    return [part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)]


def test_no_small_print_holds_markup_or_a_command_that_is_slacks_own() -> None:
    folder = Path(bot.talk.__file__).parent
    texts = [text for file in sorted(folder.rglob("*.py")) for text in _printed(file.read_text())]
    assert len(texts) > 40
    assert [text for text in texts if re.search("`|\\*\\*", text) or SLACKS_OWN.search(text)] == []
