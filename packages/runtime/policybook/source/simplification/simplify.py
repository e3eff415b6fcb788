"""The greedy search: keep every edit that changes no action, and offer the most promising of the others."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from policybook.source.document import Document, normalise_text
from policybook.source.simplification.constants import shorten_all
from policybook.source.simplification.edit import Edit
from policybook.source.simplification.edits import find_edits

# The share of recorded observations on which a text acts as the policy does, in [0, 1]; a bool will do.
Agrees = Callable[[str], float]

MAX_VARIANTS = 8
# A text of more syntax nodes is a table, which shorter literals do not make readable.
MAX_NODES = 20_000
# Above this share a variant is likely to play alike.
ALIKE_SHARE = 0.9
# What cuts more than this part of the tree is another policy.
MAX_CUT_SHARE = 0.5


class Simplified(NamedTuple):
    """The smallest text found that acts identically, the edits behind it in words, and variants to test."""

    source: str
    edits: list[str]
    variants: list[Edit]


def simplify(source: str, agrees: Agrees, most_checks: int = 600) -> Simplified:
    """Takes edits greedily, the largest first, for which `agrees` is 1.

    It calls `agrees` at most `most_checks` times.
    """
    current = normalise_text(source)
    if Document(current).node_count > MAX_NODES:
        return Simplified(current, [], [])
    taken: list[str] = []
    shares: dict[str, float] = {}
    has_progressed = True
    while has_progressed and len(shares) < most_checks:
        has_progressed = False
        refused: set[str] = set()
        pending = find_edits(current)
        while pending and len(shares) < most_checks:
            edit = pending.pop(0)
            if edit.source not in shares:
                shares[edit.source] = float(agrees(edit.source))
            if shares[edit.source] >= 1:
                current, has_progressed = edit.source, True
                taken.append(edit.label)
                pending = [other for other in find_edits(current) if other.label not in refused]
            else:
                refused.add(edit.label)
    return Simplified(current, taken, _choose_variants(current, shares))


def _choose_variants(source: str, shares: dict[str, float]) -> list[Edit]:
    document = Document(source)
    most = MAX_CUT_SHARE * document.node_count
    others = [edit for edit in find_edits(source) if 0 <= edit.cut <= most and shares.get(edit.source, 0) < 1]
    # Sorting is stable: the largest cuts stay first among those that act alike, then among the rest.
    others.sort(key=lambda edit: shares.get(edit.source, 0) < ALIKE_SHARE)
    shorter = shorten_all(document)
    return ([shorter] if shorter is not None else []) + others[: MAX_VARIANTS - (shorter is not None)]
