"""The design that most bots have, to be measured beside ours: one cron job a cohort in an APScheduler.

The job store is APScheduler's own: on the same database as the record, durable as the record is; or in memory.
"""

import pickle
from datetime import UTC, datetime, timedelta
from typing import Any

from apscheduler.executors.debug import DebugExecutor
from apscheduler.job import Job
from apscheduler.jobstores.base import BaseJobStore
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.base import BaseScheduler
from apscheduler.triggers.cron import CronTrigger
from sqlalchemy import insert

from bot.clock import system_clock

CHUNK = 5_000


class Rung(BaseScheduler):  # type: ignore[misc]
    """A scheduler that is woken by hand and calls its jobs at once: what is measured is the scheduler, no thread."""

    def __init__(self, store: BaseJobStore) -> None:
        super().__init__(timezone=UTC, jobstores={"default": store}, executors={"default": DebugExecutor()})
        self.start()

    def wakeup(self) -> None: ...

    def shutdown(self, wait: bool = True) -> None:
        super().shutdown(wait)

    def ring(self) -> None:
        """What APScheduler's own loops do when the next job's time has come."""
        self._process_jobs()

    def add(self, number: int) -> None:
        """As bots add a cohort: late rather than never, and once for all that was missed."""
        self.add_job(post, _cron(), args=[number], id=_name(number), misfire_grace_time=None, coalesce=True)


def post(_: int) -> None:
    """What a bot would do here is the same on both sides."""


def make_due(scheduler: Rung, count: int) -> None:
    """The first `count` jobs are due now."""
    for number in range(1, count + 1):
        scheduler.modify_job(_name(number), next_run_time=system_clock() - timedelta(seconds=1))


def add_in_bulk(scheduler: Rung, store: SQLAlchemyJobStore, count: int) -> None:
    """The rows that `add` would write, in few transactions: one by one 100,000 take minutes."""
    ahead = _cron().get_next_fire_time(None, system_clock())
    with store.engine.begin() as connection:
        for first in range(1, count + 1, CHUNK):
            numbers = range(first, min(first + CHUNK, count + 1))
            connection.execute(insert(store.jobs_t), [_row(scheduler, store, number, ahead) for number in numbers])


def in_memory(count: int) -> Rung:
    """A scheduler as it is after a start: every job has to be added again."""
    scheduler = Rung(MemoryJobStore())
    for number in range(1, count + 1):
        scheduler.add(number)
    return scheduler


def _row(scheduler: Rung, store: SQLAlchemyJobStore, number: int, ahead: datetime) -> dict[str, Any]:
    job = Job(
        scheduler,
        id=_name(number),
        name="post",
        func=post,
        args=(number,),
        kwargs={},
        trigger=_cron(),
        executor="default",
        misfire_grace_time=None,
        coalesce=True,
        max_instances=1,
        next_run_time=ahead,
    )
    state = pickle.dumps(job.__getstate__(), store.pickle_protocol)
    return {"id": job.id, "next_run_time": ahead.timestamp(), "job_state": state}


def _cron() -> CronTrigger:
    """Nine o'clock, far ahead of any clock: a job is due when `make_due` says so. Each job has its own, because each
    cohort has its own time and zone."""
    return CronTrigger(year="2100-2200", hour=9, timezone=UTC)


def _name(number: int) -> str:
    return f"cohort-{number}"
