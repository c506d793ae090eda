"""What was rendered a moment ago is not rendered again: a class that reads one lesson asks for the same few entries."""

from collections.abc import Callable
from functools import wraps
from threading import Lock
from typing import TypeVar

from bot.chat.post import Buttons, Callout, Divider, Finder, Heading, Post, Small, Text

R = TypeVar("R")

REMEMBERED, REMEMBERED_LENGTH = 256, 6_000
"""Posts that are kept rendered for one platform, and the characters that one may have: some megabytes in all."""

_OURS = (Heading, Text, Small, Callout, Buttons, Divider, Finder)


def remembering(render: Callable[[Post], R]) -> Callable[[Post], R]:
    """The same pure function, which keeps what it made of the last posts: of those that hold nothing but our own words
    and the course's. What members wrote, tables of them and pictures are rendered each time and kept nowhere. What
    comes back belongs to all who ask: nobody may change it."""
    kept: dict[Post, R] = {}
    turn = Lock()  # lessons and answers are rendered in several threads

    @wraps(render)
    def rendered(post: Post) -> R:
        found = kept.get(post)
        if found is None:
            found = render(post)
            if _may_be_kept(post):
                with turn:
                    kept[post] = found
                    if len(kept) > REMEMBERED:
                        del kept[next(iter(kept))]
        return found

    return rendered


def _may_be_kept(post: Post) -> bool:
    if not all(isinstance(block, _OURS) for block in post.blocks):
        return False
    texts = (vars(block).values() for block in post.blocks)
    return sum(len(text) for each in texts for text in each if isinstance(text, str)) <= REMEMBERED_LENGTH
