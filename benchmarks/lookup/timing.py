"""How long a method takes, in processor time: a look-up waits for nothing, and what else the machine has to do is no
business of its slow end."""

from collections.abc import Callable
from time import thread_time
from typing import TypeVar

Asked, Answer = TypeVar("Asked"), TypeVar("Answer")


def took(
    call: Callable[[Asked], Answer], asked: Asked, clock: Callable[[], float] = thread_time
) -> tuple[float, Answer]:
    """Milliseconds, and the answer. clock: `process_time` for what has threads of its own."""
    began = clock()
    answer = call(asked)
    return (clock() - began) * 1_000, answer
