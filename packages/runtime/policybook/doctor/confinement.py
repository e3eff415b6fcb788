"""How policies are confined on this machine: every level of the sandbox, attacked from inside."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from policybook.doctor.installation import Finding
from policybook.rollout.consent import LEVEL_MEANINGS, read_highest_level
from policybook.rollout.zygotes import make_boot_command, make_variables
from policybook.sandbox.confine.attacks import ATTACKS
from policybook.sandbox.confine.trial import IsolationTrial
from policybook.sandbox.messages import Examination

EXAMINE_SECONDS = 60
POLICIES_MEMORY_SHARE = 0.7
"""Of a container's memory, for all policies together."""


@dataclass(frozen=True)
class Confinement:
    """How policies are confined.

    `trials` has one for each level, the highest first, and none where the system offers nothing to try.
    """

    level: int
    trials: tuple[IsolationTrial, ...]

    def list_findings(self, least_level: int) -> list[Finding]:
        """Returns the level in words, and what keeps a higher one from holding.

        It is fine where policies run without more consent: from `least_level` on.
        """
        used = min(self.level, read_highest_level())
        lowered = f" (POLICYBOOK_ISOLATION_LEVEL; {self.level} would hold)" if used < self.level else ""
        remedy = f"%consent {used} lets policies run all the same, as does POLICYBOOK_LEAST_LEVEL={used}"
        found = [Finding(used >= least_level, f"level {used} of 4{lowered}", LEVEL_MEANINGS[used], remedy)]
        for trial in self.trials:
            if not trial.is_effective:
                why = trial.broken or f"it does not stop: {', '.join(trial.unstopped)}"
                found.append(Finding(None, f"level {trial.level} is not there", why))
        return found

    @property
    def attacks(self) -> list[list[str]]:
        """Returns rows of a table: the attack, and what stopped it at each level.

        A dash stands where nothing did.
        """
        entered = [trial for trial in self.trials if trial.broken is None]
        return [
            [attack.name, *((trial.stopped.get(attack.name) or "–") for trial in entered)]
            for attack in ATTACKS
        ]

    @property
    def head(self) -> list[str]:
        """Returns the head of the table of attacks."""
        return ["tried", *(f"level {trial.level}" for trial in self.trials if trial.broken is None)]


def examine_confinement() -> Confinement:
    """Tries how policies are confined here, which takes about a second."""
    done = subprocess.run(
        make_boot_command("examine"),
        stdout=subprocess.PIPE,
        env=make_variables(),
        cwd="/",
        timeout=EXAMINE_SECONDS,
        check=True,
    )
    answer: Examination = json.loads(done.stdout)
    return Confinement(answer["level"], tuple(IsolationTrial(**trial) for trial in answer["trials"]))


def check_memory(workers: int, policy_mb: float = 512) -> Finding | None:
    """Returns whether policies at their limits fit into the container's memory; None without a container."""
    limit = _read_container_mb()
    if limit is None:
        return None
    share = POLICIES_MEMORY_SHARE * limit / workers
    value = f"{limit:.0f} MB for {workers} workers, of which {policy_mb:.0f} MB for a policy each"
    remedy = f"declare `policy: {{memory: {share:.0f}MB}}`, or set POLICYBOOK_WORKERS to fewer"
    return Finding(policy_mb <= share, "container's memory", value, remedy)


def _read_container_mb() -> float | None:
    for path in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            limit = int(Path(path).read_text())
        except (OSError, ValueError):  # "max" is no number
            continue
        physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        return limit / 2**20 if limit < physical else None
    return None
