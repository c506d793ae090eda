"""What becomes of letters that no font on this machine has: an emoji is named, anything else is a box."""

import re
import unicodedata

BOX = "▯"
_JOINS = "\u200d\ufe0e\ufe0f"  # what glues emoji together, and says how they look: nothing without them
_TONES = "\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff"
_FLAG_A = 0x1F1E6


def spelled(text: str, missing: frozenset[str]) -> str:
    """The text with "[slightly smiling face]" for an emoji that is missing, and a box for any other letter."""
    if missing.isdisjoint(text):
        return text
    glued = f"(?<=[{re.escape(''.join(sorted(missing)))}])[{_JOINS}]+" if missing else ""
    return "".join(_instead(each) if each in missing else each for each in re.sub(glued, "", text))


def without_emoji(text: str, missing: frozenset[str]) -> str:
    """The same for a name: its missing emoji are left out."""
    kept = (each for each in text if not (each in missing and _is_symbol(each)) and each not in _JOINS)
    return " ".join("".join(kept).split())


def _instead(letter: str) -> str:
    if letter in _JOINS or letter in _TONES:
        return ""
    if _FLAG_A <= ord(letter) < _FLAG_A + 26:
        return f"[{chr(ord(letter) - _FLAG_A + ord('A'))}]"
    return f"[{unicodedata.name(letter, 'symbol').lower()}]" if _is_symbol(letter) else BOX


def _is_symbol(letter: str) -> bool:
    return unicodedata.category(letter) in ("So", "Sk")
