"""Direct messages, counted messages and replies in threads: written, changed, deleted, filed, moved and forgotten in
any order and any number of times. The record ends as in a model of a dozen lines, and what was kept is not lost."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from fault_databases import KINDS, Databases
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from long_runs import so_many
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bot.chat.inbound import Person, Reply, ReplyDeleted, ReplyEdited
from bot.cohorts.loose import file_loose, forget_loose, keep_heard, keep_loose, slip_of
from bot.cohorts.sweeps import finish, take_threads
from bot.cohorts.writers import Writer
from bot.store.database import Database, open_engine
from bot.store.tables import (
    Cohort,
    Delivery,
    Enrollment,
    LooseReply,
    Member,
    Message,
    Revision,
    Submission,
    Tombstone,
)

T0 = datetime(2026, 9, 7, 10, tzinfo=UTC)
DIRECT, COUNTED, THREADED = "d0", "c0", "t0"
MESSAGES = (DIRECT, "d1", COUNTED, THREADED)
PROMPTS = ("a" * 24, "b" * 24)
ADA, EVE = Person("ada", "Ada"), Person("eve", "Eve")


@dataclass(frozen=True)
class Act:
    """Something that happens to a message. number: of the edit, or of the prompt."""

    kind: str
    message: str
    number: int = 0
    by: Person = ADA


@dataclass
class Standing:
    """A message in the model. prompt: where it is filed."""

    versions: dict[int, str] = field(default_factory=dict)
    prompt: int | None = None
    gone: bool = False


@pytest.fixture(scope="module", params=KINDS)
def record(request: pytest.FixtureRequest, databases: Databases) -> Database:
    """A record with one lesson out, whose two prompts have the threads "T0" and "T1"."""
    database = Database(open_engine(databases.new(request.param)))
    database.run_now(_lay_out)
    yield database
    database.close()


acts = st.one_of(
    st.builds(Act, st.sampled_from(["write", "write", "delete", "forget"]), st.sampled_from(MESSAGES)),
    st.builds(Act, st.just("edit"), st.sampled_from(MESSAGES), st.integers(1, 3)),
    st.builds(Act, st.just("file"), st.sampled_from(MESSAGES), st.integers(0, 1)),
    st.builds(Act, st.sampled_from(["file", "forget"]), st.sampled_from(MESSAGES), st.just(1), st.just(EVE)),
)
stories = st.lists(acts, min_size=1, max_size=25)


def examples(number: int) -> settings:
    """The same ones in every run."""
    slow = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
    return settings(max_examples=number, deadline=None, derandomize=True, suppress_health_check=slow)


def model(story: Sequence[Act]) -> dict[str, tuple[str, int | None]]:
    """Message → its text and the prompt it is filed under."""
    held = {message: Standing() for message in MESSAGES}
    for act in story:
        one = held[act.message]
        if act.by is EVE or one.gone:
            continue
        known = bool(one.versions)
        if act.kind == "delete":
            one.gone = True
        elif act.kind == "write" or (act.kind == "edit" and (known or act.message != COUNTED)):
            one.versions[act.number] = text(act)
            if act.message == THREADED and one.prompt is None:
                one.prompt = 0
        elif act.kind == "file" and known:
            one.prompt = act.number
        elif act.kind == "forget" and one.prompt is None:
            one.versions.clear()
    standing = {message: one for message, one in held.items() if one.versions and not one.gone}
    return {message: (one.versions[max(one.versions)], one.prompt) for message, one in standing.items()}


def text(act: Act) -> str:
    return f"{act.message} version {act.number}" if act.by is ADA else "forged"


def do(database: Database, act: Act) -> None:
    """As the engine does it."""
    writer = Writer("discord", "", act.by)
    thread = {COUNTED: "C", THREADED: "T0"}.get(act.message)
    sent = T0 + timedelta(seconds=MESSAGES.index(act.message))
    reply = Reply("discord", "W" if thread else "", thread, act.message, act.by, text(act), sent, act.number * 1_000)
    match act.kind:
        case "write" if act.message == COUNTED:
            database.run_now(keep_loose, replace(reply, thread=None), "C")
        case "write":
            database.run_now(keep_heard, reply)
        case "edit":
            database.run_now(keep_heard, ReplyEdited(reply))
        case "delete":
            gone = thread if act.message == THREADED else None
            database.run_now(keep_heard, ReplyDeleted("discord", reply.workspace, gone, act.message, T0))
        case "file":
            database.run_now(file_loose, writer, slip_of(act.message), PROMPTS[act.number])
        case "forget":
            database.run_now(forget_loose, writer, slip_of(act.message))


def held(database: Database) -> dict[str, tuple[str, int | None]]:
    """The same as the model, from the record."""

    def read(session: Session) -> dict[str, tuple[str, int | None]]:
        found: dict[str, tuple[str, int | None]] = {each.ref: (each.text, None) for each in session.scalars(_loose)}
        rows = session.execute(select(Submission, Message.number).join(Message, Message.id == Submission.message_id))
        for row, number in rows:
            ref = row.ref.removeprefix("filed:")
            assert ref not in found, "it is kept once"
            versions = session.scalars(select(Revision.text).where(Revision.submission_id == row.id)).all()
            assert row.text in versions, "what stands is one of its versions"
            if row.withdrawn_at is None:
                found[ref] = (row.text, number - 1)
        return found

    return database.run_now(read)


_loose = select(LooseReply)


@examples(so_many(20, long=50))
@given(story=stories)
def test_any_story_ends_in_the_record_of_the_model(record: Database, story: list[Act]) -> None:
    record.run_now(_forget)
    for act in story:
        do(record, act)
    assert held(record) == model(story)
    _read_threads(record)
    assert held(record) == model(story), "reading the threads changes nothing"


@examples(so_many(10, long=20))
@given(story=stories, twice=st.data())
def test_what_is_heard_again_or_pressed_again_changes_nothing(record: Database, story: list[Act], twice) -> None:
    record.run_now(_forget)
    for act in story:
        for _ in range(twice.draw(st.integers(1, 3))):
            do(record, act)
    assert held(record) == model(story)


@examples(so_many(8, long=15))
@given(story=stories)
def test_two_processes_at_once_lose_nothing(record: Database, story: list[Act]) -> None:
    """Whatever order they come in, every message that nobody deleted or forgot stands with its newest version."""
    record.run_now(_forget)
    orders = [story, list(reversed(story))]
    together = threading.Barrier(len(orders))

    def live(order: Sequence[Act]) -> None:
        together.wait(10)
        for act in order:
            do(record, act)

    with ThreadPoolExecutor(len(orders)) as pool:
        for ended in [pool.submit(live, order) for order in orders]:
            ended.result(60)
    ends = held(record)
    for message in MESSAGES:
        own = [act for act in story if act.message == message and act.by is ADA]
        said = {act.number: text(act) for act in own if act.kind in ("write", "edit")}
        kinds = {act.kind for act in own}
        if "delete" in kinds:
            assert message not in ends
        elif said and "forget" not in kinds and (message != COUNTED or 0 in said):
            newest = said[max(said)]
            assert message in ends
            assert ends[message][0] == newest or message == COUNTED


def _read_threads(database: Database) -> None:
    """Both threads whole, as the platform shows them: only the message that was written there stands in one."""
    standing = held(database).get(THREADED)
    for _ in range(2):
        database.run_now(_make_unread)
        for due in database.run_now(take_threads, "discord", T0 + timedelta(hours=2)):
            shown = {THREADED} if due.thread == "T0" and standing is not None else set()
            database.run_now(finish, due, shown, T0 + timedelta(hours=2), timedelta(0))


def _forget(session: Session) -> None:
    for table in (Revision, Submission, Tombstone, LooseReply):
        session.execute(delete(table))


def _make_unread(session: Session) -> None:
    for message in session.scalars(select(Message).where(Message.thread.is_not(None))):
        message.unread = True


def _lay_out(session: Session) -> None:
    cohort = Cohort(
        key="k", platform="discord", workspace="W", channel="C", name="Cohort", course="course", zone="UTC",
        post_time=time(9), weekdays=31, start_date=date(2026, 9, 7), created_at=T0,
    )  # fmt: skip
    ada = Member(platform="discord", workspace="W", ref="ada", name="Ada")
    session.add_all([cohort, ada])
    session.flush()
    session.add(Enrollment(cohort_id=cohort.id, member_id=ada.id, role="learner", joined_on=date(2026, 9, 7)))
    delivery = Delivery(
        cohort_id=cohort.id, local_date=date(2026, 9, 7), lesson=1, due_at=T0, closes_at=T0 + timedelta(days=1),
        state="done", next_try_at=T0, posted_at=T0,
    )  # fmt: skip
    session.add(delivery)
    session.flush()
    for number, key in enumerate(PROMPTS):
        session.add(_prompt(delivery, number, key))


def _prompt(delivery: Delivery, number: int, key: str) -> Message:
    return Message(
        delivery_id=delivery.id, number=number + 1, prompt=f"p{number}", key=key, body="{}", platform="discord",
        ref=f"C/{number}", thread=f"T{number}", tried_at=T0, unread=False,
    )  # fmt: skip
