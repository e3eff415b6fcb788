"""What declaration cells have declared, as the workbench knows it.

The kernel runs a declaration cell and sends it on with its resolved declaration; the workbench's magics
record that here, and ``policybook`` looks names up here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Declaration:
    """One declared thing. ``resolved`` is what the kernel made of the cell, whose text is ``source``."""

    kind: str
    name: str
    resolved: Mapping[str, Any]
    source: str


_declared: dict[tuple[str, str], Declaration] = {}
_latest: list[Declaration] = []


def record(declaration: Declaration) -> None:
    """Takes the place of an earlier declaration of the same kind and name."""
    _declared[declaration.kind, declaration.name] = declaration


def record_cell(registration: Mapping[str, Any], source: str) -> Sequence[Declaration]:
    """What one cell declares: one thing, several, or nothing, as a cell that failed."""
    several = registration.get("declarations")
    entries = several if isinstance(several, list) else [registration]
    _latest[:] = [
        Declaration(entry["kind"], entry["name"], entry, source)
        for entry in entries
        if isinstance(entry.get("kind"), str) and isinstance(entry.get("name"), str)
    ]
    for declaration in _latest:
        record(declaration)
    return list(_latest)


def list_latest() -> Sequence[Declaration]:
    """What the latest of our cells declared."""
    return list(_latest)


def find(kind: str, name: str) -> Declaration | None:
    """The declaration that holds now, or None."""
    return _declared.get((kind, name))


def forget() -> None:
    """Forgets everything, as a restart does."""
    _declared.clear()
    _latest.clear()
