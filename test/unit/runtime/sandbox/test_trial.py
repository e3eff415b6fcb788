"""What a trial of a level leaves behind."""

from __future__ import annotations

import subprocess
import sys

import psutil
import pytest
from policybook.sandbox.confine import landlock
from policybook.sandbox.confine.enter import Sandbox

TRYING = """
import os
import signal
from policybook.sandbox.confine.trial import attempt

def enter(descriptor):
    print(flush=True)
    signal.pause()

attempt(4, enter)
"""


def test_who_is_killed_while_it_tries_a_level_leaves_no_process() -> None:
    with subprocess.Popen([sys.executable, "-c", TRYING], stdout=subprocess.PIPE) as trying:
        assert trying.stdout is not None
        trying.stdout.readline()
        forks = psutil.Process(trying.pid).children(recursive=True)
        trying.kill()
    assert len(forks) == 2
    _, left = psutil.wait_procs(forks, timeout=120)
    assert left == []


@pytest.mark.skipif(sys.platform != "linux", reason="there is no level to try")
def test_what_keeps_a_level_from_being_prepared_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(paths: object) -> int:
        raise OSError(38, "Landlock is not there, as the test says")

    monkeypatch.setattr(landlock, "make_ruleset", refuse)
    monkeypatch.setattr("os.listdir", lambda _: ["one thread"])
    sandbox = Sandbox(0)
    with pytest.raises(OSError, match="as the test says"):
        sandbox.confine(set(), 3)
