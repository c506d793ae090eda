"""Forums. Every lesson is a post of its own, which on Discord is a thread whose first message has the thread's id.

Discord knows no nonce for posts: what may have made one is never sent again by itself, but looked for by its marker,
through all posts of ours in which something was said since.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.chat.port import Body, Copy, PlatformError, Reason, Topic
from bot.platforms.discord import standing
from bot.platforms.discord.errors import THREAD_ARCHIVED, UNKNOWN_CHANNEL, UNKNOWN_MESSAGE, UNKNOWN_TAG, DiscordError
from bot.platforms.discord.events import MEDIA, is_written
from bot.platforms.discord.inert import clean
from bot.platforms.discord.limits import (
    PAGE_SIZE,
    POST_TAG_LIMIT,
    THREAD_ARCHIVE_MINUTES,
    THREAD_NAME_LIMIT,
    shortened,
)
from bot.platforms.discord.marks import part_keys
from bot.platforms.discord.permissions import load_channel
from bot.platforms.discord.reconcile import CLOCK_SKEW, newest_first, snowflake
from bot.platforms.discord.rest import Rest, is_refusal

Payload = Mapping[str, Any]

NO_MEDIA = "a media channel; lessons need a text channel or a forum"
_REQUIRE_TAG = 1 << 4
"""The channel flag of a forum in which every post must wear a tag."""

_ONLY_IN_MESSAGES = ("nonce", "enforce_nonce")


async def open_post(rest: Rest, forum: str, body: Body, topic: Topic) -> str:
    """A lesson's post, with its first message; the message's reference. Raises PlatformError: UNCLEAR when it may be
    out all the same, MISSING_PERMISSION when the forum demands a tag and has none for these labels."""
    place = await load_channel(rest, forum)
    if place.get("type") == MEDIA:
        raise PlatformError(Reason.CHANNEL_GONE, NO_MEDIA)
    tags = _tags_for(place, topic.labels)
    if not tags and demands_tag(place):
        wanted = ", ".join(topic.labels)
        raise PlatformError(Reason.MISSING_PERMISSION, f"the forum demands a tag, and none is called: {wanted}")
    sent = {
        "name": shortened(clean(topic.title), THREAD_NAME_LIMIT) or "…",
        "auto_archive_duration": THREAD_ARCHIVE_MINUTES,
        "applied_tags": tags,
        "message": {name: value for name, value in body.items() if name not in _ONLY_IN_MESSAGES},
    }
    try:
        post = await rest.call("POST", "/channels/{channel_id}/threads", sent, once=True, channel_id=forum)
    except DiscordError as error:
        if is_refusal(error, UNKNOWN_TAG) and error.reason is Reason.REFUSED:  # taken away since we looked
            raise DiscordError(Reason.BUSY, error.detail, code=error.code) from None
        raise
    return f"{post['id']}/{post['id']}"


def demands_tag(forum: Payload) -> bool:
    return bool(int(forum.get("flags") or 0) & _REQUIRE_TAG)


def labels_without_tag(forum: Payload, labels: Collection[str]) -> tuple[str, ...]:
    """Those of the labels for which the forum has no tag that we may set: somebody who manages the channel can add
    them, we cannot."""
    names = {name for name, _ in _settable(forum)}
    return tuple(label for label in dict.fromkeys(labels) if _name(label) not in names)


def has_tags(forum: Payload) -> bool:
    """Whether there is any tag that we may set."""
    return next(_settable(forum), None) is not None


async def find_posted(rest: Rest, forum: str, keys: Collection[str], since: datetime) -> dict[str, tuple[Copy, ...]]:
    """As `reconcile.find_posted`, in a forum: part key → our messages that carry it, oldest first, the first messages
    of posts and those further down. Raises PlatformError when it cannot be seen whether they are there."""
    place, since = await load_channel(rest, forum), since - CLOCK_SKEW
    found: dict[str, list[Copy]] = {}
    for post in await _own_posts(rest, place, since):
        for key, copy in await _copies(rest, post, keys, snowflake(since)):
            found.setdefault(key, []).append(copy)
    return {key: tuple(sorted(copies, key=_number)) for key, copies in found.items()}


async def remove_post(rest: Rest, post: str) -> None:
    """Take away what a post of ours says, and put what is left among the archived ones. The post itself is not deleted:
    with it would go whatever a member writes there at that moment. One that is gone already is the same success."""
    message = "/channels/{channel_id}/messages/{message_id}"

    async def act() -> None:
        await rest.call("DELETE", message, repeats=True, channel_id=post, message_id=post)

    try:
        await standing.in_open_thread(rest, post, act)
    except DiscordError as error:
        if not is_refusal(error, UNKNOWN_MESSAGE, UNKNOWN_CHANNEL):
            raise
    try:
        await rest.call("PATCH", "/channels/{channel_id}", {"archived": True}, repeats=True, channel_id=post)
    except DiscordError as error:
        if not is_refusal(error, THREAD_ARCHIVED, UNKNOWN_CHANNEL):
            raise


def _number(copy: Copy) -> int:
    return int(copy.message.partition("/")[2])


def _tags_for(forum: Payload, labels: Sequence[str]) -> list[str]:
    """The ids of the forum's tags that are called like the labels, in the labels' order."""
    tags: dict[str, str] = {}
    for name, tag in _settable(forum):
        tags.setdefault(name, tag)
    worn = [tags[_name(label)] for label in labels if _name(label) in tags]
    return list(dict.fromkeys(worn))[:POST_TAG_LIMIT]


def _settable(forum: Payload) -> Iterator[tuple[str, str]]:
    """Name and id of each tag that needs no moderator."""
    for tag in forum.get("available_tags") or ():
        if not tag.get("moderated"):
            yield _name(str(tag.get("name") or "")), str(tag["id"])


def _name(label: str) -> str:
    return " ".join(label.split()).casefold()


async def _own_posts(rest: Rest, forum: Payload, since: datetime) -> list[Payload]:
    """Our posts in which anything may have been said since then, oldest first: the active ones, and those that were
    archived after it. The list of active posts leaves out what we may not see; the other one, behind it, refuses who
    may not see the forum or read its history, so that what is in neither is not there."""
    path = "/guilds/{guild_id}/threads/active"
    active = (await rest.call("GET", path, guild_id=str(forum["guild_id"])))["threads"]
    posts = [each for each in active if _last(each) > snowflake(since)]
    posts += await _archived(rest, forum, since)
    ours = {
        str(each["id"]): each
        for each in posts
        if str(each.get("parent_id")) == str(forum["id"]) and str(each.get("owner_id")) == rest.own_id
    }
    return sorted(ours.values(), key=lambda each: int(each["id"]))


async def _archived(rest: Rest, forum: Payload, since: datetime) -> list[Payload]:
    """Posts archived since then. Discord lists them by that moment, the latest first."""
    path, found = "/channels/{channel_id}/threads/archived/public", list[Payload]()
    before: dict[str, str] = {}
    while True:
        query = {**before, "limit": PAGE_SIZE}
        page = await rest.call("GET", path, channel_id=str(forum["id"]), query=query)
        newer = [each for each in page["threads"] if datetime.fromisoformat(_archived_at(each)) >= since]
        found += newer
        if not newer or len(newer) < len(page["threads"]) or not page.get("has_more"):
            return found
        before = {"before": _archived_at(newer[-1])}


def _archived_at(post: Payload) -> str:
    return str(post["thread_metadata"]["archive_timestamp"])


def _last(post: Payload) -> int:
    """The newest id in a post. Its last message may be gone by now, and still dates what was said last."""
    return max(int(post["id"]), int(post.get("last_message_id") or 0))


async def _copies(rest: Rest, post: Payload, keys: Collection[str], after: int) -> list[tuple[str, Copy]]:
    """Our messages in one post that carry a key. Under the first one stands all that was said in the post, ours too: a
    post with a lesson in it is no empty copy. Under another one stands who has answered it."""
    found: list[tuple[str, Copy]] = []
    answers: Counter[str] = Counter()
    async for message in newest_first(rest, str(post["id"]), after):
        number = str(message["id"])
        if str((message.get("author") or {}).get("id")) != rest.own_id:
            if is_written(message, rest.own_id):
                answers[str((message.get("message_reference") or {}).get("message_id"))] += 1
            continue
        replies = int(post.get("message_count") or 0) if number == str(post["id"]) else answers[number]
        for key in set(part_keys(message.get("components") or ())) & set(keys):
            found.append((key, Copy(f"{post['id']}/{number}", replies)))
    return found
