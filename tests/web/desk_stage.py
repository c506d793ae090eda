"""Cohorts that must not see each other, the people in and around them, and the desk on a real socket before them."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from io import BytesIO
from typing import Any

import aiohttp
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.chat.inbound import Person
from bot.cohorts.audit import Action, write_down
from bot.cohorts.cohorts import FACILITATOR, LEARNER, OBSERVER, NewCohort, join, known_member, open_cohort
from bot.cohorts.visits import enter, open_link
from bot.config import HOME
from bot.curriculum.load import load_course
from bot.health import Health
from bot.store.database import Database
from bot.store.tables import Cohort, Delivery, Enrollment, Feedback, Member, Message, Revision, Submission, Table
from bot.web.desk.sealing import form_mark
from bot.web.desk.serving import desk_routes
from bot.web.server import open_server

COURSE = load_course(HOME / "tests" / "week_7")
NOW = datetime(2026, 9, 9, 10, tzinfo=UTC)
FIRST, LAST = 31, 32
"""The lesson days that are out."""
ADDRESS = "https://study.example"
SCRIPT = "<script>alert(1)</script>"
ROLES = {"learner": LEARNER, "pal": LEARNER, "observer": OBSERVER, "facilitator": FACILITATOR}


@dataclass(frozen=True)
class Tenant:
    """A cohort with its people and what they wrote. marker: stands in every text of it, and nowhere else. private:
    stands in what the pal wrote, which no learner may read. people: name → member; answers: likewise → submission."""

    marker: str
    cohort: int
    people: Mapping[str, int]
    answers: Mapping[str, int]
    message: int

    @property
    def private(self) -> str:
        return f"private-{self.marker}"


@dataclass
class Clock:
    """Stands still until a test moves it."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass(frozen=True)
class Said:
    """An answer. headers: without what differs from one moment to the next."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


@dataclass
class Browser:
    """One browser: it keeps its cookies, and asks for what a test says."""

    http: aiohttp.ClientSession
    cookies: dict[str, str] = field(default_factory=dict)

    @property
    def secret(self) -> str:
        return next((value for name, value in self.cookies.items() if "visit" in name), "")

    @property
    def mark(self) -> str:
        return form_mark(self.secret)

    async def ask(self, verb: str, path: str, headers: Mapping[str, str] | None = None, **given) -> Said:
        held = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        sent = ({"Cookie": held} if held else {}) | dict(headers or {})
        async with self.http.request(verb, path, headers=sent, allow_redirects=False, **given) as answer:
            body = await answer.read()
            for name, cookie in answer.cookies.items():
                self.cookies[name] = cookie.value
                if not cookie.value:
                    del self.cookies[name]
            return Said(answer.status, {k: v for k, v in answer.headers.items() if k != "Date"}, body)

    async def get(self, path: str, **given) -> Said:
        return await self.ask("GET", path, **given)

    async def send(self, path: str, form: Mapping[str, Any] | None = None, site: str = "same-origin", **given) -> Said:
        """A form of ours, with its mark. A file in it is a tuple: (name, bytes)."""
        fields = to_data({"csrf": self.mark} | dict(form or {}))
        return await self.ask("POST", path, headers={"Sec-Fetch-Site": site}, data=fields, **given)


def to_data(fields: Mapping[str, Any]) -> aiohttp.FormData | dict[str, str]:
    """As a browser sends it."""
    if not any(isinstance(value, tuple) for value in fields.values()):
        return dict(fields)
    data = aiohttp.FormData()
    for name, value in fields.items():
        if isinstance(value, tuple):
            data.add_field(name, BytesIO(value[1]), filename=value[0])
        else:
            data.add_field(name, value)
    return data


@dataclass(frozen=True)
class DeskStage:
    database: Database
    clock: Clock
    http: aiohttp.ClientSession

    def browser(self, secret: str | None = None) -> Browser:
        """A browser, signed in when a visit's secret is given."""
        return Browser(self.http, {"__Host-homeroom-visit": secret} if secret else {})


@asynccontextmanager
async def opened_desk(
    database: Database, clock: Clock | None = None, address: str = ADDRESS, **given
) -> AsyncIterator[DeskStage]:
    """The desk in the program's own web server."""
    clock = clock or Clock()
    links = {"discord": lambda ref, workspace: f"https://chat.example/{workspace}/{ref}"}
    routes = desk_routes(database, lambda: COURSE, clock, address, links, **given)

    async def well() -> Health:
        return Health()

    async def metrics() -> bytes:
        return b""

    jar = aiohttp.DummyCookieJar()
    async with (
        open_server("127.0.0.1", 0, well, metrics, routes) as port,
        aiohttp.ClientSession(f"http://127.0.0.1:{port}", cookie_jar=jar, auto_decompress=False) as http,
    ):
        yield DeskStage(database, clock, http)


def tenant(
    database: Database, platform: str, workspace: str, channel: str, marker: str, state: str = "active"
) -> Tenant:
    """A cohort of its own on days 31 and 32, with a learner and their pal, who both wrote, an observer and a
    facilitator."""
    return database.run_now(_make, platform, workspace, channel, marker, state)


def visit(database: Database, member: int, cohort: int, now: datetime = NOW, *, manages: bool = False) -> str:
    """The secret of a new visit, by a link that was opened and used."""

    def come_in(session: Session) -> str:
        link = open_link(session, session.get_one(Cohort, cohort), session.get_one(Member, member), manages, now)
        entered = enter(session, link, None, now)
        assert entered is not None
        return entered.secret

    return database.run_now(come_in)


def enrolled(database: Database, cohort: int, member: int, role: str) -> None:
    """Take a member into a cohort, or give them another role there; "" takes them out."""

    def change(session: Session) -> None:
        where = (Enrollment.cohort_id == cohort) & (Enrollment.member_id == member)
        found = session.scalar(select(Enrollment).where(where))
        if found is None:
            join(session, session.get_one(Cohort, cohort), session.get_one(Member, member), role, NOW)
            return
        found.left_on = None if role else NOW.date()
        found.role = role or found.role

    database.run_now(change)


def everything(database: Database, without: tuple[str, ...] = ("tallies",)) -> dict[str, list[str]]:
    """Every row of every table, but for what reading writes: when a visit was last seen, and what was added up."""

    def read(session: Session) -> dict[str, list[str]]:
        rows = {}
        for table in Table.metadata.sorted_tables:
            columns = [each for each in table.columns if (table.name, each.name) != ("visits", "seen_at")]
            if table.name not in without:
                rows[table.name] = sorted(repr(tuple(row)) for row in session.execute(select(*columns)))
        return rows

    return database.run_now(read)


def _make(session: Session, platform: str, workspace: str, channel: str, marker: str, state: str) -> Tenant:
    new = NewCohort(
        platform, workspace, channel, f"Cohort {marker} {SCRIPT}", COURSE.about.id, "Europe/Zurich", time(9), 31,
        date(2026, 9, 7), FIRST,
    )  # fmt: skip
    cohort = open_cohort(session, new, NOW - timedelta(days=9))
    session.flush()
    members = {name: known_member(session, platform, workspace, _person(name, marker)) for name in ROLES}
    for name, role in ROLES.items():
        join(session, cohort, members[name], role, NOW - timedelta(days=8))
    session.flush()
    messages = [_release(session, cohort, day, marker) for day in range(FIRST, LAST + 1)]
    answers = {name: _answer(session, messages[0], members[name], marker) for name in ("learner", "pal")}
    _comment(session, answers["pal"], members["facilitator"], marker)
    write_down(session, cohort, members["facilitator"], Action.SETTING, f"to {marker}", NOW, members["pal"])
    cohort.state, cohort.next_lesson = state, LAST + 1
    session.flush()
    return Tenant(
        marker,
        cohort.id,
        {name: member.id for name, member in members.items()},
        {name: submission.id for name, submission in answers.items()},
        messages[0].id,
    )


def _person(name: str, marker: str) -> Person:
    return Person(f"{name}-{marker}", f"{name.title()} {marker} {SCRIPT}")


def _release(session: Session, cohort: Cohort, day: int, marker: str) -> Message:
    out = datetime(2026, 9, 7 + day - FIRST, 7, tzinfo=UTC)
    delivery = Delivery(
        cohort_id=cohort.id, local_date=out.date(), lesson=day, due_at=out, closes_at=out + timedelta(days=1),
        state="done", lease_until=None, next_try_at=out, posted_at=out, reason=None, enqueued_at=None, alerted_at=None,
    )  # fmt: skip
    session.add(delivery)
    session.flush()
    prompts = [each.id for each in COURSE.lessons[day].prompts]
    made = [_message(session, cohort, delivery, number, prompt, marker) for number, prompt in enumerate(prompts, 1)]
    session.flush()
    return made[0]


def _message(session: Session, cohort: Cohort, delivery: Delivery, number: int, prompt: str, marker: str) -> Message:
    ref = f"{cohort.id}/{delivery.id}/{number}"
    message = Message(
        delivery_id=delivery.id, number=number, prompt=prompt, key=f"k{ref}", body="{}", tried_at=delivery.posted_at,
        platform=cohort.platform, ref=ref, thread=f"thread-{ref}", sweep_at=None, audit_at=None, new_body=None,
        pin=None,
    )  # fmt: skip
    session.add(message)
    return message


def _answer(session: Session, message: Message, member: Member, marker: str) -> Submission:
    private = f"private-{marker}" if member.ref.startswith("pal") else ""
    text = f"An answer of {marker} {private} {SCRIPT} about training."
    submission = Submission(
        message_id=message.id, member_id=member.id, platform=message.platform, ref=f"m-{member.ref}", text=text,
        revision=0, sent_at=NOW - timedelta(days=1), withdrawn_at=None, receipted=True,
    )  # fmt: skip
    session.add(submission)
    session.flush()
    session.add(Revision(submission_id=submission.id, revision=0, text=text))
    return submission


def _comment(session: Session, submission: Submission, by: Member, marker: str) -> None:
    session.add(
        Feedback(
            submission_id=submission.id,
            by_id=by.id,
            platform=submission.platform,
            key=f"f{submission.id}",
            text=f"Well put, private-{marker} {SCRIPT}",
            shared=False,
            kind="note",
            at=NOW,
            told_at=NOW,
        )
    )
