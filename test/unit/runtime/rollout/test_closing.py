"""Closing an environment: what it raises is dropped, and what does not end is given up."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import gymnasium
import pytest
from policybook.rollout import closing


def make_environment(close: Callable[[], None]) -> gymnasium.Env[Any, Any]:
    """An environment of a class of its own, which is closed so."""
    kind = type("Closed", (gymnasium.Env,), {"close": lambda self: close()})
    environment: gymnasium.Env[Any, Any] = kind()
    return environment


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(closing, "CLOSE_SECONDS", 0.05)
    monkeypatch.setattr(closing, "AGAIN_SECONDS", 0.05)


def sleep() -> None:
    time.sleep(1000)


def loop() -> None:
    while True:
        pass


def insist() -> None:
    """Catches what interrupts it, once."""
    try:
        time.sleep(1000)
    except BaseException:
        time.sleep(1000)


@pytest.mark.parametrize("close", [sleep, loop, insist])
def test_a_close_that_does_not_end_is_given_up_and_not_called_again(close: Callable[[], None]) -> None:
    before = signal.getsignal(signal.SIGALRM)
    calls = []

    def counted() -> None:
        calls.append(1)
        close()

    env = make_environment(counted)
    assert not closing.close_in_time(env)
    assert not closing.close_in_time(env)
    assert calls == [1]
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


@pytest.mark.parametrize("error", [RuntimeError("not connected"), SystemExit("not connected")])
def test_what_close_raises_is_no_fault(error: BaseException) -> None:
    def fail() -> None:
        raise error

    assert closing.close_in_time(make_environment(fail))
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(closing.close_in_time, make_environment(fail)).result()
