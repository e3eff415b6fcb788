"""The least that a policy can be: one action, always."""

from __future__ import annotations

from collections.abc import Iterator

from policybook.search.action_parts import ActionParts
from policybook.search.constants import SAME_ACTION, propose_constant
from policybook.search.contract import Proposal
from policybook.search.facts import Facts
from policybook.search.family import FIRST_ROUND, Family, TableKnowledge


def _propose_from_facts(facts: Facts, number: int) -> Iterator[Proposal]:
    """Yields one in the first round; the parts of a composite action have none of their own."""
    if number == FIRST_ROUND and not isinstance(facts.action_space, ActionParts):
        yield propose_constant(facts.action_space, facts.idle)


def _propose_from_counts(known: TableKnowledge) -> Iterator[Proposal]:
    if known.round == FIRST_ROUND and not known.is_endless:
        yield propose_constant(known.action_space)


FAMILY = Family(
    name=SAME_ACTION,
    rank=0,
    propose_from_facts=_propose_from_facts,
    propose_from_counts=_propose_from_counts,
)
