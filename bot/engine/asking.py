"""Whoever wrote to us directly is asked which prompt it answers: once, however many messages they wrote in a row."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Coroutine
from typing import Any, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from bot.chat.inbound import Reply
from bot.chat.port import Platform, PlatformError, Reason
from bot.chat.post import Post
from bot.clock import monotonic
from bot.cohorts.loose import Loose
from bot.engine.shop import Shop
from bot.talk.filing import direct_post, not_heard_post

log = logging.getLogger(__name__)

PAUSE = 4.0
"""Seconds between two questions to one person; what they write meanwhile goes into one."""

SORRY_EVERY = 60.0
"""Seconds between two apologies to one person."""

MOST_AT_ONCE = 200
"""People who are being asked. What others wrote is kept, and shown to them with the next thing they write."""

NEVER = float("-inf")
MOST_REMEMBERED = 5_000
TRIES = 3
LONGEST_WAIT = 30.0

_Person = tuple[str, str]
Key = TypeVar("Key")
Value = TypeVar("Value")


class Asker:
    """Asks the people of one platform. Holds only what may be lost: the record knows what belongs to no prompt."""

    def __init__(self, shop: Shop, platform: Platform, pause: float = PAUSE) -> None:
        self._shop, self._platform, self._pause = shop, platform, pause
        self._waiting: dict[_Person, list[Loose]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._asked: OrderedDict[str, None] = OrderedDict()  # messages, so that one that comes twice is asked of once
        self._last: OrderedDict[_Person, float] = OrderedDict()
        self._sorry: OrderedDict[_Person, float] = OrderedDict()

    def ask_soon(self, loose: Loose) -> None:
        """In the background, and once a message."""
        if loose.place is not None or not loose.asks or loose.message in self._asked:
            return
        _remember(self._asked, loose.message, None)
        person = (loose.writer.workspace, loose.writer.person.ref)
        if person in self._waiting:
            self._waiting[person].append(loose)
        elif len(self._tasks) < MOST_AT_ONCE:
            self._waiting[person] = [loose]
            self._start(self._ask(person))

    def apologise_soon(self, reply: Reply) -> None:
        """What they wrote to us could not be kept. Some platforms will tell us of it again, others never."""
        person = (reply.workspace, reply.author.ref)
        if monotonic() - self._sorry.get(person, NEVER) < SORRY_EVERY or len(self._tasks) >= MOST_AT_ONCE:
            return
        _remember(self._sorry, person, monotonic())
        self._start(self._apologise(reply))

    async def settle(self) -> None:
        """Wait until nobody is being asked anything."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def close(self) -> None:
        """Ask nobody any more."""
        for task in self._tasks:
            task.cancel()
        await self.settle()

    def _start(self, asking: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(asking)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _apologise(self, reply: Reply) -> None:
        try:
            await self._platform.note(reply.workspace, reply.author, reply.message, not_heard_post())
        except PlatformError as error:
            log.warning("asking platform=%s outcome=not-sorry reason=%s", self._platform.name, error.reason)

    async def _ask(self, person: _Person) -> None:
        written: list[Loose] = []
        try:
            await asyncio.sleep(self._last.get(person, NEVER) + self._pause - monotonic())
            written = self._waiting.pop(person)
            _remember(self._last, person, monotonic())
            taught = self._shop.shelf.taught
            post = await self._shop.database.run(direct_post, taught.course, taught.lookup, written, self._shop.clock())
            if post is not None:
                await self._say(written[-1], post)
        except PlatformError as error:
            log.warning("asking platform=%s outcome=failed reason=%s", self._platform.name, error.reason)
        except SQLAlchemyError as error:
            log.error("asking platform=%s outcome=no-database error=%s", self._platform.name, type(error).__name__)
        except Exception as error:  # what nobody foresaw in one message keeps no other one unasked
            log.error("asking platform=%s outcome=unforeseen error=%s", self._platform.name, type(error).__name__)
        finally:
            if not written:
                self._waiting.pop(person, None)

    async def _say(self, to: Loose, post: Post) -> None:
        """What was surely not carried out is tried again; what may have been is not: asking twice is worse."""
        for tries_left in reversed(range(TRIES)):
            try:
                told = await self._platform.note(to.writer.workspace, to.writer.person, to.message, post)
            except PlatformError as error:
                if error.reason is not Reason.BUSY or not tries_left:
                    raise
                await asyncio.sleep(min(error.retry_after or 1.0, LONGEST_WAIT))
            else:
                log.info("asking platform=%s outcome=%s", self._platform.name, "asked" if told else "no-dms")
                return


def _remember(memory: OrderedDict[Key, Value], key: Key, value: Value) -> None:
    memory[key] = value
    memory.move_to_end(key)
    while len(memory) > MOST_REMEMBERED:
        memory.popitem(last=False)
