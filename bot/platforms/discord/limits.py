"""How close we go to Discord's numbers, which stand in `bot.chat.limits.discord`, and how patient we are."""

from bot.chat.limits import discord as stated

TEXT_LIMIT = stated.COMPONENT_TEXT - 100
"""Characters of text in one Components V2 message. Discord counts its text displays; button labels are counted here as
well, to stay clear of the edge whichever way Discord counts."""

PART_LIMIT = stated.COMPONENT_TEXT * 3 // 4
"""Characters of one passage before it is parted: what is left of a page holds a heading and the "part 2 of 3" line."""

COMPONENT_LIMIT = stated.COMPONENTS
ROW_LIMIT = stated.ROW_BUTTONS
LABEL_LIMIT = stated.BUTTON_LABEL
CUSTOM_ID_LIMIT = stated.CUSTOM_ID
DESCRIPTION_LIMIT = stated.MEDIA_DESCRIPTION
FILES = stated.FILES
FILE_LIMIT = stated.FILE_BYTES
"""Bytes of all pictures of a message together; Discord counts each by itself."""
TITLE_LIMIT = 100
"""Our own: what a continued message repeats of its post's title."""

MODAL_TITLE_LIMIT = stated.MODAL_TITLE
MODAL_COMPONENT_LIMIT = stated.MODAL_COMPONENTS
FIELD_LABEL_LIMIT = stated.LABEL
FIELD_HINT_LIMIT = stated.LABEL_DESCRIPTION
FIELD_LIMIT = stated.TEXT_INPUT

THREAD_NAME_LIMIT = stated.THREAD_NAME
THREAD_ARCHIVE_MINUTES = max(stated.AUTO_ARCHIVE)
POST_TAG_LIMIT = stated.APPLIED_TAGS
CHOICE_LIMIT = stated.CHOICES
CHOICE_NAME_LIMIT = stated.CHOICE_NAME
PAGE_SIZE = stated.HISTORY_PAGE
"""Messages that one history call returns at most."""

V2 = stated.V2
EPHEMERAL = stated.EPHEMERAL

CALLS_PER_SECOND = stated.CALLS_PER_SECOND - 3
"""Over all routes and for every process with this token together, which discord.py does not keep. The distance is for
what bunches up on the way (see `gate`)."""

CAREFUL_CALLS_PER_SECOND, CAREFUL_FOR = stated.CALLS_PER_SECOND - 5, 600.0
"""Where that was too many after all, because the way is uneven: from a refusal on, for so many seconds."""

CALL_TIMEOUT = 15.0
"""Seconds for one call once it has left, the library's own tries included."""

QUEUE_TIMEOUT = 25.0
"""Seconds that a call waits for its turn. With a call and its repetitions this stays below half of a delivery's lease,
which is a minute."""

REPEAT_PAUSES = (0.2, 0.8, 2.0)
"""Seconds before each repetition of a call that may be repeated."""

REPEAT_WITHIN = 10.0
"""Seconds for all repetitions of one call together."""

REFUSED_MOST, REFUSED_WITHIN = stated.INVALID_REQUESTS // 4, stated.INVALID_SECONDS
"""Answers 401, 403 and 429 that we let come in ten minutes, before Discord bans the address."""

IDENTIFIES_MOST, IDENTIFIES_WITHIN = stated.SESSION_STARTS * 9 // 10, stated.SESSION_DAY
"""Sessions that we open in a day, before Discord resets the token of a bot that opens more."""

IDENTIFIES_LEFT = 20
"""Sessions that Discord must say are left before we open one: others may be opening theirs."""

IDENTIFY_PAUSE = stated.IDENTIFY_SECONDS
"""Seconds between two sessions whose shards have the same remainder by Discord's `max_concurrency`."""

SHARD_LEASE = 30.0
"""Seconds for which a shard stays ours when we are not heard of any more: how long a dead process's shards are deaf."""

DEFER_AFTER = stated.ACKNOWLEDGE_SECONDS - 1
"""Seconds before an interaction is answered with "thinking": Discord gives up a second later."""


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
