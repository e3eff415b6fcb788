"""Defects of policybook itself, as people get them: a number, a sentence, and a file with the traceback."""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import tempfile
import traceback
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ID_DIGITS = 8


@dataclass(frozen=True)
class Defect:
    """A defect that was met. `id` is the same wherever the same line fails in the same way."""

    id: str
    what: str
    """What failed, as the beginning of a sentence: "the rule balance failed with KeyError"."""
    path: str | None
    """The file that holds the traceback, None where no folder takes one."""

    def explain(self, consequence: str) -> str:
        """Returns what people are shown; `consequence` is a sentence about what happens now."""
        kept = (
            "No folder takes a file with the traceback: please report the number."
            if self.path is None
            else f"The traceback is kept in {self.path}: please report the defect with that file."
        )
        return (
            f"policybook has a defect, number {self.id}, which is no mistake of yours: {self.what}. "
            f"{consequence} {kept}"
        )


def keep_defect(what: str, error: BaseException, *, text: str | None = None) -> Defect:
    """Keeps a defect's traceback, and the text that was written where there is one, in a file of its own."""
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{Path(frame.filename).name}/{frame.name}" for frame in frames]
    said = f"{type(error).__name__}\n{what}\n" + "\n".join(places)
    number = hashlib.sha256(said.encode(errors="replace")).hexdigest()[:ID_DIGITS]
    report = [
        f"Defect {number} of policybook {_find_version()}, Python {platform.python_version()}: {what}",
        "".join(traceback.format_exception(error)),
        *([] if text is None else ["The text that policybook had written:", text]),
    ]
    return Defect(number, what, _write(number, "\n\n".join(report)))


def _find_version() -> str:
    try:
        return version("policybook")
    except PackageNotFoundError:
        return "of unknown version"


def _write(number: str, report: str) -> str | None:
    """Writes a report to the user's state folder, or else to the folder of temporary files."""
    data = report.encode(errors="backslashreplace")
    state = os.environ.get("XDG_STATE_HOME") or os.path.join(os.path.expanduser("~"), ".local", "state")
    with contextlib.suppress(OSError):
        folder = Path(state, "policybook", "defects")
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{number}.txt"
        path.write_bytes(data)
        return str(path)
    with contextlib.suppress(OSError):
        descriptor, name = tempfile.mkstemp(prefix=f"policybook-defect-{number}-", suffix=".txt")
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        return name
    return None
