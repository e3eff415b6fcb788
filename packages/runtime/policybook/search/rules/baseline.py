"""The least that a policy can be: one action, always."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from policybook.search.actuation import write_constant_action
from policybook.search.contract import Proposal
from policybook.search.facts import Facts
from policybook.search.family import FIRST_ROUND, Family, TableKnowledge
from policybook.search.filling import Filling, fill


def propose_constant(space: Any, action: str | None = None) -> Proposal:
    """Plays `action` (an expression), by default the space's neutral or first action."""
    expression = action or write_constant_action(space)
    source = fill("constant", Filling(observed=(), action=[f"return {expression}"]))
    return Proposal(
        "same action",
        "Do nothing else than one action, to see what everything else must beat.",
        source,
        is_baseline=True,
    )


def _propose_from_facts(facts: Facts, number: int) -> Iterator[Proposal]:
    if number == FIRST_ROUND:
        yield propose_constant(facts.action_space, None if facts.idle is None else str(facts.idle))


def _propose_from_counts(known: TableKnowledge) -> Iterator[Proposal]:
    if known.round == FIRST_ROUND and not known.is_endless:
        yield propose_constant(known.action_space)


FAMILY = Family(
    name="same action",
    rank=0,
    propose_from_facts=_propose_from_facts,
    propose_from_counts=_propose_from_counts,
)
