"""How a worker waits for a zygote, and what it keeps of one that has ended."""

from __future__ import annotations

import gc
import os
import select
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from policybook.rollout import fork_server, policy_process, shared_memory
from policybook.rollout.fork_server import ForkServerLostError
from policybook.rollout.policy_process import PolicyLostError, PolicyProcess
from policybook.rollout.zygotes import Zygote
from policybook.sandbox.codecs import PrimitiveCodec
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
    zygote.fork_server.process.kill()
    zygote.fork_server.process.wait()
    second = start(zygote)
    replacing = zygote.fork_server.process.pid
    assert first.close() is None
    assert second.is_alive()
    third = start(zygote)
    assert zygote.fork_server.process.pid == replacing
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


@pytest.mark.parametrize("name", ["share_memory", "share_read_only"])
def test_a_process_for_which_there_is_no_memory_leaves_no_descriptor(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(size: int) -> None:
        raise OSError(12, "Cannot allocate memory")

    reader, writer = os.pipe()
    any_zygote: Any = LostZygote()
    monkeypatch.setattr(policy_process, name, refuse)
    before = count_descriptors()
    with pytest.raises(OSError, match="memory"):
        PolicyProcess(any_zygote, LIMITS, {}, reader, lambda: None, on_wait=lambda: None)
    assert count_descriptors() == before
    os.close(reader)
    os.close(writer)


def test_memory_that_cannot_be_sealed_leaves_no_descriptor(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(shared_memory.fcntl, "fcntl", refuse)
    before = count_descriptors()
    with pytest.raises(OSError, match="not permitted"):
        shared_memory.share_memory(4096)
    gc.collect()
    assert count_descriptors() == before


def test_a_policy_whose_zygote_has_ended_died_and_did_not_need_too_much_memory(zygote: Zygote) -> None:
    process = start(zygote)
    zygote.fork_server.process.kill()
    zygote.fork_server.process.wait()
    with pytest.raises(PolicyLostError, match="forked from had ended") as raised:
        process.load(["def act(o): return 0"], PrimitiveCodec("int"), "{}")
    assert raised.value.code == "died"


def kill_first_process(zygote: Zygote) -> None:
    """Kills the process 1 of a zygote's namespace, without which Linux lets the zygote fork no more."""
    pid = zygote.fork_server.process.pid
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    (first,) = (child for child in children if Path(f"/proc/{child}/comm").read_text() == "policybook-init\n")
    handle = os.pidfd_open(int(first))
    try:
        signal.pidfd_send_signal(handle, signal.SIGKILL)
        # A process that is killed ends a moment later; its pidfd can be read when it has.
        assert select.select([handle], [], [], 120)[0]
    finally:
        os.close(handle)


@pytest.fixture
def zygote_in_namespaces() -> Iterator[Zygote]:
    made = Zygote(on_wait=lambda: None)
    if made.level < 4:
        pytest.skip("this system allows no namespaces")
    yield made
    made.close()


def test_a_zygote_whose_namespace_has_lost_its_first_process_is_replaced(
    zygote_in_namespaces: Zygote,
) -> None:
    zygote = zygote_in_namespaces
    first = start(zygote)
    killed = zygote.fork_server.process.pid
    kill_first_process(zygote)
    second = start(zygote)
    assert zygote.fork_server.process.pid != killed
    assert second.load(["def act(o): return 0"], PrimitiveCodec("int"), "{}") is None
    assert first.close() is None
    second.close()


def test_a_policy_that_ended_with_its_namespace_did_not_need_too_much_memory(
    zygote_in_namespaces: Zygote,
) -> None:
    process = start(zygote_in_namespaces)
    kill_first_process(zygote_in_namespaces)
    with pytest.raises(PolicyLostError, match="forked from had ended") as raised:
        process.load(["def act(o): return 0"], PrimitiveCodec("int"), "{}")
    assert raised.value.code == "died"


def test_a_worker_gives_signs_of_life_until_a_zygote_has_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fork_server, "TICK_MS", 1)
    signs: list[None] = []

    def go_on() -> None:
        signs.append(None)
        if len(signs) == 5:
            os.kill(slow.fork_server.process.pid, signal.SIGCONT)

    monkeypatch.setenv("POLICYBOOK_ISOLATION_LEVEL", "1")
    slow = Zygote(on_wait=go_on)
    os.kill(slow.fork_server.process.pid, signal.SIGSTOP)
    assert slow.fault is None
    assert len(signs) >= 5
    slow.close()


def test_a_zygote_that_is_killed_while_it_starts_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POLICYBOOK_ISOLATION_LEVEL", "1")
    killed = Zygote(on_wait=lambda: None)
    os.kill(killed.fork_server.process.pid, signal.SIGKILL)
    assert killed.fault is None
    killed.close()


def test_a_zygote_that_does_not_start_in_time_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fork_server, "TICK_MS", 1)
    monkeypatch.setattr(fork_server, "STARTING_SECONDS", 0.01)
    slow = Zygote(on_wait=lambda: None)
    os.kill(slow.fork_server.process.pid, signal.SIGSTOP)
    with pytest.raises(ForkServerLostError, match="to start"):
        _ = slow.level
    slow.close()
