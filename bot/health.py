"""Whether a process lives and is ready. Beside `bot.config`, because the engine finds it out and the web tells it, and
neither of them knows the other."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Health:
    """stopped: the loops that do not turn any more; restarting the process helps. lacks: what keeps it from doing its
    work; only what is named helps. Both for operators, in a few words, without anything from a member or a secret."""

    stopped: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
