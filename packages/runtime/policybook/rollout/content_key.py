"""Content hashes: equal content, equal key."""

from __future__ import annotations

import hashlib
from typing import Any

from policybook.canonical_json import canonical_json


def make_content_key(value: Any) -> str:
    """SHA-256 of a JSON value's canonical text."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()
