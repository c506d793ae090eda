"""Whether an answer has the length that was asked: a gentle word to its writer, never a refusal."""

from bot.chat.lengths import count
from bot.curriculum.model import Length

__all__ = ["SLACK", "count", "length_note"]

SLACK = 1.15
"""Words may run over by this factor before anything is said: a limit in words is a measure, not a trap."""


def length_note(text: str, asked: Length) -> str | None:
    """One friendly sentence when the answer misses what was asked; None when it does not."""
    have = count(text, asked.unit)
    most = int(asked.max * SLACK) if asked.unit == "words" else asked.max
    if have > most:
        return f"It asked for {asked.text}; this has {_amount(have, asked.unit)}. What could go?"
    if asked.min is not None and have < asked.min:
        return f"It asked for {asked.text}; this has {_amount(have, asked.unit)}. What could you add?"
    return None


def _amount(number: int, unit: str) -> str:
    return f"{number} {unit if number != 1 else unit.removesuffix('s')}"
