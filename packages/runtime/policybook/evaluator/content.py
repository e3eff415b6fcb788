"""Content hashes: equal content, equal key."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def content_key(value: Any) -> str:
    """SHA-256 of a JSON value's canonical text."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
