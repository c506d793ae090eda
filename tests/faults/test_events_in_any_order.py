"""Creates, edits and deletions of several messages, in any order, any number of times, live and read back at once:
the record ends as if somebody had watched the platform itself."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from fault_databases import KINDS, Databases
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from long_runs import so_many
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bot.chat.inbound import Heard, Person, Reply, ReplyDeleted, ReplyEdited
from bot.cohorts.loose import keep_heard as _keep
from bot.cohorts.sweeps import finish, take_threads
from bot.store.database import Database, open_engine
from bot.store.tables import Cohort, Delivery, Member, Message, Revision, Submission, Tombstone

T0 = datetime(2026, 9, 7, 10, tzinfo=UTC)
MESSAGES, EDITS = 4, 3
SETTLED = timedelta(0)


@dataclass(frozen=True)
class Kept:
    """One message as the record holds it: its newest text, whether it stands, and every version that was heard."""

    text: str | None
    stands: bool
    revisions: tuple[int, ...]


@pytest.fixture(scope="module", params=KINDS)
def record(request: pytest.FixtureRequest, databases: Databases) -> Database:
    """A record with one lesson out, whose one prompt has the thread "T"."""
    database = Database(open_engine(databases.new(request.param)))
    database.run_now(_lay_out)
    yield database
    database.close()


def created(number: int) -> Reply:
    author = Person(f"p{number % 2}", "Somebody")
    return Reply("discord", "W", "T", f"m{number}", author, f"{number} as written", T0 + timedelta(seconds=number))


def edited(number: int, edit: int) -> ReplyEdited:
    return ReplyEdited(replace(created(number), text=f"{number} edited {edit}", revision=edit * 1_000))


def deleted(number: int, thread: str | None) -> ReplyDeleted:
    return ReplyDeleted("discord", "W", thread, f"m{number}", T0 + timedelta(hours=1))


numbers = st.integers(0, MESSAGES - 1)
events = st.one_of(
    st.builds(created, numbers),
    st.builds(edited, numbers, st.integers(1, EDITS)),
    st.builds(deleted, numbers, st.sampled_from(["T", None])),
)
stories = st.lists(events, min_size=1, max_size=24)


def examples(number: int) -> settings:
    """The same ones in every run."""
    slow = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
    return settings(max_examples=number, deadline=None, derandomize=True, suppress_health_check=slow)


def oracle(story: Sequence[Heard]) -> dict[str, Kept]:
    """What the record must hold, worked out without an order: the highest version stands unless it was deleted. What
    was heard only after its deletion is not held at all; that part alone depends on the order, and is left out."""
    said: dict[str, dict[int, str]] = {}
    gone = {each.message for each in story if isinstance(each, ReplyDeleted)}
    for each in story:
        if not isinstance(each, ReplyDeleted):
            reply = each.reply if isinstance(each, ReplyEdited) else each
            said.setdefault(reply.message, {})[reply.revision] = reply.text
    return {
        message: Kept(versions[max(versions)], True, tuple(sorted(versions)))
        for message, versions in said.items()
        if message not in gone
    } | {message: Kept(None, False, ()) for message in gone}


def held(database: Database, story: Sequence[Heard]) -> dict[str, Kept]:
    """The same, from the record."""

    def read(session: Session) -> dict[str, Kept]:
        found: dict[str, Kept] = {}
        for tombstone in session.scalars(select(Tombstone)):
            found[tombstone.ref] = Kept(None, False, ())
        for row in session.scalars(select(Submission)):
            if row.withdrawn_at is not None:
                assert row.ref in found, "what is withdrawn has its tombstone"
                continue
            assert row.ref not in found, "what stands has none"
            heard = session.scalars(select(Revision.revision).where(Revision.submission_id == row.id)).all()
            found[row.ref] = Kept(row.text, True, tuple(sorted(heard)))
        return found

    return database.run_now(read)


@examples(so_many(24, long=60))
@given(story=stories, data=st.data())
def test_any_order_of_the_same_events_ends_in_the_same_record(
    record: Database, story: list[Heard], data: st.DataObject
) -> None:
    again = data.draw(st.lists(st.sampled_from(story), max_size=8), label="once more")
    order = data.draw(st.permutations([*story, *again]), label="order")
    record.run_now(_forget)
    for each in order:
        record.run_now(_keep, each)
    assert held(record, story) == oracle(story)


@examples(so_many(12, long=25))
@given(story=stories, seed=st.randoms(use_true_random=False))
def test_the_same_events_from_two_connections_at_once_end_in_the_same_record(
    record: Database, story: list[Heard], seed: object
) -> None:
    """Every event is heard by each of two: as when a thread is read back while it is written in."""
    record.run_now(_forget)
    orders = [list(story), list(story)]
    for order in orders:
        seed.shuffle(order)
    _at_once(record, orders)
    assert held(record, story) == oracle(story)


@examples(so_many(12, long=25))
@given(story=stories, until=st.integers(0, 24))
def test_a_reading_beside_the_events_ends_in_the_same_record(record: Database, story: list[Heard], until: int) -> None:
    """A thread is listed somewhere in the story, while events go on; what the listing shows is heard meanwhile, and
    what is missing from it is withdrawn. The next listing, after the story, leaves the record as the platform is."""
    record.run_now(_forget)
    truth = oracle(story)
    for each in story[:until]:
        record.run_now(_keep, each)
    _read(record, oracle(story[:until]), beside=story[until:])
    _read(record, truth, beside=[])
    standing = {ref: kept.text for ref, kept in held(record, story).items() if kept.stands}
    assert standing == {ref: kept.text for ref, kept in truth.items() if kept.stands}


def test_a_control_that_forgets_tombstones_is_seen(record: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison can fail: a record without tombstones lets a late create stand."""
    story = [deleted(0, "T"), created(0)]
    record.run_now(_forget)
    for each in story:
        record.run_now(_keep, each)
        record.run_now(lambda session: session.execute(delete(Tombstone)))
    assert held(record, story) != oracle(story)


def _read(database: Database, shown: dict[str, Kept], beside: Sequence[Heard]) -> None:
    """One reading whose listing is `shown`, while `beside` is heard."""
    database.run_now(_make_unread)
    [due] = database.run_now(take_threads, "discord", T0 + timedelta(hours=2))
    standing = [ref for ref, kept in shown.items() if kept.stands]
    listing = [
        replace(created(int(ref[1:])), text=shown[ref].text or "", revision=max(shown[ref].revisions))
        for ref in standing
    ]
    _at_once(database, [listing, list(beside)])
    database.run_now(finish, due, standing, T0 + timedelta(hours=2), SETTLED)


def _at_once(database: Database, orders: Sequence[Sequence[Heard]]) -> None:
    """Each order on a connection of its own, from the same moment on."""
    together = threading.Barrier(len(orders))

    def hear(order: Sequence[Heard]) -> None:
        together.wait(10)
        for each in order:
            database.run_now(_keep, each)

    with ThreadPoolExecutor(len(orders)) as pool:
        for ended in [pool.submit(hear, order) for order in orders]:
            ended.result(30)


def _forget(session: Session) -> None:
    for table in (Revision, Submission, Tombstone, Member):
        session.execute(delete(table))


def _make_unread(session: Session) -> None:
    session.scalars(select(Message)).one().unread = True


def _lay_out(session: Session) -> None:
    cohort = Cohort(
        key="k", platform="discord", workspace="W", channel="C", name="Cohort", course="course", zone="UTC",
        post_time=time(9), weekdays=31, start_date=date(2026, 9, 7), created_at=T0,
    )  # fmt: skip
    session.add(cohort)
    session.flush()
    delivery = Delivery(
        cohort_id=cohort.id, local_date=date(2026, 9, 7), lesson=1, due_at=T0, closes_at=T0 + timedelta(days=1),
        state="done", next_try_at=T0, posted_at=T0,
    )  # fmt: skip
    session.add(delivery)
    session.flush()
    session.add(
        Message(
            delivery_id=delivery.id,
            number=1,
            prompt="claim",
            key="key",
            body="{}",
            platform="discord",
            ref="C/1",
            thread="T",
            tried_at=T0,
            unread=False,
        )
    )
