"""The program that sets one picture or paper and ends. `typesetting` starts it, by its file.

stdin: one JSON object. Either {"letters": text}: stdout is a JSON list of the characters that no font here has. Or
{"template": name, "values": …, "format": "png" or "pdf"}: stdout is the file. The values reach the template as values,
never as markup. What fails in a template ends the program with 3; stderr names the lines, and nobody's words.
"""

import json
import re
import resource
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typst

MEMORY = 1 << 30
SECONDS = 60
BROKEN_TEMPLATE = 3
PIXELS_PER_INCH = 144.0

HERE = Path(__file__).parent
_LACKING = re.compile(r'the text `"((?:[^"\\]|\\.)*)"` could not be displayed')
_PLACE = re.compile(r"┌─ (?:.*/)?(\w+\.typ:\d+)")
_PROBE = b"#for each in json(bytes(sys.inputs.values)) { block(each) }"


def main() -> int:
    _hold_to_limits()
    asked = json.load(sys.stdin)
    fonts = typst.Fonts(include_system_fonts=True)  # a machine may know more letters than those that come along
    try:
        made = _lacking(fonts, asked["letters"]) if "letters" in asked else _set(fonts, asked)
    except typst.TypstError as error:
        sys.stderr.write("; ".join(_PLACE.findall(error.diagnostic)) or "unknown place")
        return BROKEN_TEMPLATE
    sys.stdout.buffer.write(made)
    return 0


def _hold_to_limits() -> None:
    """Words of any length and kind are set here: they may cost so much and no more, and leave no dump behind."""
    for kind, most in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CPU, SECONDS), (resource.RLIMIT_CORE, 0)):
        resource.setrlimit(kind, (most, most))


def _lacking(fonts: typst.Fonts, letters: str) -> bytes:
    """Found out by the rule of accessible papers that every letter has to be there."""
    probe = typst.Compiler(_PROBE, font_paths=fonts, sys_inputs={"values": json.dumps(sorted(set(letters)))})
    found: list[str] = []
    try:
        probe.compile(format="pdf", pdf_standards=["a-2b"])
    except typst.TypstError as error:
        found = [_unescaped(each) for each in _LACKING.findall(error.diagnostic)]
    return json.dumps(found).encode()


def _set(fonts: typst.Fonts, asked: Mapping[str, Any]) -> bytes:
    file = HERE / asked["template"]
    compiler = typst.Compiler(
        str(file), root=str(HERE), font_paths=fonts, sys_inputs={"values": json.dumps(asked["values"])}
    )
    if asked["format"] == "png":
        return _whole(compiler.compile(format="png", ppi=PIXELS_PER_INCH))
    try:
        return _whole(compiler.compile(format="pdf", pdf_standards=["ua-1"]))
    except typst.TypstError as error:
        if _LACKING.search(error.diagnostic) is None:
            raise
    return _whole(
        compiler.compile(format="pdf")
    )  # a letter and its accent that no font has together: readable, if not to the rule


def _whole(made: Any) -> bytes:
    """A picture of one page."""
    assert isinstance(made, bytes)
    return made


def _unescaped(letter: str) -> str:
    code = re.fullmatch(r"\\u\{([0-9a-f]+)\}", letter)
    return chr(int(code[1], 16)) if code else letter.removeprefix("\\")


if __name__ == "__main__":
    sys.exit(main())
