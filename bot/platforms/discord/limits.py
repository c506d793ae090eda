"""Discord's numbers, from its documentation, and how close to them we go."""

TEXT_LIMIT = 3_900
"""Characters of text in one Components V2 message. Discord allows 4,000 over all its text displays; button labels are
counted here as well, to stay clear of the edge whichever way Discord counts."""

PART_LIMIT = 3_000
"""Characters of one passage before it is parted: what is left of a page holds a heading and the "part 2 of 3" line."""

COMPONENT_LIMIT = 40
"""Components of one message, nested ones included."""

ROW_LIMIT = 5
LABEL_LIMIT = 80
CUSTOM_ID_LIMIT = 100
TITLE_LIMIT = 100
"""Our own: what a continued message repeats of its post's title."""

MODAL_TITLE_LIMIT = 45
MODAL_COMPONENT_LIMIT = 5
FIELD_LABEL_LIMIT = 45
FIELD_HINT_LIMIT = 100
FIELD_LIMIT = 4_000

THREAD_NAME_LIMIT = 100
THREAD_ARCHIVE_MINUTES = 10_080
CHOICE_LIMIT = 25
CHOICE_NAME_LIMIT = 100
PAGE_SIZE = 100
"""Messages that one history call returns at most."""

V2 = 1 << 15
EPHEMERAL = 1 << 6

CALLS_PER_SECOND = 45
"""Over all routes and for every process with this token together. Discord allows 50 in any second, which discord.py
does not keep; the distance is for what bunches up on the way (see `gate`)."""

CALL_TIMEOUT = 15.0
"""Seconds for one call once it has left, the library's own tries included."""

QUEUE_TIMEOUT = 25.0
"""Seconds that a call waits for its turn. With a call and its repetitions this stays below half of a delivery's lease,
which is a minute."""

REPEAT_PAUSES = (0.2, 0.8, 2.0)
"""Seconds before each repetition of a call that may be repeated."""

REPEAT_WITHIN = 10.0
"""Seconds for all repetitions of one call together."""

REFUSED_MOST, REFUSED_WITHIN = 2_500, 600.0
"""Answers 401, 403 and 429 that we let come in ten minutes. Discord bans an address after 10,000 of them."""

IDENTIFIES_MOST, IDENTIFIES_WITHIN = 900, 86_400.0
"""Sessions that we open in a day. Discord allows 1,000, and resets the token of a bot that opens more."""

IDENTIFIES_LEFT = 20
"""Sessions that Discord must say are left before we open one: others may be opening theirs."""

IDENTIFY_PAUSE = 5.0
"""Seconds between two sessions whose shards have the same remainder by Discord's `max_concurrency`."""

SHARD_LEASE = 30.0
"""Seconds for which a shard stays ours when we are not heard of any more: how long a dead process's shards are deaf."""

DEFER_AFTER = 2.0
"""Seconds before an interaction is answered with "thinking": Discord gives up after 3."""


def size(text: str) -> int:
    """Length as the strictest reader counts it: UTF-16 units, so that an emoji is two."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def shortened(text: str, limit: int) -> str:
    """One line of at most `limit` units for a label; what is longer ends in "…". For labels only, never for content."""
    line = " ".join(text.split())
    if size(line) <= limit:
        return line
    while size(line) >= limit:
        line = line[: min(len(line) - 1, limit)]
    return line.rstrip() + "…"
