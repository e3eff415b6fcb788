"""The level of the sandbox below which policies do not run without the user's consent."""

from __future__ import annotations

import os

from policybook.rollout.failures import RequestFailedError

LEAST_LEVEL_VARIABLE = "POLICYBOOK_LEAST_LEVEL"
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
    text = os.environ.get(LEAST_LEVEL_VARIABLE) or str(DEFAULT_LEAST_LEVEL)
    if text not in {str(level) for level in LEVEL_MEANINGS}:
        message = f"{LEAST_LEVEL_VARIABLE} is {text!r}; it is a level of the sandbox, from 0 to 4."
        raise RequestFailedError("bad_setting", message)
    return int(text)


def allow_level(level: int) -> None:
    """Lets policies run at this level, in this process and in those that it starts."""
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
