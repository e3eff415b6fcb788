"""What a run's folder holds: one search, or several of a run that was repeated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policybook.reading.folders import REPEATS
from policybook.reading.repeated import RepeatedRun
from policybook.reading.run import Run

if TYPE_CHECKING:
    from pathlib import Path


def open_run(folder: Path) -> Run:
    """The run of a folder, repeated or not."""
    return RepeatedRun(folder) if (folder / REPEATS).exists() else Run(folder)
