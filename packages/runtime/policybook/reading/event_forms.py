"""Whether the events of a record are those that this version writes, and follow on each other."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

from policybook.reading.run_folders import COMPARISON, RECORD

SCHEMAS = {RECORD: "line.json", COMPARISON: "comparison.json"}
"""A record's file -> the schema that has its events, which the kernel writes by."""

CANDIDATE_FIELDS = ("candidate", "challenger", "champion", "previous", "parent")
"""Fields of a run's events that name a candidate, which an earlier event has proposed."""

LATER_VERSION = "a later version of policybook may have written it, and would open it"


class EventForms:
    """Looks at the events of one record in their order, those whose chain fits."""

    def __init__(self, record: Path) -> None:
        self._required = list_required_fields(SCHEMAS[record.name])
        self._proposed: set[int] = set()

    def find_mismatch(self, event: object) -> str | None:
        """Returns what of the next event does not fit, None where it can be read."""
        if not isinstance(event, dict) or not isinstance(event.get("type"), str):
            return f"its event has no type; {LATER_VERSION}"
        kind = event["type"]
        required = self._required.get(kind)
        if required is None:
            return f"this version knows no events of the type {json.dumps(kind[:60])}; {LATER_VERSION}"
        missing = [field for field in required if field not in event]
        if missing:
            return f"its event {kind} lacks {', '.join(missing)}; {LATER_VERSION}"
        if kind == "candidate_proposed":
            self._proposed.add(event["candidate"])
        named = [event[field] for field in CANDIDATE_FIELDS if isinstance(event.get(field), int)]
        unknown = [candidate for candidate in named if candidate not in self._proposed]
        if unknown:
            return f"its event does not follow on those before it: there is no candidate {unknown[0]}"
        return None


@functools.cache
def list_required_fields(schema: str) -> dict[str, list[str]]:
    """Lists the fields that every event of a type has, by its type; `schema` is one of `SCHEMAS`."""
    path = Path(__file__).parents[1] / "schemas" / schema
    read: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    events = read["oneOf"] if "oneOf" in read else read["properties"]["event"]["oneOf"]
    return {event["properties"]["type"]["const"]: event["required"] for event in events}
