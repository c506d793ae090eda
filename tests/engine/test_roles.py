"""Processes that share the work on one PostgreSQL: the real command, each role in processes of its own."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from role_processes import FIRST, MESSAGES, Company, open_company, open_server, until

from bot.fakes.faults import Fault, Kind

POSTING = "POST /channels/*/messages"


@pytest.fixture
def url(postgresql_databases: Any) -> Iterator[str]:
    url = postgresql_databases.make(None)
    yield url
    postgresql_databases.drop(url)


def assert_posted_once(company: Company) -> None:
    assert company.posted() == [MESSAGES] * len(company.channels)
    assert not company.fake.refusals()


async def test_a_gateway_two_workers_and_a_web_process_are_one_bot(tmp_path: Path, url: str):
    async with open_company(tmp_path, url, cohorts=8) as company:
        for role in ("gateway", "worker", "worker"):
            await company.start(role)
        web = await company.start("web")
        await until(lambda: all(p.is_ready for p in company.processes[:3]) and "outcome=listening" in web.said)
        await until(company.is_done)
        assert_posted_once(company)
        fake, channel = company.fake, company.channels[0]
        (prompt, *_) = (post for post in fake.posts(channel) if post.thread)
        reply = await fake.reply(company.person, str(prompt.thread), "An answer.")
        await until(lambda: company.one("SELECT count(*) FROM submissions") == 1)
        await until(lambda: bool(fake.reactions(reply)))
        shown = await fake.command(company.person, channel, "lesson", {"day": str(FIRST)})
        assert f"Day {FIRST}" in shown.text
        assert len(fake.connected_shards()) == 1, "workers do not listen"
        tried = [sum("outcome=done" in line for line in p.said.splitlines()) for p in company.processes]
        assert (tried[0], sum(tried[1:3]), tried[3]) == (0, 8, 0)
        codes = await asyncio.gather(*(each.stop() for each in company.processes))
        assert codes == [0, 0, 0, 0]
        for each in company.processes:
            assert "Traceback" not in each.said, each.said
            assert fake.token not in each.said


async def test_a_worker_killed_in_the_middle_leaves_its_lesson_to_the_other(tmp_path: Path, url: str):
    async with open_company(tmp_path, url, cohorts=4) as company:
        company.fake.plan.often(POSTING, Fault(Kind.SLOW, 0.5), 1.0)
        doomed = await company.start("worker", lease=12.0)
        await until(lambda: any(company.posted()))
        doomed.kill()
        await doomed.process.wait()
        assert company.one("SELECT count(*) FROM deliveries WHERE state = 'planned'") > 0
        company.fake.plan.heal()
        await company.start("worker", lease=12.0)
        await until(company.is_done, 80)
        assert_posted_once(company)
        assert company.one("SELECT max(attempt) FROM deliveries") > 1


async def test_two_processes_that_do_everything_post_once(tmp_path: Path, url: str):
    async with open_company(tmp_path, url, cohorts=10) as company:
        await company.start("all")
        await company.start("all")
        await until(company.is_done)
        assert_posted_once(company)
        await asyncio.gather(*(each.stop() for each in company.processes))


async def test_postgresql_stopped_at_once_under_load_and_started_again(tmp_path: Path):
    with open_server() as server:
        async with open_company(tmp_path, server.url, cohorts=0) as company:
            company.fake.plan.often(POSTING, Fault(Kind.SLOW, 0.3), 1.0)
            await company.start("worker", lease=12.0)
            await company.start("worker", lease=12.0)
            await company.ready()
            company.open_cohorts(12)
            await until(lambda: sum(company.posted()) > 2)
            await asyncio.to_thread(server.strike)
            await asyncio.sleep(2)  # how long it is away
            assert all(p.process.returncode is None for p in company.processes), "nobody gives up"
            await asyncio.to_thread(server.start)
            company.fake.plan.heal()
            await until(company.is_done, 100)
            assert_posted_once(company)
            assert any("outcome=ended" in p.said for p in company.processes), "the workers were started again"
            assert await asyncio.gather(*(each.stop() for each in company.processes)) == [0, 0]
            assert all("Traceback" not in p.said for p in company.processes)
