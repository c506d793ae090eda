"""How often, and how many at once; and what somebody is told beyond it."""

import asyncio
import threading

import pytest
from desk_stage import ADDRESS, Tenant, opened_desk, tenant, visit

from bot.store.database import Database
from bot.web.desk.doors import Answer, Audience, Call, Door, Sent, Shown, Streamed
from bot.web.desk.limiting import ACTS, AT_ONCE, STRANGE_TRIES, TRIES, WAITING, Busy, Limits, is_own_address

OURS = {"Origin": ADDRESS}
PATIENT = 20.0


@pytest.fixture
def spring(database: Database) -> Tenant:
    return tenant(database, "discord", "W1", "C1", "spring")


def shown(_: Call) -> Answer:
    return Shown("refusal.html", {"kind": "missing", "wrote": ()})


async def test_a_link_is_tried_so_often_and_others_are_not_held_up(database: Database, spring: Tenant):
    async with opened_desk(database) as desk:
        browser = desk.browser()
        statuses = [(await browser.ask("POST", "/desk/enter/x", headers=OURS)).status for _ in range(TRIES.amount + 2)]
        assert statuses == [403] * TRIES.amount + [429] * 2
        late = await browser.get("/desk/enter/x")
        assert (late.status, late.headers["Retry-After"]) == (429, "60")
        assert "wait a minute" in late.text
        assert (await browser.get("/desk/enter/y")).status == 403


async def test_forms_of_a_visit_are_counted_and_other_visits_are_not_held_up(database: Database, spring: Tenant):
    async with opened_desk(database, doors=(Door("POST", "/try", Audience.MEMBER, shown),)) as desk:
        one, two = (desk.browser(visit(database, spring.people["learner"], spring.cohort)) for _ in range(2))
        for _ in range(3):  # what another site sends in somebody's name uses up nothing of theirs
            assert (await one.send("/desk/try", site="cross-site")).status == 403
        statuses = [(await one.send("/desk/try")).status for _ in range(ACTS.amount + 1)]
        assert statuses == [200] * ACTS.amount + [429]
        assert (await two.send("/desk/try")).status == 200
        assert (await one.get("/desk/nothing")).status == 404, "reading goes on"


async def test_heavy_pages_are_made_few_at_a_time_and_the_others_wait(database: Database, spring: Tenant):
    going, most, lock = 0, 0, threading.Lock()
    both, open_ = threading.Event(), threading.Event()

    def draw() -> bytes:
        nonlocal going, most
        with lock:
            going += 1
            most = max(most, going)
            if going == AT_ONCE:
                both.set()
        open_.wait(PATIENT)
        with lock:
            going -= 1
        return b"drawn"

    door = Door("GET", "/try", Audience.MEMBER, lambda _: Sent("x.png", "image/png", draw), heavy=True)
    async with opened_desk(database, doors=(door, Door("GET", "/light", Audience.MEMBER, shown))) as desk:
        one, two = (desk.browser(visit(database, spring.people["learner"], spring.cohort)) for _ in range(2))
        asked = [asyncio.create_task(one.get("/desk/try")) for _ in range(WAITING + 1)]
        first, _ = await asyncio.wait(asked, timeout=PATIENT, return_when=asyncio.FIRST_COMPLETED)
        assert [(each.result().status, each.result().headers["Retry-After"]) for each in first] == [(429, "5")]
        await asyncio.to_thread(both.wait, PATIENT)
        asked.append(asyncio.create_task(two.get("/desk/try")))
        assert (await one.get("/desk/light")).status == 200
        assert (await desk.browser().get("/desk/try")).status == 403, "no stranger waits for a turn"
        open_.set()
        assert sorted([(await each).status for each in asked]) == [200] * (WAITING + 1) + [429]
        assert most == AT_ONCE


async def test_a_slow_browser_takes_nobodys_turn(database: Database, spring: Tenant):
    big = Streamed("x.bin", "application/octet-stream", lambda _: iter([b"x" * 1_000_000] * 30))
    async with opened_desk(database, doors=(Door("GET", "/try", Audience.MEMBER, lambda _: big, heavy=True),)) as desk:
        browser = desk.browser(visit(database, spring.people["learner"], spring.cohort))
        headers = {"Cookie": f"__Host-homeroom-visit={browser.secret}"}
        slow = [await desk.http.get("/desk/try", headers=headers) for _ in range(WAITING)]
        assert [each.status for each in slow] == [200] * WAITING, "and they take no more than the headers"
        assert (await asyncio.wait_for(browser.ask("HEAD", "/desk/try"), PATIENT)).status == 200
        for each in slow:
            each.close()


async def test_who_gives_up_waiting_leaves_the_turn_to_others():
    limits = Limits()
    async with limits.turn("a"), limits.turn("b"):
        waiting = asyncio.ensure_future(limits.turn("c").__aenter__())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
    for _ in range(3):
        async with limits.turn("c"), limits.turn("c"):
            pass


async def test_a_turn_that_never_comes_is_told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("bot.web.desk.limiting.PATIENCE", 0.01)
    limits = Limits()
    async with limits.turn("a"), limits.turn("b"):
        with pytest.raises(Busy):
            async with limits.turn("c"):
                pass
    async with limits.turn("c"):
        pass


def test_strange_tries_are_counted_by_address_only_where_the_address_is_somebodys_own():
    limits = Limits()
    for number in range(STRANGE_TRIES.amount):
        for peer in ("203.0.114.9", "10.0.0.7", "127.0.0.1"):
            limits.try_link(f"{peer} {number}", peer)
            limits.note_strange(peer)
    with pytest.raises(Busy):
        limits.try_link("one more", "203.0.114.9")
    for peer in ("10.0.0.7", "127.0.0.1", None, "not an address"):
        limits.try_link(f"one more {peer}", peer)
    limits.try_link("somebody else's", "203.0.114.10")


@pytest.mark.parametrize(
    ("peer", "own"),
    [
        ("8.8.8.8", True),
        ("2a00:1450:4001::1", True),
        ("127.0.0.1", False),
        ("::1", False),
        ("192.168.1.4", False),
        ("172.17.0.1", False),
        ("fe80::1%eth0", False),
        ("::ffff:10.0.0.1", False),
        ("", False),
        ("unix:", False),
    ],
)
def test_an_address_of_a_proxy_is_nobodys_own(peer: str, own: bool):
    assert is_own_address(peer) is own


async def test_no_header_makes_somebody_somebody_else(database: Database, spring: Tenant):
    """Else whoever writes a new address each time would be counted as many."""
    async with opened_desk(database, doors=(Door("POST", "/try", Audience.MEMBER, shown),)) as desk:
        browser = desk.browser(visit(database, spring.people["learner"], spring.cohort))
        statuses = []
        for number in range(ACTS.amount + 1):
            forged = {"X-Forwarded-For": f"8.8.8.{number}", "Forwarded": f"for=8.8.8.{number}", **OURS}
            answer = await browser.ask("POST", "/desk/try", headers=forged, data={"csrf": browser.mark})
            statuses.append(answer.status)
        assert statuses[-1] == 429
