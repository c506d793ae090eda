"""A clock that leaps is not gone by until it has been steady for a while; suspension is no leap."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from bot.clock import since_boot, system_clock
from bot.engine.guard import LEAP, SETTLING, ClockGuard

Logged = Callable[[], list[logging.LogRecord]]

NOON = datetime(2026, 9, 7, 12, tzinfo=UTC)


class Machine:
    """Two clocks and a guard that looks at them every five seconds."""

    def __init__(self) -> None:
        self.guard, self.wall, self.boot = ClockGuard(), NOON, 1_000.0

    def pass_(self, time: timedelta, leap: timedelta = timedelta()) -> bool:
        """One look after `time`, during which somebody has set the wall clock by `leap`."""
        self.wall += time + leap
        self.boot += time.total_seconds()
        return self.guard.may_act(self.wall, self.boot)

    def acts_for(self, time: timedelta) -> list[bool]:
        """What every look says, for so long."""
        return [self.pass_(timedelta(seconds=5)) for _ in range(time // timedelta(seconds=5))]


@pytest.fixture
def machine() -> Machine:
    machine = Machine()
    assert all(machine.acts_for(timedelta(minutes=1)))
    return machine


STEPS = [timedelta(hours=1), timedelta(days=1), timedelta(days=30), LEAP + timedelta(seconds=1)]


@pytest.mark.parametrize("step", [*STEPS, *(-step for step in STEPS)])
def test_after_a_leap_nothing_is_done_until_the_clock_was_steady_and_then_it_is_gone_by(
    machine: Machine, step: timedelta, caplog: pytest.LogCaptureFixture, logged: Logged
) -> None:
    assert not machine.pass_(timedelta(seconds=5), step)
    assert machine.guard.leap == step
    assert not any(machine.acts_for(SETTLING - timedelta(seconds=5)))
    assert not machine.guard.is_trusted()
    assert all(machine.acts_for(timedelta(hours=1)))
    assert machine.guard.is_trusted()
    assert [record.levelname for record in logged()] == ["ERROR", "WARNING"]
    assert f"by_s={step.total_seconds():.0f}" in caplog.text


def test_a_leap_while_it_settles_begins_the_wait_anew(machine: Machine) -> None:
    machine.pass_(timedelta(seconds=5), timedelta(hours=1))
    machine.acts_for(SETTLING - timedelta(minutes=1))
    machine.pass_(timedelta(seconds=5), timedelta(hours=-1))
    assert not any(machine.acts_for(SETTLING - timedelta(seconds=5)))
    assert machine.pass_(timedelta(seconds=5))


@pytest.mark.parametrize("away", [timedelta(minutes=6), timedelta(hours=9), timedelta(days=40)])
def test_suspension_and_a_stopped_process_are_no_leap(machine: Machine, away: timedelta) -> None:
    assert machine.pass_(away)


@pytest.mark.parametrize("slew", [timedelta(seconds=1), LEAP, -LEAP])
def test_small_corrections_are_no_leap(machine: Machine, slew: timedelta) -> None:
    assert machine.pass_(timedelta(seconds=5), slew)


def test_the_first_look_has_nothing_to_compare_with() -> None:
    assert ClockGuard().may_act(NOON, 5.0)


def test_this_machines_own_clocks_agree() -> None:
    guard = ClockGuard()
    assert all(guard.may_act(system_clock(), since_boot()) for _ in range(1_000))
    assert since_boot() > 0
