"""The least that a policy can be: one action, always."""

from __future__ import annotations

from typing import Any

from policybook.search.actuation import write_constant_action
from policybook.search.contract import Proposal
from policybook.search.filling import Filling, fill


def propose_constant(space: Any, action: str | None = None) -> Proposal:
    """Plays `action` (an expression), by default the space's neutral or first action."""
    expression = action or write_constant_action(space)
    source = fill("constant", Filling(observed=(), action=[f"return {expression}"]))
    return Proposal(
        "same action",
        "Do nothing else than one action, to see what everything else must beat.",
        source,
        baseline=True,
    )
