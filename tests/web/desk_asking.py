"""A cohort of the desk, and how its pages are asked for."""

import re
from html import unescape
from typing import Any

import aiohttp
from desk_cohort import Seeded, now_on, opened, seed
from desk_stage import Browser, visit
from sqlalchemy import select

from bot.store.database import Database
from bot.store.tables import (
    Delivery,
    Feedback,
    Message,
    Submission,
)

DAYS = 8
NOW = now_on(DAYS)


class Desk:
    """A cohort, and how its pages are asked for. Who asks: the facilitator, unless a test says otherwise."""

    def __init__(self, database: Database, people: int = 12, days: int = DAYS, **given: Any) -> None:
        self.database = database
        self.now = now_on(days)
        self.seeded: Seeded = database.run_now(seed, people, days, **given)

    @property
    def root(self) -> str:
        return f"/desk/c/{self.seeded.cohort}"

    async def page(self, path: str, who: int | None = None, status: int = 200) -> str:
        async with self.browsing(who) as browser:
            said = await browser.get(f"{self.root}{path}")
            assert said.status == status, said.text
            return said.text

    async def send(self, path: str, form: dict[str, str], who: int | None = None) -> str:
        """A form, and the page that it leads to."""
        async with self.browsing(who) as browser:
            said = await browser.send(f"{self.root}{path}", form)
            if said.status != 303:
                return said.text
            return (await browser.get(said.headers["Location"].partition("#")[0])).text

    def browsing(self, who: int | None = None) -> Any:
        return _Browsing(self.database, self.seeded.cohort, who or self.seeded.facilitator, self.now)

    def ask(self, function: Any) -> Any:
        return self.database.run_now(function)

    def first_answer(self, member: int | None = None) -> tuple[int, int]:
        """(submission, day) of a member's first answer."""
        query = (
            select(Submission.id, Delivery.lesson)
            .join(Message, Message.id == Submission.message_id)
            .join(Delivery, Delivery.id == Message.delivery_id)
            .where(Submission.member_id == (member or self.seeded.learner))
            .order_by(Submission.id)
        )
        return self.ask(lambda session: tuple(session.execute(query).first()))


class _Browsing:
    """The desk on a socket, and a browser of somebody who is signed in."""

    def __init__(self, database: Database, cohort: int, member: int, now: Any) -> None:
        self._opened = opened(database, now)
        self._database, self._cohort, self._member, self._now = database, cohort, member, now

    async def __aenter__(self) -> Browser:
        address = await self._opened.__aenter__()
        self._http = aiohttp.ClientSession(address, cookie_jar=aiohttp.DummyCookieJar())
        secret = visit(self._database, self._member, self._cohort, self._now)
        return Browser(self._http, {"homeroom-visit": secret})

    async def __aexit__(self, *error: object) -> None:
        await self._http.close()
        await self._opened.__aexit__(*error)


def text_of(html: str) -> str:
    """What a reader reads, on one line."""
    return " ".join(unescape(re.sub(r"<[^>]*>", "", html)).split())


def note(submission: int, desk: Desk, text: str, at: Any) -> Feedback:
    return Feedback(
        submission_id=submission, by_id=desk.seeded.facilitator, platform="discord", key=f"n{submission}", text=text,
        shared=False, kind="note", at=at, told_at=at,
    )  # fmt: skip
