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
