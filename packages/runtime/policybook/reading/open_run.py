"""What a run's folder holds: one search, or several of a run that was repeated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policybook.reading.repeated_run import RepeatedRun
from policybook.reading.run import Run
from policybook.reading.run_folders import REPEATS

if TYPE_CHECKING:
    from pathlib import Path


def open_run(folder: Path) -> Run:
    """Returns the run of a folder, repeated or not."""
    return RepeatedRun(folder) if (folder / REPEATS).exists() else Run(folder)
