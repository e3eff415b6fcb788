"""What a worker keeps of a zygote that has ended."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from policybook.rollout.policy_process import PolicyProcess
from policybook.rollout.zygotes import Zygote, ZygoteLostError
from stand_ins import LIMITS

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="it looks into /proc")


@pytest.fixture
def zygote(monkeypatch: pytest.MonkeyPatch) -> Iterator[Zygote]:
    # The lowest level starts fastest: it tries out nothing.
    monkeypatch.setenv("POLICYBOOK_ISOLATION_LEVEL", "1")
    made = Zygote()
    yield made
    made.close()


def start(zygote: Any) -> PolicyProcess:
    reader, _writer = os.pipe()
    return PolicyProcess(zygote, LIMITS, {}, reader, lambda: None, on_wait=lambda: None)


def test_a_process_of_an_earlier_zygote_is_given_up_without_harm_to_the_next(zygote: Zygote) -> None:
    first = start(zygote)
    zygote.process.kill()
    zygote.process.wait()
    second = start(zygote)
    replacing = zygote.process.pid
    assert first.close() == signal.SIGKILL
    assert second.is_alive()
    third = start(zygote)
    assert zygote.process.pid == replacing
    second.close()
    third.close()


class LostZygote:
    """A zygote that ends whenever it is to fork."""

    level = 4

    def fork(self, descriptors: list[int]) -> None:
        raise ZygoteLostError


def count_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_a_process_that_could_not_be_forked_leaves_no_descriptor() -> None:
    reader, writer = os.pipe()
    lost: Any = LostZygote()
    before = count_descriptors()
    for _ in range(3):
        with pytest.raises(ZygoteLostError):
            PolicyProcess(lost, LIMITS, {}, reader, lambda: None, on_wait=lambda: None)
    assert count_descriptors() == before
    os.close(reader)
    os.close(writer)
