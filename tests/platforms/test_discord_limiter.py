"""The limit over all routes, kept by several platforms at once against a fake that counts every second."""

import asyncio
import random
from bisect import bisect_left
from contextlib import AsyncExitStack

import pytest
from discord_stage import speaking, until
from made_sharing import MadeSharing, Record

from bot.chat.port import PlatformError, Reason
from bot.clock import monotonic
from bot.fakes.discord.fake import FakeDiscord
from bot.fakes.discord.limits import Rates
from bot.fakes.faults import Fault, Kind
from bot.platforms.discord.alone import Alone
from bot.platforms.discord.gate import CALLS, Gate
from bot.platforms.discord.limits import CALLS_PER_SECOND, CAREFUL_CALLS_PER_SECOND

BODY = {"flags": 32768, "components": [{"type": 10, "content": "x"}], "allowed_mentions": {"parse": []}}


async def burst(fake, sharings, calls):
    """So many posts from each platform at once; how long it took, and what went wrong."""
    async with AsyncExitStack() as stack:
        bots = [await stack.enter_async_context(speaking(fake, sharing=sharing)) for sharing in sharings]
        channels = [fake.add_channel(f"cohort-{number}") for number in range(50)]
        started = monotonic()
        outcomes = await asyncio.gather(
            *(bot.platform.post(channels[number % 50], BODY) for number in range(calls) for bot in bots),
            return_exceptions=True,
        )
        took = monotonic() - started
    assert sum(len(fake.posts(channel)) for channel in channels) == sum(type(each) is str for each in outcomes)
    return took, [each for each in outcomes if isinstance(each, Exception)]


async def test_600_calls_of_two_processes_stay_below_the_limit_and_use_it():
    record = Record()
    async with FakeDiscord() as fake:
        took, failed = await burst(fake, [MadeSharing(record), MadeSharing(record)], 300)
        assert (failed, fake.throttled().total()) == ([], 0)
        assert fake.busiest_second() <= 50
        assert 600 / took >= 0.9 * CALLS_PER_SECOND
        assert record.asked < 80  # questions to the record, not one for each call


async def test_control_two_processes_that_do_not_know_of_each_other_are_refused():
    async with FakeDiscord() as fake:
        _, failed = await burst(fake, [None, None], 70)
        assert fake.throttled().total() > 0
        assert {error.reason for error in failed} == {Reason.BUSY}


async def test_a_slow_record_costs_speed_and_never_the_limit():
    record, slow = Record(), 0.4
    async with FakeDiscord() as fake:
        sharings = [MadeSharing(record, slow), MadeSharing(record, slow / 10), MadeSharing(record)]
        took, failed = await burst(fake, sharings, 80)
        assert (failed, fake.throttled().total()) == ([], 0)
        assert 240 / took >= 0.6 * CALLS_PER_SECOND


@pytest.mark.parametrize("uneven", [0.02, 0.4])
async def test_processes_whose_record_answers_unevenly_do_not_meet_in_one_second(uneven):
    record, chance, entered = Record(), random.Random(7), []
    gates = [Gate(MadeSharing(record, uneven=uneven, chance=chance)) for _ in range(4)]

    async def enter(gate):
        await gate.enter()
        entered.append(monotonic())

    await asyncio.gather(*(enter(gate) for gate in gates for _ in range(60)))
    for gate in gates:
        gate.stop()
    assert max(bisect_left(entered, at + 1.0) - number for number, at in enumerate(entered)) <= 50
    assert len(entered) / (entered[-1] - entered[0]) >= (0.9 if uneven < 0.1 else 0.5) * CALLS_PER_SECOND


async def test_after_a_refusal_calls_are_further_apart_for_a_while():
    record = Record()
    gate = Gate(MadeSharing(record))
    await gate.enter()
    gate.close_for(0.0)
    await until(lambda: record.closed)
    await gate.enter()
    gate.stop()
    assert [round(1 / every) for every in record.apart] == [CALLS_PER_SECOND, CAREFUL_CALLS_PER_SECOND]


async def test_a_lone_call_does_not_wait_and_asks_once():
    record = Record()
    gate = Gate(MadeSharing(record))
    for number in range(5):
        await asyncio.sleep(0.05)
        started = monotonic()
        await gate.enter()
        assert monotonic() - started < 0.04
        assert record.asked == number + 1
    gate.stop()


async def test_turns_that_were_not_used_in_time_are_lost():
    gate, entered = Gate(Alone()), []

    async def enter():
        await gate.enter()
        entered.append(monotonic())

    callers = [asyncio.create_task(enter()) for _ in range(30)]
    await until(lambda: len(entered) >= 3)
    stall = monotonic() + 0.4
    while monotonic() < stall:
        pass  # the event loop hangs, as under a load too big for it
    await asyncio.gather(*callers)
    late = [at for at in entered if at >= stall]
    assert sum(at < stall + 0.2 for at in late) <= 0.2 * CALLS_PER_SECOND + 5
    gate.stop()


async def test_callers_that_gave_up_leave_their_turn_to_others():
    gate = Gate(Alone())
    callers = [asyncio.create_task(gate.enter()) for _ in range(200)]
    await asyncio.sleep(0.05)
    for caller in callers[5:195]:
        caller.cancel()
    started = monotonic()
    await asyncio.gather(*callers[195:])
    assert monotonic() - started < 1.0
    gate.stop()


async def test_a_global_429_closes_the_gate_of_every_process():
    record = Record()
    fake = FakeDiscord(rates=Rates(overall=10))
    sharings = MadeSharing(record), MadeSharing(record)
    async with fake, speaking(fake, sharing=sharings[0]) as one, speaking(fake, sharing=sharings[1]) as two:
        channel = fake.add_channel("cohort")
        posts = [asyncio.create_task(one.platform.post(channel, BODY)) for _ in range(12)]
        await until(lambda: record.closed)
        before, started = fake.throttled().total(), monotonic()
        await two.platform.post(channel, BODY)
        assert monotonic() - started > 0.5
        outcomes = await asyncio.gather(*posts, return_exceptions=True)
        assert fake.throttled().total() == before
        assert {each.reason for each in outcomes if isinstance(each, PlatformError)} == {Reason.BUSY}
        assert {scope for scope, _ in record.closed} == {CALLS}


async def test_a_closing_longer_than_a_call_may_take_is_told_at_once():
    async with FakeDiscord() as fake, speaking(fake) as bot:
        channel = fake.add_channel("cohort")
        fake.plan.next_calls("POST /channels/*/messages", Fault(Kind.BUSY, 300))
        fake.rest.busy_everywhere = True
        for _ in range(3):
            started = monotonic()
            with pytest.raises(PlatformError) as caught:
                await bot.platform.post(channel, BODY)
            assert (caught.value.reason, caught.value.retry_after > 290) == (Reason.BUSY, True)
            assert monotonic() - started < 0.5
        assert fake.plan.injected == {"busy": 1}


async def test_the_librarys_own_tries_take_turns_as_well():
    async with FakeDiscord() as fake:
        record = Record()
        async with speaking(fake, sharing=MadeSharing(record)) as bot:
            channel = fake.add_channel("cohort")
            fake.rest.error_status = 502
            fake.plan.next_calls("POST /channels/*/messages", Fault(Kind.ERROR))
            await bot.platform.post(channel, BODY)
            assert record.asked == 2
