"""The author's text in one line."""

from bot.chat.markdown import plain, sentence_ends, to_pieces

AT_MOST = 240
"""Characters of a gist: two lines or three on a phone."""


def gist(markdown: str, at_most: int = AT_MOST) -> str:
    """The first sentence, as plain text on one line; a longer one is cut at a blank. Whoever puts it into markdown
    escapes it (`quoted`)."""
    line = " ".join(plain(to_pieces(markdown)).split())
    first = line[: sentence_ends(line)[0]].strip() if line else ""
    if len(first) <= at_most:
        return first
    return f"{first[: at_most - 1].rpartition(' ')[0] or first[: at_most - 1]}…"
