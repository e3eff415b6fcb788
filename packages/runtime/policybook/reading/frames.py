"""Data frames: the columns of each, every one of one type whatever its rows hold, in an empty frame too."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from policybook.reading import tables
from policybook.reading.usage_columns import MODEL_COLUMNS, USAGE_COLUMNS

if TYPE_CHECKING:
    import pandas as pd

    from policybook.reading.event_record import RecordedEvent

TEXT = "string"
COUNT = "int64"
COUNT_OR_NONE = "Int64"
"""Whole numbers of which some rows have none: as `int64` pandas would make them floats."""
NUMBER = "float64"
FLAG = "bool"

Columns = Mapping[str, str]


@dataclass(frozen=True)
class Table:
    """A table of a run: how its rows are listed, its columns with their types, and which is the index."""

    list_rows: Callable[[Iterable[RecordedEvent]], list[dict[str, Any]]]
    columns: Columns
    index: str | None = None


def type_usage(names: Iterable[str]) -> Columns:
    """Returns columns of what was used with their types: money and seconds are no whole numbers."""
    return {name: NUMBER if name == "money" or name.endswith("_seconds") else COUNT for name in names}


def make_frame(
    rows: list[dict[str, Any]], columns: Columns, index: str | list[str] | None = None
) -> pd.DataFrame:
    """Returns a frame with these columns and no others; a row that lacks one has no value there."""
    import pandas as pd

    frame = pd.DataFrame(
        {name: pd.Series([row.get(name) for row in rows], dtype=kind) for name, kind in columns.items()}
    )
    return frame if index is None else frame.set_index(index)


SIZE_COLUMNS: Columns = dict.fromkeys(("lines", "branches", "nodes", "constants"), COUNT)
_DIFFERENCE: Columns = {
    **dict.fromkeys(("difference", "difference_low", "difference_high"), NUMBER),
    "pairs": COUNT_OR_NONE,
}

HISTORY = Table(
    tables.list_history,
    {
        **type_usage(USAGE_COLUMNS.values()),
        "wall_seconds": NUMBER,
        "head": COUNT_OR_NONE,
        "head_mean": NUMBER,
        "champion": COUNT_OR_NONE,
        **dict.fromkeys(("champion_mean", "champion_low", "champion_high"), NUMBER),
        "champion_lines": COUNT_OR_NONE,
        "challenger": COUNT,
        "label": TEXT,
        "kind": TEXT,
        "mean": NUMBER,
        **SIZE_COLUMNS,
        "test": TEXT,
        "against": COUNT_OR_NONE,
        "verdict": TEXT,
        **_DIFFERENCE,
        "accepted": FLAG,
    },
)

CANDIDATES = Table(
    tables.list_candidates,
    {
        "candidate": COUNT,
        "label": TEXT,
        "kind": TEXT,
        **SIZE_COLUMNS,
        "generation": COUNT,
        "parent": COUNT_OR_NONE,
        **dict.fromkeys(("idea", "policy", "hash", "verdict"), TEXT),
        **dict.fromkeys(("mean", "low", "high"), NUMBER),
        "measured_episodes": COUNT_OR_NONE,
        "training_mean": NUMBER,
        "against": COUNT_OR_NONE,
        **_DIFFERENCE,
        "failure": TEXT,
        "episodes": COUNT,
        "isolation_level": COUNT_OR_NONE,
        "slowest_step_ms": NUMBER,
    },
    index="candidate",
)

CALLS = Table(
    tables.list_calls,
    {
        "call": TEXT,
        "generation": COUNT,
        "author": TEXT,
        "proposals": COUNT,
        "code": TEXT,
        **type_usage(MODEL_COLUMNS.values()),
        "message": TEXT,
        "at": TEXT,
    },
)

AUDITS = Table(
    tables.list_audits,
    {
        "audit": COUNT,
        "candidate": COUNT,
        "nonce": TEXT,
        **dict.fromkeys(("mean", "low", "high"), NUMBER),
        "episodes": COUNT,
        "believed": NUMBER,
        "against": COUNT_OR_NONE,
        "difference": NUMBER,
        "isolation_level": COUNT_OR_NONE,
        "at": TEXT,
    },
    index="audit",
)

ALARMS = Table(tables.list_alarms, {"candidate": COUNT, "code": TEXT, "message": TEXT, "at": TEXT})

EPISODES = Table(tables.list_episodes, {"candidate": COUNT, "purpose": TEXT, "seed": COUNT, "return": NUMBER})
