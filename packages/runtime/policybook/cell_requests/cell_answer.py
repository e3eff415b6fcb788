"""What came of a cell that Python requested."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class CellAnswer:
    """The cell's outcome as the kernel has it, and what it declared, resolved."""

    outcome: dict[str, Any] = field(default_factory=dict)
    declarations: list[dict[str, Any]] = field(default_factory=list)
