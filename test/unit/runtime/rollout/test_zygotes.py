"""How a worker waits for a zygote, and what it keeps of one that has ended."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from policybook.rollout import fork_server
from policybook.rollout.fork_server import ForkServerLostError
from policybook.rollout.policy_process import PolicyProcess
from policybook.rollout.zygotes import Zygote
from stand_ins import LIMITS

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="it looks into /proc")


@pytest.fixture
def zygote(monkeypatch: pytest.MonkeyPatch) -> Iterator[Zygote]:
    # The lowest level starts fastest: it tries out nothing.
    monkeypatch.setenv("POLICYBOOK_ISOLATION_LEVEL", "1")
    made = Zygote(on_wait=lambda: None)
    yield made
    made.close()


def start(zygote: Any) -> PolicyProcess:
    reader, _writer = os.pipe()
    return PolicyProcess(zygote, LIMITS, {}, reader, lambda: None, on_wait=lambda: None)


def test_a_process_of_an_earlier_zygote_is_given_up_without_harm_to_the_next(zygote: Zygote) -> None:
    first = start(zygote)
    zygote.server.process.kill()
    zygote.server.process.wait()
    second = start(zygote)
    replacing = zygote.server.process.pid
    assert first.close() is None
    assert second.is_alive()
    third = start(zygote)
    assert zygote.server.process.pid == replacing
    second.close()
    third.close()


class LostZygote:
    """A zygote that ends whenever it is to fork."""

    level = 4

    def fork(self, descriptors: list[int]) -> None:
        raise ForkServerLostError


def count_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_a_process_that_could_not_be_forked_leaves_no_descriptor() -> None:
    reader, writer = os.pipe()
    lost: Any = LostZygote()
    before = count_descriptors()
    for _ in range(3):
        with pytest.raises(ForkServerLostError):
            PolicyProcess(lost, LIMITS, {}, reader, lambda: None, on_wait=lambda: None)
    assert count_descriptors() == before
    os.close(reader)
    os.close(writer)


def test_a_worker_gives_signs_of_life_until_a_zygote_has_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fork_server, "TICK_MS", 1)
    signs: list[None] = []

    def go_on() -> None:
        signs.append(None)
        if len(signs) == 5:
            os.kill(slow.server.process.pid, signal.SIGCONT)

    monkeypatch.setenv("POLICYBOOK_ISOLATION_LEVEL", "1")
    slow = Zygote(on_wait=go_on)
    os.kill(slow.server.process.pid, signal.SIGSTOP)
    assert slow.fault is None
    assert len(signs) >= 5
    slow.close()


def test_a_zygote_that_does_not_start_in_time_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fork_server, "TICK_MS", 1)
    monkeypatch.setattr(fork_server, "STARTING_SECONDS", 0.01)
    slow = Zygote(on_wait=lambda: None)
    os.kill(slow.server.process.pid, signal.SIGSTOP)
    with pytest.raises(ForkServerLostError, match="to start"):
        _ = slow.level
    slow.close()
