"""How this Python knows the folder of its notebook's runs: the kernel says so, or the user."""

from __future__ import annotations

import os
from pathlib import Path

RUNS_VARIABLE = "POLICYBOOK_RUNS"
"""The folder of the notebook's runs."""

OWN_RUNS_VARIABLE = "POLICYBOOK_NOTEBOOK_RUNS"
"""What the kernel itself has put there. Where both are the same the user has chosen none, and a kernel
that is started from this Python is another notebook's."""


def find_notebook_name() -> str:
    """Returns the stem of the notebook's file where the server names it, else the working directory's."""
    session = os.environ.get("JPY_SESSION_NAME", "")
    # A console's session is a bare id and names no file.
    return Path(session).stem if session.endswith(".ipynb") else Path.cwd().name


def keep_runs_folder(folder: str) -> None:
    """Keeps the folder that the kernel names, unless the user has chosen another one here."""
    if os.environ.get(RUNS_VARIABLE) == os.environ.get(OWN_RUNS_VARIABLE):
        os.environ[RUNS_VARIABLE] = folder
    os.environ[OWN_RUNS_VARIABLE] = folder


def make_script_environment() -> dict[str, str]:
    """Returns the variables for a kernel of this script's own, whose runs are where the script looks."""
    chosen = os.environ.get(RUNS_VARIABLE) or str(Path.cwd() / "policybook-runs" / find_notebook_name())
    inherited = {name: value for name, value in os.environ.items() if name != OWN_RUNS_VARIABLE}
    return inherited | {RUNS_VARIABLE: chosen}
