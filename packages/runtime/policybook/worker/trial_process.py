"""`python -m policybook.worker.trial_process PARENT PAGE` plays the trial of the environment on stdin.

PAGE is the descriptor of the page on which it says in which operation the environment is; what the
environment prints goes to stderr.
"""

from __future__ import annotations

import json
import os
import sys

from policybook.rollout.pulse import PULSE
from policybook.sandbox.confine.parent import die_with_parent
from policybook.worker.second_process import write_trial

if __name__ == "__main__":
    die_with_parent(int(sys.argv[1]))
    PULSE.attach(int(sys.argv[2]))
    output = os.dup(1)
    # The first process shows what the environment prints; here its last line may explain a death.
    os.dup2(2, 1)
    write_trial(json.load(sys.stdin), output)
