"""The level of the sandbox below which policies do not run without the user's consent."""

from __future__ import annotations

import os

from policybook.rollout.failures import RequestFailedError
from policybook.rollout.settings import read_level

LEAST_LEVEL_VARIABLE = "POLICYBOOK_LEAST_LEVEL"
HIGHEST_LEVEL_VARIABLE = "POLICYBOOK_ISOLATION_LEVEL"
DEFAULT_LEAST_LEVEL = 2

LEVEL_MEANINGS = {
    4: "policies run where no other file, process or network exists",
    3: "policies can read the standard library and NumPy, and reach nothing",
    2: "policies can open no file and reach nothing; only common modules are there to be imported",
    1: "policies could read your files, reach the network and signal your processes",
    0: "nothing but time-outs confines policies: they could do whatever you can",
}


def read_least_level() -> int:
    """Returns the lowest level at which policies may run.

    Raises RequestFailedError where the environment's variable holds no level.
    """
    return read_level(LEAST_LEVEL_VARIABLE, DEFAULT_LEAST_LEVEL, LEVEL_MEANINGS)


def read_highest_level() -> int:
    """Returns the highest level that may be entered.

    The environment's variable lowers it for tests, and where a machine cannot use the higher ones. Raises
    RequestFailedError where it holds no level.
    """
    return read_level(HIGHEST_LEVEL_VARIABLE, max(LEVEL_MEANINGS), LEVEL_MEANINGS)


def allow_level(level: int) -> None:
    """Lets policies run at this level for all tasks that this process sends from now on."""
    os.environ[LEAST_LEVEL_VARIABLE] = str(level)


def require_level(level: int, least: int) -> None:
    """Raises RequestFailedError where policies at `level` need the user's consent first."""
    if level >= least:
        return
    message = (
        f"On this machine the sandbox reaches level {level} of 4: {LEVEL_MEANINGS[level]}. "
        f"Nothing was run. `%consent {level}` allows it in this kernel, and "
        f"{LEAST_LEVEL_VARIABLE}={level} in the environment where no user can be asked. "
        "%doctor shows what was tried."
    )
    raise RequestFailedError("consent_needed", message, {"level": level, "least": least})
