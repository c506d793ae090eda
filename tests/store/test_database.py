"""One call is one transaction: whole or not at all, among many threads, on both databases."""

import asyncio
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.orm import Session

from bot.store.database import Database, open_engine, wait_for_turn
from bot.store.tables import Enrollment, Member

WRITERS = 8


def test_sqlite_keeps_a_journal_waits_checks_keys_and_flushes(tmp_path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'new.db'}")
    with engine.connect() as connection:
        pragmas = {name: connection.scalar(text(f"PRAGMA {name}")) for name in _PRAGMAS}
    engine.dispose()
    assert pragmas == _PRAGMAS


_PRAGMAS = {"journal_mode": "wal", "busy_timeout": 15000, "foreign_keys": 1, "synchronous": 2}


def test_a_database_of_another_kind_is_refused_with_the_two_that_serve() -> None:
    with pytest.raises(ValueError, match=r"mysql is not supported: use sqlite:///homeroom\.db or postgresql://"):
        open_engine("mysql://root@localhost/x")


def test_a_row_that_belongs_to_nothing_is_refused(database: Database) -> None:
    def orphan(session: Session) -> None:
        session.execute(
            text(
                "INSERT INTO enrollments (cohort_id, member_id, role, joined_on)"
                " VALUES (77, 78, 'learner', '2026-09-01')"
            )
        )

    with pytest.raises(IntegrityError):
        database.run_now(orphan)


def test_eight_writers_on_a_file_that_none_has_opened_before_all_get_their_turn(tmp_path) -> None:
    url = f"sqlite:///{tmp_path / 'fresh.db'}"

    def write(number: int) -> None:
        own = Database(open_engine(url))
        own.run_now(lambda s: s.execute(text(f"CREATE TABLE IF NOT EXISTS t{number} (x)")))
        own.close()

    _at_once([lambda n=number: write(n) for number in range(WRITERS)])
    with sqlite3.connect(tmp_path / "fresh.db") as connection:
        made = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    connection.close()
    assert made == (WRITERS,)


def test_a_new_file_that_somebody_writes_to_is_waited_for(tmp_path) -> None:
    writer = sqlite3.connect(tmp_path / "new.db", isolation_level=None, check_same_thread=False)
    writer.execute("BEGIN IMMEDIATE")
    threading.Timer(0.12, writer.rollback).start()
    engine = open_engine(f"sqlite:///{tmp_path / 'new.db'}")
    with engine.connect() as connection:
        assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
    engine.dispose()
    writer.close()


def test_many_writers_never_meet_a_locked_database(database: Database) -> None:
    def write(number: int) -> None:
        for step in range(12):
            database.run_now(_read_then_add, f"{number}/{step}")

    _at_once([lambda n=number: write(n) for number in range(WRITERS)])
    assert database.run_now(lambda s: s.scalar(select(func.count(Member.id)))) == WRITERS * 12


def test_what_raises_rolls_everything_back_also_what_a_savepoint_had_kept(database: Database) -> None:
    def fails(session: Session) -> None:
        with session.begin_nested():
            session.add(_member("kept for a moment"))
        raise RuntimeError("after the savepoint")

    with pytest.raises(RuntimeError):
        database.run_now(fails)
    assert _count(database) == 0


def test_a_savepoint_that_fails_leaves_the_rest_of_the_transaction(database: Database) -> None:
    def writes(session: Session) -> None:
        session.add(_member("a"))
        session.flush()
        with pytest.raises(IntegrityError), session.begin_nested():
            session.add(_member("a"))
        session.add(_member("b"))

    database.run_now(writes)
    assert _count(database) == 2


async def test_a_cancelled_caller_leaves_the_transaction_to_end_by_itself(database: Database) -> None:
    begun, go_on, ended = threading.Event(), threading.Event(), threading.Event()

    def slow(session: Session) -> None:
        session.add(_member("a"))
        begun.set()
        go_on.wait(5)
        session.flush()
        ended.set()

    task = asyncio.create_task(database.run(slow))
    await asyncio.to_thread(begun.wait, 5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    go_on.set()
    await asyncio.to_thread(ended.wait, 5)
    assert await database.run(lambda s: s.scalar(select(func.count(Member.id)))) in (0, 1)
    for _ in range(100):
        if _count(database) == 1:
            break
        await asyncio.sleep(0.01)
    assert _count(database) == 1


@pytest.mark.parametrize("databases", ["postgresql"], indirect=True)
def test_a_deadlock_is_tried_again_until_both_have_written(database: Database) -> None:
    database.run_now(lambda s: s.add_all([_member("1"), _member("2")]))
    both_hold = threading.Barrier(2)
    tries: Counter[str] = Counter()

    def swap(session: Session, first: str, second: str) -> None:
        tries[first] += 1
        _append(session, first, f"-{first}")
        if tries[first] == 1:
            both_hold.wait(5)
        _append(session, second, f"-{first}")

    _at_once([lambda: database.run_now(swap, "1", "2"), lambda: database.run_now(swap, "2", "1")])
    names = database.run_now(lambda s: s.scalars(select(Member.name)).all())
    assert sum(tries.values()) > 2
    assert [Counter(name.split("-")[1:]) for name in names] == [Counter("12")] * 2


@pytest.mark.parametrize("databases", ["postgresql"], indirect=True)
def test_a_failure_that_trying_again_cannot_help_is_raised_at_once(database: Database) -> None:
    tries = []

    def fails(session: Session) -> None:
        tries.append(1)
        session.execute(text("SELECT set_config('statement_timeout', '10', true)"))
        session.execute(text("SELECT pg_sleep(1)"))

    with pytest.raises(OperationalError):
        database.run_now(fails)
    assert len(tries) == 1


@pytest.mark.parametrize("databases", ["postgresql"], indirect=True)
def test_a_connection_that_the_server_dropped_is_replaced(database: Database) -> None:
    own = database.run_now(lambda s: s.scalar(text("SELECT pg_backend_pid()")))
    killer = Database(open_engine(database.engine.url.render_as_string(hide_password=False)))
    killer.run_now(lambda s: s.scalar(text(f"SELECT pg_terminate_backend({own})")))
    killer.close()
    assert database.run_now(lambda s: s.scalar(text("SELECT 1"))) == 1


def test_who_has_the_turn_of_a_name_keeps_the_others_waiting_to_the_end(database: Database) -> None:
    inside, most, lock = 0, 0, threading.Lock()

    def enter(session: Session) -> None:
        nonlocal inside, most
        wait_for_turn(session, "discord", "m\x00\ud800")
        with lock:
            inside += 1
            most = max(most, inside)
        session.execute(select(func.count(Member.id)))
        threading.Event().wait(0.01)
        with lock:
            inside -= 1

    _at_once([lambda: database.run_now(enter) for _ in range(6)])
    assert most == 1


@pytest.mark.parametrize("databases", ["postgresql"], indirect=True)
def test_turns_of_different_names_do_not_wait_for_each_other(database: Database) -> None:
    together = threading.Barrier(2)

    def enter(session: Session, name: str) -> None:
        wait_for_turn(session, name)
        together.wait(5)

    _at_once([lambda: database.run_now(enter, "a"), lambda: database.run_now(enter, "b")])
    assert not together.broken


def test_who_only_reads_waits_for_no_writer(database: Database) -> None:
    writing, read = threading.Event(), threading.Event()

    def write(session: Session) -> None:
        session.add(_member("late"))
        session.flush()
        writing.set()
        assert read.wait(10), "reading waited for the writer"

    def look(session: Session) -> int:
        return session.scalar(select(func.count()).select_from(Member)) or 0

    with ThreadPoolExecutor(1) as pool:
        written = pool.submit(database.run_now, write)
        assert writing.wait(10)
        assert database.read_now(look) == 0
        read.set()
        written.result()
    assert database.read_now(look) == 1


def test_what_is_written_in_a_transaction_that_only_reads_is_refused_and_does_not_stand(database: Database) -> None:
    database.run_now(lambda session: session.add(_member("ada")))

    def rename(session: Session) -> None:
        session.execute(text("UPDATE members SET name = 'Eve'"))

    with pytest.raises(DBAPIError):
        database.read_now(rename)
    with pytest.raises(DBAPIError):
        database.read_now(lambda session: session.add(_member("ben")))
    names = database.read_now(lambda session: list(session.scalars(select(Member.name))))
    database.run_now(rename)
    assert (names, database.read_now(lambda session: session.scalar(select(Member.name)))) == ([""], "Eve")


def _at_once(calls: list[Callable[[], object]]) -> None:
    with ThreadPoolExecutor(len(calls)) as pool:
        for done in [pool.submit(call) for call in calls]:
            done.result(timeout=30)


def _read_then_add(session: Session, ref: str) -> None:
    """The pattern that a late BEGIN turns into "database is locked": a snapshot first, then a write."""
    session.scalar(select(func.count(Enrollment.id)))
    with session.begin_nested():
        session.add(_member(ref))


def _append(session: Session, ref: str, words: str) -> None:
    session.execute(text("UPDATE members SET name = name || :words WHERE ref = :ref"), {"words": words, "ref": ref})


def _member(ref: str) -> Member:
    return Member(platform="discord", workspace="w", ref=ref, name="")


def _count(database: Database) -> int:
    return database.run_now(lambda session: session.scalar(select(func.count(Member.id)))) or 0
