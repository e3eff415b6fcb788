"""Data frames: the columns of each, every one of one type whatever its rows hold, in an empty frame too."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from policybook.reading import kept_episodes, tables
from policybook.reading.usage_columns import MODEL_COLUMNS, USAGE_COLUMNS

if TYPE_CHECKING:
    from pathlib import Path

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
    """A table of a run: how its rows are listed, its columns with their types, and which is the index.

    Rows are listed from the run's folder and its record.
    """

    list_rows: Callable[[Path, Iterable[RecordedEvent]], list[dict[str, Any]]]
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


def _read_record_only(
    list_rows: Callable[[Iterable[RecordedEvent]], list[dict[str, Any]]],
) -> Callable[[Path, Iterable[RecordedEvent]], list[dict[str, Any]]]:
    """Returns what lists the rows of a table for which nothing but the record is read."""
    return lambda _, record: list_rows(record)


SIZE_COLUMNS: Columns = dict.fromkeys(("lines", "branches", "nodes", "constants"), COUNT)
_DIFFERENCE: Columns = {
    **dict.fromkeys(("difference", "difference_low", "difference_high"), NUMBER),
    "pairs": COUNT_OR_NONE,
}

HISTORY = Table(
    _read_record_only(tables.list_history),
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
    _read_record_only(tables.list_candidates),
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
        "refused_on": TEXT,
        "episodes": COUNT,
        "isolation_level": COUNT_OR_NONE,
        "slowest_step_ms": NUMBER,
    },
    index="candidate",
)

CALLS = Table(
    _read_record_only(tables.list_calls),
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
    _read_record_only(tables.list_audits),
    {
        "audit": COUNT,
        "candidate": COUNT,
        "nonce": TEXT,
        **dict.fromkeys(("mean", "low", "high"), NUMBER),
        "episodes": COUNT,
        "believed": NUMBER,
        "training_mean": NUMBER,
        "against": COUNT_OR_NONE,
        "difference": NUMBER,
        "isolation_level": COUNT_OR_NONE,
        "at": TEXT,
    },
    index="audit",
)

ALARMS = Table(
    _read_record_only(tables.list_alarms), {"candidate": COUNT, "code": TEXT, "message": TEXT, "at": TEXT}
)

UNEXERCISED = Table(
    _read_record_only(tables.list_unexercised),
    {"candidate": COUNT, "kind": TEXT, **dict.fromkeys(("first_line", "last_line", "episodes"), COUNT)},
)

_EPISODE: Columns = {"candidate": COUNT, "purpose": TEXT, "seed": COUNT}

EPISODES = Table(
    kept_episodes.list_kept_episodes,
    {
        **_EPISODE,
        "return": NUMBER,
        "steps": COUNT_OR_NONE,
        "ending": TEXT,
        "flags": TEXT,
        **dict.fromkeys(kept_episodes.REWARD_COLUMNS, NUMBER),
    },
)

TERMS = Table(kept_episodes.list_terms, {**_EPISODE, "term": TEXT, "sum": NUMBER})
