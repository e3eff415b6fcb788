"""The columns of what was used, as the engine's table of resources has them."""

import json
from pathlib import Path
from typing import Any

_RESOURCES: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "schemas" / "resources.json").read_text(encoding="utf-8")
)

USAGE_COLUMNS: dict[str, str] = {name: str(kind["column"]) for name, kind in _RESOURCES.items()}
"""Kinds of resources by their names in events, with their columns in data frames."""

MODEL_COLUMNS: dict[str, str] = {
    name: column for name, column in USAGE_COLUMNS.items() if _RESOURCES[name]["isOnlyForModels"]
}
"""The same for the kinds that only calls of models use."""


def hide_unknown_money(row: dict[str, Any]) -> dict[str, Any]:
    """Returns columns of what was used, without a sum of money where calls have no known price.

    Unknown money is no value, never zero.
    """
    return row | {"money": None} if row[USAGE_COLUMNS["unpriced"]] > 0 else row


def name_usage(usage: dict[str, Any], columns: dict[str, str]) -> dict[str, Any]:
    """Returns what an event has used by the names of these columns."""
    return hide_unknown_money({name: usage.get(key, 0) for key, name in columns.items()})
