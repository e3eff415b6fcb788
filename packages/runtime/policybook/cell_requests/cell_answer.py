"""What came of a cell that Python requested."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypedDict


class CellOutcome(TypedDict, total=False):
    """How a cell ended: an `execute_reply`'s content, as far as it is read here."""

    status: str
    ename: str
    evalue: str
    traceback: list[str]


@dataclass
class CellAnswer:
    """What came of a cell: how it ended, and its resolved declarations as JSON of their own kinds."""

    outcome: CellOutcome = field(default_factory=CellOutcome)
    declarations: list[dict[str, Any]] = field(default_factory=list)
