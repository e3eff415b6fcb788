"""Processes of a namespace that end with the zygote that has entered it."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest
from policybook.sandbox.confine import namespaces

WATCHDOG_SECONDS = 30.0

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="namespaces are Linux's")


def test_the_first_process_ends_with_a_zygote_that_is_killed_before_linux_would_pass_that_on() -> None:
    reader, writer = os.pipe()
    zygote = os.fork()
    if zygote == 0:
        try:
            # In place of the call by which Linux kills the first process with its parent.
            namespaces.prctl = lambda *_: os.write(writer, f"{os.getpid()}\n".encode())  # type: ignore[assignment]
            namespaces._start_first_process()
            signal.pause()
        finally:
            os._exit(1)
    os.close(writer)
    first = int(os.read(reader, 100))
    os.close(reader)
    assert Path(f"/proc/{first}").exists()
    os.kill(zygote, signal.SIGKILL)
    os.waitpid(zygote, 0)
    end = time.monotonic() + WATCHDOG_SECONDS
    while is_running(first) and time.monotonic() < end:
        time.sleep(0.01)
    assert not is_running(first)


def is_running(pid: int) -> bool:
    """A process that has ended counts as gone, though no other has waited for it."""
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
