"""The scaled engine: several programs on one PostgreSQL, and a queue that may lose everything at any time."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from scaled_ground import MESSAGES, open_ground, until, working
from sqlalchemy import text
from sqlalchemy.orm import Session

from bot.app import App
from bot.clock import SteeredClock, system_clock
from bot.cohorts import deliveries
from bot.cohorts.claims import Claim
from bot.cohorts.deliveries import LEASE
from bot.engine import queue, scaled, steering
from bot.engine.scaled import to_cron
from bot.engine.ticks import TICKS, Role
from bot.store import schema
from bot.store.database import open_engine
from bot.store.tables import Cohort, Delivery


@pytest.fixture
def url(postgresql_databases: Any) -> Iterator[str]:
    url = postgresql_databases.make(postgresql_databases.template)
    yield url
    postgresql_databases.drop(url)


async def test_what_is_due_is_posted_once_by_whoever_takes_its_job(url: str):
    with open_ground(url, cohorts=12) as ground:
        apps = [ground.app(), ground.app(Role.WORKER), ground.app(Role.WORKER)]
        async with working(*apps):
            ground.advance(minutes=2)
            await asyncio.gather(*(app.engine.ring() for app in apps))
            await until(lambda: ground.posted() == [MESSAGES] * 12)
            await until(lambda: ground.jobs() == 0)
        assert ground.posted() == [MESSAGES] * 12
        assert ground.one("SELECT count(*) FROM deliveries WHERE state = 'done' AND attempt = 1") == 12


async def test_lessons_that_were_missed_follow_each_other_in_order(url: str):
    with open_ground(url) as ground:
        app = ground.app()
        ground.advance(days=4, minutes=2)
        async with working(app):
            for number in range(1, 6):
                await app.engine.ring()
                done = f"SELECT count(*) = {number} FROM deliveries WHERE state = 'done'"
                await until(lambda done=done: bool(ground.one(done)))
                ground.advance(minutes=31)
        days = ground.one("SELECT string_agg(lesson::text, ' ' ORDER BY posted_at) FROM deliveries")
        assert days == "31 32 33 34 35"


async def test_the_tick_rings_by_itself(url: str):
    with open_ground(url) as ground:
        app = ground.app()
        async with working(app):
            await until(lambda: ground.one("SELECT count(*) FROM procrastinate.procrastinate_periodic_defers") != 0)
            ground.advance(minutes=2)
            await until(lambda: ground.posted() == [MESSAGES])


async def test_a_gateway_and_a_web_process_post_nothing(url: str):
    with open_ground(url) as ground:
        apps = [ground.app(Role.GATEWAY), ground.app(Role.WEB)]
        async with working(*apps):
            ground.advance(minutes=2)
            assert "post" not in {*apps[0].engine.periods, *apps[1].engine.periods}
            assert ground.one("SELECT count(*) FROM procrastinate.procrastinate_workers") == 0
        assert ground.posted() == [0]


async def test_after_500_jobs_the_queue_is_as_good_as_empty(url: str):
    with open_ground(url, cohorts=100) as ground:
        apps = [ground.app(), ground.app(Role.WORKER)]
        ground.advance(minutes=2)
        async with working(*apps):
            for day in range(1, 6):
                await apps[0].engine.ring()
                done = f"SELECT count(*) = {100 * day} FROM deliveries WHERE state = 'done'"
                await until(lambda done=done: bool(ground.one(done)))
                ground.advance(days=1)
            await until(lambda: ground.jobs() == 0)
            left = ground.one(
                "SELECT (SELECT count(*) FROM procrastinate.procrastinate_jobs)"
                " + (SELECT count(*) FROM procrastinate.procrastinate_events)"
                " + (SELECT count(*) FROM procrastinate.procrastinate_periodic_defers)"
                " + (SELECT count(*) FROM procrastinate.procrastinate_workers)"
            )
        assert int(str(left)) < 40
        assert ground.one("SELECT max(attempt) FROM deliveries") == 1


async def test_jobs_that_are_lost_are_made_again_and_nothing_doubles(url: str):
    with open_ground(url, cohorts=12) as ground:
        ground.advance(minutes=2)
        idle = ground.app()
        idle.shop.ready.add("simulator")
        await idle.engine.ring()
        assert ground.jobs() == 12
        ground.one("TRUNCATE procrastinate.procrastinate_jobs CASCADE")
        app = ground.app()
        async with working(app):
            await app.engine.ring()
            assert ground.jobs() == 0, "they count as made for a while"
            ground.advance(seconds=LEASE.total_seconds() + 1)
            await app.engine.ring()
            await until(lambda: ground.planned() == 0)
        assert ground.posted() == [MESSAGES] * 12
        idle.shop.database.close()


async def test_a_queue_that_loses_its_rows_again_and_again_loses_no_lesson(url: str, caplog: pytest.LogCaptureFixture):
    with open_ground(url, cohorts=60) as ground:
        apps = [ground.app(concurrency=2), ground.app(Role.WORKER, concurrency=2)]
        ground.advance(minutes=2)
        async with working(*apps):
            for _ in range(50):
                await apps[0].engine.ring()
                # Not TRUNCATE: it locks the whole table, and the queue's own clock may lose the deadlock with it.
                await asyncio.to_thread(ground.one, "DELETE FROM procrastinate.procrastinate_jobs")
                ground.advance(seconds=LEASE.total_seconds() + 1)
                if not ground.planned() and ground.one("SELECT count(*) FROM deliveries"):
                    break
                await asyncio.sleep(0.2)
            await until(lambda: ground.planned() == 0)
        assert ground.posted() == [MESSAGES] * 60
        assert "Traceback" not in caplog.text


@pytest.mark.parametrize("claims", [True, False], ids=["claimed", "control"])
async def test_jobs_that_are_there_four_times_post_once_because_of_the_claim(
    url: str, monkeypatch: pytest.MonkeyPatch, claims: bool
):
    """The control run takes every job at its word: then the same lesson goes out again and again."""
    with open_ground(url, cohorts=6) as ground:
        ground.advance(minutes=2)
        idle = ground.app()
        idle.shop.ready.add("simulator")
        await idle.engine.ring()
        ground.one(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args)"
            " SELECT queue_name, task_name, args FROM procrastinate_jobs, generate_series(1, 3)"
        )
        assert ground.jobs() == 24
        if not claims:
            monkeypatch.setattr(scaled, "claim_one", take_at_its_word)
        apps = [ground.app(), ground.app(Role.WORKER)]
        for app in apps:
            monkeypatch.setattr(app.shop.platforms["simulator"], "post", SlowPost(app, asyncio.Event()))
        async with working(*apps):
            await until(lambda: ground.jobs() == 0)
        if claims:
            assert ground.posted() == [MESSAGES] * 6
        else:
            assert max(ground.posted()) > MESSAGES
        idle.shop.database.close()


def take_at_its_word(session: Session, delivery: int, platforms: Sequence[str], now: datetime) -> Claim | None:
    """As `claim_one`, without lease and fence."""
    row = session.get_one(Delivery, delivery)
    fence = row.attempt
    claim = deliveries._claim(row, session.get_one(Cohort, row.cohort_id), now)
    row.attempt = fence
    return replace(claim, fence=fence)


async def test_a_waiting_job_is_not_made_twice(url: str):
    with open_ground(url, cohorts=5) as ground:
        app = ground.app()
        app.shop.ready.add("simulator")
        ground.advance(minutes=2)
        for _ in range(3):
            await app.engine.ring()
            ground.advance(seconds=LEASE.total_seconds() + 1)
        assert ground.jobs() == 5
        app.shop.database.close()


async def test_no_job_is_made_when_the_transaction_that_takes_the_row_fails(url: str, monkeypatch: pytest.MonkeyPatch):
    with open_ground(url) as ground:
        app = ground.app()
        app.shop.ready.add("simulator")
        ground.advance(minutes=2)
        enqueue = scaled.enqueue

        def and_then_fail(session: Session, due: dict[int, str]) -> int:
            enqueue(session, due)
            session.execute(text("SELECT 1 / 0"))
            return 1

        monkeypatch.setattr(scaled, "enqueue", and_then_fail)
        await app.engine.ring()
        assert ground.jobs() == 0
        assert ground.one("SELECT count(*) FROM deliveries WHERE enqueued_at IS NULL") == 1
        monkeypatch.undo()
        await app.engine.ring()
        assert ground.jobs() == 1
        app.shop.database.close()


async def test_jobs_of_workers_that_died_are_finished_and_not_tried_again(url: str, caplog: pytest.LogCaptureFixture):
    with open_ground(url, cohorts=3) as ground:
        ground.advance(minutes=2)
        idle = ground.app()
        idle.shop.ready.add("simulator")
        await idle.engine.ring()
        ground.one(
            "INSERT INTO procrastinate.procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 hour')"
        )
        ground.one(
            "UPDATE procrastinate.procrastinate_jobs SET status = 'doing',"
            " worker_id = (SELECT max(id) FROM procrastinate.procrastinate_workers)"
        )
        app = ground.app()
        async with working(app, ready=False):
            living = "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - interval '1 minute'"
            await until(lambda: ground.one(living) == 1)
            await app.engine.ring("sweep")
            assert ground.jobs() == 0
            assert "jobs_finished=3" in caplog.text
        idle.shop.database.close()


async def test_who_is_not_ready_takes_no_job(url: str):
    with open_ground(url, cohorts=4) as ground:
        unready, ready = ground.app(), ground.app(Role.WORKER)
        ground.advance(minutes=2)
        async with working(unready, ready, ready=False):
            await unready.engine.ring()
            assert ground.jobs() == 0
            ready.shop.ready.add("simulator")
            ready.engine.wake()
            await until(lambda: ground.planned() == 0 and ground.posted() == [MESSAGES] * 4)
            assert not unready.shop.reached


async def test_a_platform_that_is_ready_no_more_is_left_to_others(url: str):
    with open_ground(url) as ground:
        app = ground.app()
        async with working(app):
            await until(lambda: ground.one("SELECT count(*) FROM procrastinate.procrastinate_workers") == 2)
            app.shop.ready.discard("simulator")
            app.engine.wake()
            await until(lambda: ground.one("SELECT count(*) FROM procrastinate.procrastinate_workers") == 1)
            app.shop.ready.add("simulator")
            app.engine.wake()
            await until(lambda: ground.one("SELECT count(*) FROM procrastinate.procrastinate_workers") == 2)


async def test_a_stop_lets_what_is_under_way_end_and_takes_nothing_new(url: str, monkeypatch: pytest.MonkeyPatch):
    with open_ground(url, cohorts=6) as ground:
        app = ground.app(concurrency=2)
        ground.advance(minutes=2)
        sending = asyncio.Event()
        post = SlowPost(app, sending)
        monkeypatch.setattr(app.shop.platforms["simulator"], "post", post)
        async with working(app):
            await app.engine.ring()
            await sending.wait()
        done = ground.one("SELECT count(*) FROM deliveries WHERE state = 'done'")
        assert done == 2, "the two that were under way are whole"
        assert sorted(ground.posted()) == [0] * 4 + [MESSAGES] * 2
        assert ground.one("SELECT count(*) FROM procrastinate.procrastinate_workers") == 0


class SlowPost:
    """The platform's own post, which takes a while."""

    def __init__(self, app: App, begun: asyncio.Event) -> None:
        self._post, self._begun = app.shop.platforms["simulator"].post, begun

    async def __call__(self, *args: object) -> str:
        self._begun.set()
        await asyncio.sleep(0.5)
        return await self._post(*args)  # type: ignore[arg-type]


async def test_a_worker_that_was_taken_for_dead_begins_anew(url: str, caplog: pytest.LogCaptureFixture):
    with open_ground(url) as ground:
        app = ground.app()
        async with working(app):
            await until(lambda: ground.one("SELECT count(*) FROM procrastinate.procrastinate_workers") == 2)
            await asyncio.to_thread(ground.one, "DELETE FROM procrastinate.procrastinate_workers")
            ground.advance(minutes=2)
            await app.engine.ring()
            await until(lambda: ground.posted() == [MESSAGES])
        assert "outcome=ended" in caplog.text


async def test_a_record_that_fails_is_one_line(url: str, caplog: pytest.LogCaptureFixture):
    with open_ground(url) as ground:
        app = ground.app()
        async with working(app):
            ground.one("ALTER TABLE cohorts RENAME TO away")
            await app.engine.ring()
            ground.one("ALTER TABLE away RENAME TO cohorts")
        assert "tick name=post outcome=no-database" in caplog.text
        assert "Traceback" not in caplog.text


# the queue's own tables


def test_the_tables_are_made_once_and_anew_for_another_version(url: str):
    engine = open_engine(url)
    assert not queue.is_installed(engine)
    queue.install(engine)
    with open_ground(url) as ground:
        ground.one("INSERT INTO procrastinate.procrastinate_workers DEFAULT VALUES")
        queue.install(engine)
        assert ground.one("SELECT count(*) FROM procrastinate.procrastinate_workers") == 1
        ground.one("COMMENT ON SCHEMA procrastinate IS 'another version'")
        assert not queue.is_installed(engine)
        queue.install(engine)
        assert queue.is_installed(engine)
        assert ground.one("SELECT count(*) FROM procrastinate.procrastinate_workers") == 0
    schema.check(engine)
    queue.remove(engine)
    assert not queue.is_installed(engine)
    engine.dispose()


# times


@pytest.mark.parametrize(
    ("every", "cron"),
    [(1, "* * * * * */1"), (10, "* * * * * */10"), (60, "* * * * *"), (300, "*/5 * * * *"), (3600, "0 * * * *")],
)
def test_a_period_as_cron(every: float, cron: str):
    assert to_cron(every) == cron


@pytest.mark.parametrize("every", [0, 0.4, 7, 45, 90, 420, 7200])
def test_a_period_that_cron_cannot_say_is_refused(every: float):
    with pytest.raises(ValueError, match="do not divide"):
        to_cron(every)


def test_every_tick_of_the_table_can_be_said_as_cron():
    assert all(to_cron(tick.every) for tick in TICKS if not tick.own)


@pytest.mark.parametrize("off", [timedelta(hours=1), timedelta(days=-1)])
def test_a_machine_whose_clock_is_wrong_goes_by_the_databases(
    url: str, off: timedelta, monkeypatch: pytest.MonkeyPatch
):
    engine = open_engine(url)

    def wrong() -> datetime:
        return system_clock() + off

    monkeypatch.setattr(steering, "system_clock", wrong)
    clock = SteeredClock(wrong)
    assert abs(clock() - system_clock()) > timedelta(minutes=59)
    steering.steer(engine, clock)
    assert abs(clock() - system_clock()) < timedelta(seconds=1)
    engine.dispose()


def test_the_reading_with_the_shortest_way_counts(url: str, monkeypatch: pytest.MonkeyPatch):
    engine = open_engine(url)
    early = iter([timedelta(seconds=-10)])  # the first question seems to have been on its way for ten seconds
    monkeypatch.setattr(steering, "system_clock", lambda: system_clock() + next(early, timedelta()))
    clock = SteeredClock()
    steering.steer(engine, clock)
    assert abs(clock() - system_clock()) < timedelta(seconds=1)
    engine.dispose()
