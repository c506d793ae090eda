"""A post whose picture is drawn after it was written: drawing takes too long for the transaction that the post comes
from."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from bot.chat.post import Block, Picture, Post
from bot.talk.drawing.typesetting import CannotSet

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Sketch(Post):
    """Whole as it stands, with the picture in words. words: the block that says what the picture shows; draw: makes
    the picture of what was read, needs no database, and may take seconds. Raises CannotSet."""

    words: Block
    draw: Callable[[], Picture]


def drawn(sketch: Sketch) -> Post:
    """The post with its picture; as it stood when none came of it. To be called in a thread, outside of any
    transaction. Never raises."""
    try:
        picture = sketch.draw()
    except CannotSet:  # which is in the log already
        return sketch
    except Exception as error:
        log.error("drawing outcome=failed error=%s", type(error).__name__)
        return sketch
    blocks = tuple(picture if block is sketch.words else block for block in sketch.blocks)
    return Post(sketch.title, blocks, sketch.accent, sketch.ping)
