"""`python -m policybook.worker.trial_process PARENT` plays the trial of the environment that is on stdin."""

from __future__ import annotations

import json
import os
import sys

from policybook.sandbox.confine.parent import die_with_parent
from policybook.sandbox.fork_loop import silence
from policybook.worker.second_process import write_trial

if __name__ == "__main__":
    die_with_parent(int(sys.argv[1]))
    output = os.dup(1)
    # What the environment prints is shown by the first process.
    silence([1, 2])
    write_trial(json.load(sys.stdin), output)
