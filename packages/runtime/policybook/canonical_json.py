"""The one JSON text of a value, for hashes that must agree between processes and languages."""

from __future__ import annotations

import json
from typing import Any


def canonical_json(value: Any) -> str:
    """Returns a JSON value's text with sorted keys, without spaces, in ASCII; equal values give equal texts.

    TypeError for what JSON cannot hold.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
