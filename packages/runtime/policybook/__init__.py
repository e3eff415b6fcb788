"""Readable policies: what notebooks learned, from Python.

    import policybook as pb

    pb.run("first").history.plot(x="steps", y="champion_mean")
    pb.run("first").best.act(observation)
    pb.comparison("bench").results
    env = pb.environment("windy").make()

Runs are read from their folders alone. NumPy, pandas and Gymnasium are imported when something needs them.
"""

from __future__ import annotations

# Not from typing, whose import costs the launcher 5 ms of the kernel's start; checkers know the name.
TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from typing import Any

    from policybook.cell_requests.errors import PolicybookError
    from policybook.reading.comparison import Comparison
    from policybook.reading.declared_environment import Environment
    from policybook.reading.run import Run

__all__ = [
    "PolicybookError",
    "compare",
    "comparison",
    "comparisons",
    "environment",
    "learn",
    "run",
    "runs",
]


def __dir__() -> list[str]:
    return __all__


def __getattr__(name: str) -> Any:
    """Returns what is imported only when it is asked for."""
    if name == "PolicybookError":
        from policybook.cell_requests.errors import PolicybookError

        return PolicybookError
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def runs(root: str | os.PathLike[str] | None = None) -> list[Run]:
    """Returns the current notebook's runs, oldest first.

    `root` is another folder of runs, or of several notebooks' runs.
    """
    from pathlib import Path

    from policybook.reading.open_run import open_run
    from policybook.reading.run_folders import find_run_folders, find_runs_root

    return [
        open_run(folder) for folder in find_run_folders(Path(root) if root is not None else find_runs_root())
    ]


def run(name: str, root: str | os.PathLike[str] | None = None) -> Run:
    """Returns a run by its name, or one replicate of a repeated run (`first/2`).

    It raises LookupError where there is none.
    """
    from pathlib import Path

    from policybook.reading.open_run import open_run
    from policybook.reading.run_folders import find_run_folder, find_runs_root

    return open_run(find_run_folder(name, Path(root) if root is not None else find_runs_root()))


def comparisons(root: str | os.PathLike[str] | None = None) -> list[Comparison]:
    """Returns the current notebook's comparisons, by name; `root` as in `runs`."""
    from pathlib import Path

    from policybook.reading.comparison import Comparison
    from policybook.reading.run_folders import find_comparison_folders, find_runs_root

    folders = find_comparison_folders(Path(root) if root is not None else find_runs_root())
    return [Comparison(folder) for folder in folders]


def comparison(name: str, root: str | os.PathLike[str] | None = None) -> Comparison:
    """Returns a comparison by its name; raises LookupError where there is none."""
    from pathlib import Path

    from policybook.reading.comparison import Comparison
    from policybook.reading.run_folders import find_comparison_folder, find_runs_root

    return Comparison(find_comparison_folder(name, Path(root) if root is not None else find_runs_root()))


def learn(environment: str, name: str | None = None, **settings: Any) -> Run:
    """Learns as a cell `%%learn ENVIRONMENT as NAME` with these keys does; returns the run when it has ended.

    In a policybook notebook its views appear under the cell, Stop stops it, and running it again goes on with
    an interrupted run or shows the record of a finished one. In any other Python a kernel is started for it.
    A changed setting starts a new run that takes the name, so a loop over settings gives each run its own:

        for gravity in (-8, -10, -12):
            pb.learn("LunarLander-v3", f"g{-gravity}", kwargs={"gravity": gravity}, episodes=500)

    Values are what YAML would hold; a policy, a run or a path stands for itself. PolicybookError has the
    cell's error; KeyboardInterrupt where it was stopped, everything found being kept.
    """
    from policybook.cell_requests import request_cell
    from policybook.cell_requests.cell_text import write_cell
    from policybook.reading.open_run import open_run

    header = f"%%learn {environment}" if name is None else f"%%learn {environment} as {name}"
    return open_run(request_cell(write_cell(header, settings), "learn"))


def compare(name: str = "comparison", **settings: Any) -> Comparison:
    """Compares as a cell `%%compare as NAME` with these keys does and returns the comparison; see `learn`."""
    from policybook.cell_requests import request_cell
    from policybook.cell_requests.cell_text import write_cell
    from policybook.reading.comparison import Comparison

    return Comparison(request_cell(write_cell(f"%%compare as {name}", settings), "comparison"))


def environment(name: str) -> Environment:
    """Returns what a cell of this notebook declared, or a registered id; `.make()` gives an instance."""
    from policybook.reading.declared_environment import find_environment

    return find_environment(name)
