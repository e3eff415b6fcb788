"""Readable policies: what notebooks learned, from Python.

    import policybook as pb

    pb.run("first").history.plot(x="env_steps", y="champion_mean")
    pb.run("first").best.act(observation)
    env = pb.environment("windy").make()

Runs are read from their folders alone. NumPy, pandas and Gymnasium are imported when something needs them.
"""

from __future__ import annotations

# Not from typing, whose import costs the launcher 5 ms of the kernel's start; checkers know the name.
TYPE_CHECKING = False
if TYPE_CHECKING:
    import os

    from policybook.reading.environment import Environment
    from policybook.reading.run import Run

__all__ = ["environment", "run", "runs"]


def runs(root: str | os.PathLike[str] | None = None) -> list[Run]:
    """The current notebook's runs, oldest first; `root` is another folder of runs, or of notebooks' runs."""
    from pathlib import Path

    from policybook.reading.folders import run_folders, runs_root
    from policybook.reading.run import open_run

    return [open_run(folder) for folder in run_folders(Path(root) if root is not None else runs_root())]


def run(name: str, root: str | os.PathLike[str] | None = None) -> Run:
    """A run by its name, or one search of a repeated run (`first/2`); LookupError where there is none."""
    from pathlib import Path

    from policybook.reading.folders import run_folder, runs_root
    from policybook.reading.run import open_run

    return open_run(run_folder(name, Path(root) if root is not None else runs_root()))


def environment(name: str) -> Environment:
    """What a cell of this notebook declared, or a registered id; `.make()` gives an instance."""
    from policybook.reading.environment import find_environment

    return find_environment(name)
