"""Reading `events.jsonl`: lines of `{"event": …, "meta": …, "chain": …}`, as `packages/store` writes them."""

from __future__ import annotations

import hashlib
import json
import re
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from policybook.reading.event_forms import EventForms
from policybook.reading.run_folders import REPEATS

FOLDER_FORMAT = 2
"""The format of folders that this version reads; the first event of a record states it."""


_REPLACED_FOLDER = re.compile(r"~\d+([\\/]\d+)?$")
"""A folder that gave up its name, or a replicate in one: its name ends in a number that a tilde counts."""


class BrokenRecordWarning(UserWarning):
    """A record was changed, damaged or written by another version; the events before that line are read."""


class OtherFormatError(ValueError):
    """Another version of policybook wrote the folder in another format; the message says what to do."""

    def __init__(self, folder: Path, format_: int) -> None:
        self.format = format_
        reads = f"this version reads format {FOLDER_FORMAT}. Nothing in the folder was changed."
        if format_ > FOLDER_FORMAT:
            writer, advice = "a later version of policybook", "Update policybook to open it."
        else:
            writer, advice = "policybook 0.1", f"policybook 0.1 opens it{_say_what_a_cell_does(folder)}"
        super().__init__(
            f"{folder} was written by {writer} (run folder of format {format_}); {reads} {advice}"
        )


def _say_what_a_cell_does(folder: Path) -> str:
    if _REPLACED_FOLDER.search(str(folder)):
        return "; nothing else is to be done."
    # The folder around it says that it is a replicate's, since a run may be called 2.
    if not (folder.parent / REPEATS).exists():
        return (
            ". Running its cell again makes a new folder of this name "
            "and keeps this one under the name with ~1 at its end."
        )
    run = folder.parent.name
    return (
        f". Running the cell of {run} again makes a new folder {run} "
        f"and keeps the one there is, with all its replicates, as {run}~1."
    )


@dataclass(frozen=True)
class RecordedEvent:
    """One event and, with it, the clocks when it was written."""

    event: dict[str, Any]
    meta: dict[str, Any]


def read_record(path: Path) -> list[RecordedEvent]:
    """Reads the events of a record up to a line that does not fit; a cut last line is left out.

    Warns of such a line. Raises OtherFormatError where another version of policybook wrote the folder in
    another format.
    """
    recorded, reason = _read_sound_lines(path)
    if reason is not None:
        line = len(recorded) + 1
        warnings.warn(f"{path}, line {line}: {reason}", BrokenRecordWarning, stacklevel=4)
    return recorded


def find_broken_line(path: Path) -> int | None:
    """Returns the number of the first line that cannot be read, from 1; None for a sound record."""
    recorded, reason = _read_sound_lines(path)
    return None if reason is None else len(recorded) + 1


def _read_sound_lines(path: Path) -> tuple[list[RecordedEvent], str | None]:
    """Reads the lines before the first broken one, and what is wrong with that."""
    lines = path.read_bytes().split(b"\n")
    recorded: list[RecordedEvent] = []
    forms = EventForms(path)
    chain = b""
    for number, line in enumerate(lines, 1):
        if not line and number == len(lines):
            break
        try:
            entry = json.loads(line)
        except ValueError:
            # A write that was cut short leaves the last line unfinished; it never counted.
            return recorded, "it is not JSON" if number < len(lines) else None
        body = line[: line.rfind(b',"chain":"')]
        expected = hashlib.sha256(chain + body).hexdigest()
        if not isinstance(entry, dict) or entry.get("chain") != expected:
            return recorded, "its chain does not fit: it, or a line before it, was changed"
        event = entry.get("event")
        if number == 1 and isinstance(event, dict):
            _check_format(path, event)
        mismatch = forms.find_mismatch(event)
        if mismatch is not None:
            return recorded, mismatch
        recorded.append(RecordedEvent(entry["event"], entry.get("meta", {})))
        chain = expected.encode()
    return recorded, None


def _check_format(path: Path, first: dict[str, Any]) -> None:
    found = first.get("format", 1)
    if found != FOLDER_FORMAT:
        raise OtherFormatError(path.parent, found)
