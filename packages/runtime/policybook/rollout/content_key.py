"""Content keys: JSON values that are equal have the same key."""

from __future__ import annotations

import hashlib
from typing import Any

from policybook.canonical_json import canonical_json


def make_content_key(value: Any) -> str:
    """Returns the SHA-256 of a JSON value's canonical text, as hexadecimal digits."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()
