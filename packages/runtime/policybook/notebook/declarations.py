"""What declaration cells have declared, as the workbench knows it.

The kernel runs a declaration cell and sends it on with its resolved declaration; the workbench's magics
record that here, and ``policybook`` looks names up here.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Declaration:
    """One declared thing. ``resolved`` is what the kernel made of the cell whose text is ``source``."""

    kind: str
    name: str
    resolved: Mapping[str, Any]
    source: str


_declared: dict[tuple[str, str], Declaration] = {}
_latest: list[Declaration] = []


def record(declaration: Declaration) -> None:
    """Records a declaration in place of an earlier one of the same kind and name."""
    _declared[declaration.kind, declaration.name] = declaration


def record_cell(registration: Mapping[str, Any], source: str) -> Sequence[Declaration]:
    """Records what one cell declares and returns it: one thing, several, or nothing where the cell failed."""
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
    """Returns what the latest policybook cell declared."""
    return list(_latest)


def find(kind: str, name: str) -> Declaration | None:
    """Returns the declaration that holds now, None where there is none."""
    return _declared.get((kind, unicodedata.normalize("NFKC", name)))


def list_environment_ids() -> Sequence[str | None]:
    """Returns the registered ids of all environments that were declared, None for a simulator's."""
    specifications = [declaration.resolved.get("environment") for declaration in _declared.values()]
    return [spec.get("id") for spec in specifications if isinstance(spec, Mapping)]


def forget() -> None:
    """Forgets everything, as a restart does."""
    _declared.clear()
    _latest.clear()
