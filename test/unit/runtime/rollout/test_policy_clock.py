"""When the clocks end a policy, and what is said of it, with clocks that the test turns."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

import pytest
from policybook.rollout import policy_clock
from policybook.rollout.blocks import Limits
from policybook.rollout.failure_sentences import explain_fault
from policybook.rollout.failures import make_unplaced_fault
from policybook.rollout.policy_clock import RowClock, TimeOut
from policybook.sandbox.frames import STARTING


@dataclass
class Clocks:
    cpu: float = 0.0
    wall: float = 0.0


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> Clocks:
    clocks = Clocks()
    monkeypatch.setattr(policy_clock, "measure_cpu", lambda pid: clocks.cpu)
    monkeypatch.setattr(policy_clock, "time", SimpleNamespace(monotonic=lambda: clocks.wall))
    return clocks


@pytest.fixture
def row() -> memoryview:
    return memoryview(bytearray(4)).cast("I")


@pytest.fixture
def clock(clocks: Clocks, row: memoryview) -> RowClock:
    return RowClock(1, row, Limits(step_ms=100, import_ms=1000, memory_mb=512, imports=()))


def test_a_step_is_ended_by_its_cpu_time_and_says_how_much_it_was(clock: RowClock, clocks: Clocks) -> None:
    clock.start(3, can_begin=False)
    assert clock.look() is None
    clocks.cpu, clocks.wall = 0.099, 0.9
    assert clock.look() is None
    clocks.cpu = 0.104
    assert clock.look() == TimeOut("step_timeout", "104 ms of CPU time")


def test_a_step_that_waits_is_ended_by_the_wall_clock_ten_times_later(
    clock: RowClock, clocks: Clocks
) -> None:
    clock.start(1, can_begin=False)
    clock.look()
    clocks.cpu, clocks.wall = 0.002, 0.99
    assert clock.look() is None
    clocks.wall = 1.003
    assert clock.look() == TimeOut("step_timeout", "2 ms of CPU time in 1003 ms, 10 times the limit,")


def test_the_next_row_has_its_time_again(clock: RowClock, clocks: Clocks, row: memoryview) -> None:
    clock.start(2, can_begin=False)
    clock.look()
    clocks.cpu, row[0] = 0.2, 1
    assert clock.look() is None
    clocks.cpu = 0.29
    assert clock.look() is None
    assert clock.slowest is not None
    assert (clock.slowest.row, round(clock.slowest.milliseconds)) == (1, 90)


def test_a_process_that_goes_back_gains_no_time(clock: RowClock, clocks: Clocks, row: memoryview) -> None:
    clock.start(3, can_begin=False)
    row[0] = 2
    clock.look()
    clocks.cpu, row[0] = 0.1, 0
    assert clock.look() is not None


def test_what_begins_has_the_time_of_an_import(clock: RowClock, clocks: Clocks, row: memoryview) -> None:
    clock.start(1, can_begin=True)
    row[0] = STARTING
    clock.look()
    clocks.cpu = 0.9
    assert clock.look() is None
    clocks.cpu = 1.0
    assert clock.look() == TimeOut("import_timeout", "1000 ms of CPU time")


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (
            "step_timeout",
            "`act` had used 104 ms of CPU time when it was ended; "
            "one call may take 100 ms (`policy: {step: …}`).",
        ),
        (
            "import_timeout",
            "Importing the policy had used 104 ms of CPU time when it was ended; "
            "it may take 1000 ms (`policy: {import: …}`).",
        ),
    ],
)
def test_the_failure_says_what_was_used_and_what_is_allowed(code: str, sentence: str) -> None:
    limits = Limits(step_ms=100, import_ms=1000.0, memory_mb=512, imports=())
    failure = explain_fault(make_unplaced_fault(code, "104 ms of CPU time"), "0 or 1", limits, seed=3, step=7)
    assert failure.message == sentence
