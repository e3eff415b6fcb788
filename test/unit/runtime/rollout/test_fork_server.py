"""A process that forks on request, and what its client does where it cannot."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from policybook.rollout import fork_server
from policybook.rollout.fork_server import ForkServer, ForkServerLostError

SERVER = """
import os, socket, sys
from policybook.sandbox.fork_loop import serve_forks
control = socket.socket(fileno=os.dup(0))
{before}
control.send(b"ready")
serve_forks(control, lambda argument, descriptors: os.write(descriptors[0], argument))
"""

NO_ROOM_ONCE = """
fork, refused = os.fork, []
def fork_later():
    if not refused:
        refused.append(True)
        raise BlockingIOError(11, "Resource temporarily unavailable")
    return fork()
os.fork = fork_later
"""

Start = Callable[..., ForkServer]


@pytest.fixture
def start() -> Iterator[Start]:
    started: list[ForkServer] = []

    def start(before: str = "") -> ForkServer:
        started.append(ForkServer([sys.executable, "-c", SERVER.format(before=before)]))
        return started[-1]

    yield start
    for server in started:
        server.close()


def fork_and_read(server: ForkServer, argument: bytes) -> bytes:
    """What a fork writes to the descriptor that it was given."""
    reader, writer = os.pipe()
    fork = server.fork([writer], argument)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        text = pipe.read()
    assert server.reap(fork) in (0, signal.SIGKILL)
    return text


def test_a_fork_has_the_argument_and_the_descriptors(start: Start) -> None:
    server = start()
    assert fork_and_read(server, b"first") == b"first"
    assert fork_and_read(server, b"second") == b"second"


def test_a_fork_server_that_was_killed_is_replaced(start: Start) -> None:
    server = start()
    fork_and_read(server, b"first")
    killed = server.process.pid
    os.kill(killed, signal.SIGKILL)
    assert fork_and_read(server, b"second") == b"second"
    assert server.process.pid != killed


def test_where_there_is_no_room_for_a_process_the_server_and_its_other_forks_stay(start: Start) -> None:
    server = start(NO_ROOM_ONCE)
    reader, writer = os.pipe()
    with pytest.raises(OSError, match="unavailable"):
        server.fork([writer])
    first = server.process.pid
    assert fork_and_read(server, b"later") == b"later"
    assert server.process.pid == first
    os.close(reader)
    os.close(writer)


def test_one_that_ends_while_it_starts_is_lost(start: Start) -> None:
    server = start("sys.exit(1)")
    reader, writer = os.pipe()
    with pytest.raises(ForkServerLostError, match="it ended while it started"):
        server.fork([writer])
    os.close(reader)
    os.close(writer)


def test_a_fork_at_once_neither_waits_for_a_fork_server_nor_starts_another(start: Start) -> None:
    server = start()
    with pytest.raises(ForkServerLostError, match="not ready"):
        server.fork_at_once([])
    server.read_greeting()
    reader, writer = os.pipe()
    fork = server.fork_at_once([writer], b"now")
    os.close(writer)
    assert os.read(reader, 8) == b"now"
    os.close(reader)
    killed = server.process.pid
    server.process.kill()
    server.process.wait()
    assert server.has_lost(fork)
    with pytest.raises(ForkServerLostError, match="not ready"):
        server.fork_at_once([])
    assert server.process.pid == killed
    assert server.reap(fork) is None


def test_one_that_hangs_while_it_starts_is_ended_and_the_next_fork_has_another(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fork_server, "TICK_MS", 1)
    server = start()
    os.kill(server.process.pid, signal.SIGSTOP)
    with monkeypatch.context() as quick:
        quick.setattr(fork_server, "STARTING_SECONDS", 0.01)
        with pytest.raises(ForkServerLostError, match="to start"):
            server.read_greeting()
    assert server.has_ended()
    assert fork_and_read(server, b"again") == b"again"


def test_a_replacement_that_cannot_be_started_has_no_greeting_of_the_one_before(start: Start) -> None:
    server = start()
    server.read_greeting()
    command, server.command = server.command, ["/no/such/program"]
    with pytest.raises(FileNotFoundError):
        server.restart()
    assert server.greeting is None
    with pytest.raises(ForkServerLostError):
        server.read_greeting()
    server.command = command
    assert fork_and_read(server, b"again") == b"again"


NO_MEMORY_ONCE = NO_ROOM_ONCE.replace(
    'BlockingIOError(11, "Resource temporarily unavailable")', 'OSError(12, "Cannot allocate memory")'
)


def test_where_there_is_no_memory_for_a_process_the_server_stays(start: Start) -> None:
    server = start(NO_MEMORY_ONCE)
    with pytest.raises(OSError, match="memory"):
        server.fork([0])
    first = server.process.pid
    assert fork_and_read(server, b"later") == b"later"
    assert server.process.pid == first


NO_HANDLES = """
def refuse(pid):
    raise OSError(24, "Too many open files")
os.pidfd_open = refuse
"""


def test_a_fork_without_a_handle_is_ended_and_reaped_all_the_same(start: Start) -> None:
    server = start(NO_HANDLES)
    reader, writer = os.pipe()
    fork = server.fork([writer], b"first")
    os.close(writer)
    assert fork.handle is None
    assert os.read(reader, 8) == b"first"
    os.close(reader)
    assert server.reap(fork) in (0, signal.SIGKILL)


def test_no_descriptor_is_inherited_and_what_waits_in_stdout_is_written_once(tmp_path: Path) -> None:
    output = tmp_path / "output"
    report = "lambda _, descriptors: (print(os.get_inheritable(descriptors[0])), sys.stdout.flush())"
    text = SERVER.format(before="print('before')").replace(
        "lambda argument, descriptors: os.write(descriptors[0], argument)", report
    )
    server = ForkServer(["/bin/sh", "-c", f'exec "{sys.executable}" -c "$0" > "{output}"', text])
    for _ in range(2):
        fork = server.fork([0])
        assert fork.wait_for_end()
        if fork.handle is not None:
            assert not os.get_inheritable(fork.handle)
        server.reap(fork)
    server.close()
    assert output.read_text().splitlines() == ["before", "False", "False"]


def test_a_fork_that_raises_ends_with_a_status_that_says_so(start: Start) -> None:
    server = start()
    # The argument cannot be written to a descriptor that is open for reading only.
    fork = server.fork([os.open(os.devnull, os.O_RDONLY)], b"x")
    assert fork.wait_for_end()
    assert os.waitstatus_to_exitcode(server.reap(fork) or 0) == 1


BROKEN_WORKER = """
import os, sys
sys.modules["gymnasium"] = None
sys.argv = ["worker", str(os.getppid())]
from policybook.worker.__main__ import main
main()
"""


def test_the_process_that_starts_workers_says_which_import_failed() -> None:
    server = ForkServer([sys.executable, "-c", BROKEN_WORKER], is_silent=True)
    assert server.read_greeting().startswith(b"ModuleNotFoundError: import of gymnasium")
    server.close()
