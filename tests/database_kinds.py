"""What `conftest` makes databases with, in a module of its own: there is a `conftest` in several folders."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Databases:
    """Databases of one kind. make(template): the URL of a new one that nobody else uses, a copy of the template or
    empty. drop(url): it is not needed any more."""

    make: Callable[[str | None], str]
    drop: Callable[[str], None]
