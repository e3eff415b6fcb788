"""Reading `events.jsonl`: lines of `{"event": …, "meta": …, "chain": …}`, as `packages/store` writes them."""

from __future__ import annotations

import hashlib
import json
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class BrokenRecordWarning(UserWarning):
    """A record was changed or damaged; the events before that line are read."""


@dataclass(frozen=True)
class Recorded:
    """One event and, beside it, the clocks when it was written."""

    event: dict[str, Any]
    meta: dict[str, Any]


def read_record(path: Path) -> list[Recorded]:
    """The events of a record, up to a line whose chain does not fit; a last line cut short is left out."""
    lines = path.read_bytes().split(b"\n")
    recorded: list[Recorded] = []
    chain = b""
    for number, line in enumerate(lines, 1):
        if not line and number == len(lines):
            break
        try:
            entry = json.loads(line)
        except ValueError:
            # A write that was cut short leaves the last line unfinished; it never counted.
            if number < len(lines):
                _warn(path, number, "it is not JSON")
            break
        body = line[: line.rfind(b',"chain":"')]
        expected = hashlib.sha256(chain + body).hexdigest()
        if not isinstance(entry, dict) or entry.get("chain") != expected:
            _warn(path, number, "its chain does not fit: it, or a line before it, was changed")
            break
        recorded.append(Recorded(entry["event"], entry["meta"]))
        chain = expected.encode()
    return recorded


def _warn(path: Path, line: int, reason: str) -> None:
    warnings.warn(f"{path}, line {line}: {reason}", BrokenRecordWarning, stacklevel=4)
