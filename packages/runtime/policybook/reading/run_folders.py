"""Where runs are: `policybook-runs/NOTEBOOK/RUN/`, as the kernel puts them.

A run that was repeated is a folder of numbered run folders, with `repeats.json` next to them: `first/2`.
"""

from __future__ import annotations

import difflib
import os
import unicodedata
from pathlib import Path

from policybook.notebook.runs_folder import RUNS_VARIABLE, find_notebook_name

RECORD = "events.jsonl"
REPEATS = "repeats.json"
COMPARISON = "comparison.jsonl"


def find_runs_root() -> Path:
    """Returns the current notebook's folder of runs.

    Outside a notebook that has one, it is the folder over all of them.
    """
    chosen = os.environ.get(RUNS_VARIABLE)
    if chosen:
        return Path(chosen)
    everything = Path.cwd() / "policybook-runs"
    own = everything / find_notebook_name()
    return own if own.is_dir() else everything


def find_run_folders(root: Path) -> list[Path]:
    """Returns the folders of all runs under `root`, oldest first; a repeated run counts as a whole."""
    folders = [*_find_folders_with(root, RECORD), *_find_folders_with(root, REPEATS)]
    whole = [folder for folder in folders if not (folder.parent / REPEATS).exists()]
    return sorted(whole, key=lambda folder: (_read_start(folder), folder.name))


def find_run_folder(name: str, root: Path) -> Path:
    """Returns the folder of a run or of one replicate (`first/2`); LookupError names the nearest."""
    run, slash, replicate = name.partition("/")
    folder = _choose_by_name(run, find_run_folders(root), root, "run")
    if not slash:
        return folder
    if (folder / replicate / RECORD).exists():
        return folder / replicate
    replicates = [f"{run}/{found.name}" for found in find_replicate_folders(folder)]
    known = ", ".join(replicates) if replicates else f"{run} was not repeated"
    raise LookupError(f"there is no replicate {name}; there are: {known}")


def find_replicate_folders(folder: Path) -> list[Path]:
    """Returns the replicates of a repeated run that were begun, in order."""
    found = [record.parent for record in folder.glob(f"*/{RECORD}") if record.parent.name.isdecimal()]
    return sorted(found, key=lambda replicate: int(replicate.name))


def find_comparison_folders(root: Path) -> list[Path]:
    """Returns the folders of comparisons, by name."""
    return sorted(_find_folders_with(root, COMPARISON))


def find_comparison_folder(name: str, root: Path) -> Path:
    """Returns the folder of a comparison; LookupError names the nearest where there is none."""
    return _choose_by_name(name, find_comparison_folders(root), root, "comparison")


def _find_folders_with(root: Path, file: str) -> list[Path]:
    found = [*root.glob(f"*/{file}"), *root.glob(f"*/*/{file}")]
    return [path.parent for path in found if not path.parent.name.startswith(".")]


def _choose_by_name(name: str, folders: list[Path], root: Path, what: str) -> Path:
    matching = [folder for folder in folders if folder.name == name]
    # The kernel folds names as Python folds identifiers; earlier folders are named as their cells spelt them.
    matching = matching or [folder for folder in folders if _fold(folder.name) == _fold(name)]
    if len(matching) == 1:
        return matching[0]
    if matching:
        places = ", ".join(str(folder.parent) for folder in matching)
        raise LookupError(f"several notebooks have a {what} {name}: give root=, one of {places}")
    nearest = difflib.get_close_matches(name, [folder.name for folder in folders], n=1)
    hint = f"; did you mean {nearest[0]}?" if nearest else ""
    raise LookupError(f"there is no {what} {name} in {root}{hint}")


def _fold(name: str) -> str:
    return unicodedata.normalize("NFKC", name)


def _read_start(folder: Path) -> str:
    """Returns when a run's first event was written: ISO 8601, which sorts as text."""
    import json

    first = folder if (folder / RECORD).exists() else next(iter(find_replicate_folders(folder)), None)
    if first is None:
        return ""
    try:
        with (first / RECORD).open(encoding="utf-8") as record:
            return str(json.loads(record.readline())["meta"]["at"])
    except (OSError, ValueError, KeyError, TypeError):
        # A record that cannot be read must not hide the others; reading that run says what is wrong with it.
        return ""
