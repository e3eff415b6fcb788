"""What a trial of a level leaves behind."""

from __future__ import annotations

import subprocess
import sys

import psutil

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
