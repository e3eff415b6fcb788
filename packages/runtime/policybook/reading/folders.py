"""Where runs are: `policybook-runs/NOTEBOOK/RUN/`, as the kernel puts them."""

from __future__ import annotations

import difflib
import os
from pathlib import Path

RECORD = "events.jsonl"


def notebook_name() -> str:
    """The stem of the notebook's file where the server tells it, else the working directory's name."""
    session = os.environ.get("JPY_SESSION_NAME", "")
    # A console's session is a bare id and names no file.
    return Path(session).stem if session.endswith(".ipynb") else Path.cwd().name


def runs_root() -> Path:
    """The current notebook's folder of runs; outside a notebook that has one, the folder over all of them."""
    told = os.environ.get("POLICYBOOK_RUNS")
    if told:
        return Path(told)
    everything = Path.cwd() / "policybook-runs"
    own = everything / notebook_name()
    return own if own.is_dir() else everything


def run_folders(root: Path) -> list[Path]:
    """Folders that hold a record: one notebook's, or those of all notebooks under `root`; oldest first."""
    records = [*root.glob(f"*/{RECORD}"), *root.glob(f"*/*/{RECORD}")]
    folders = [record.parent for record in records if not record.parent.name.startswith(".")]
    return sorted(folders, key=lambda folder: (_started(folder), folder.name))


def run_folder(name: str, root: Path) -> Path:
    """The folder of a run, raising LookupError that names the nearest where there is none."""
    folders = run_folders(root)
    matching = [folder for folder in folders if folder.name == name]
    if len(matching) == 1:
        return matching[0]
    if matching:
        places = ", ".join(str(folder.parent) for folder in matching)
        raise LookupError(f"several notebooks have a run {name}: give root=, one of {places}")
    nearest = difflib.get_close_matches(name, [folder.name for folder in folders], n=1)
    hint = f"; did you mean {nearest[0]}?" if nearest else ""
    raise LookupError(f"there is no run {name} in {root}{hint}")


def _started(folder: Path) -> str:
    """When a run's first event was written: ISO 8601, which sorts as text."""
    import json

    with (folder / RECORD).open(encoding="utf-8") as record:
        try:
            return str(json.loads(record.readline())["meta"]["at"])
        except (ValueError, KeyError, TypeError):
            return ""
