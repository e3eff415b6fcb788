"""An audit's seeds, by the rule that `packages/engine/src/audit/seeds.ts` writes down."""

from __future__ import annotations

import hashlib

from policybook.canonical_json import canonical_json


def draw_audit_seeds(policy: str, environment: str, nonce: str, count: int) -> list[int]:
    """Returns the first seeds of an audit; `policy` and `environment` are hexadecimal SHA-256."""

    def seed(index: int) -> int:
        text = canonical_json(["policybook audit", policy, environment, nonce, index])
        return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) >> 1

    return [seed(index) for index in range(count)]
