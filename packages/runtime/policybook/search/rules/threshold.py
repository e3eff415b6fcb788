"""A limit on one part of a discrete observation: one action below it, another from it on."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

import numpy as np

from policybook.search.contract import Proposal
from policybook.search.family import Family, TableKnowledge
from policybook.search.filling import Constant, Filling, fill
from policybook.search.tabular import TableCells, TransitionCounts
from policybook.source.names import make_identifiers

MAX_CANDIDATES = 500


def propose_threshold(
    cells: TableCells, counts: TransitionCounts, first_action: int, names: tuple[str, ...] | None, label: str
) -> Proposal | None:
    """Returns the limit that is worth most in the model of the counts.

    Its worth is averaged over the cells as they were met.

    None where the observation has one part only, which is a name and no quantity.
    """
    if len(cells.sizes) < 2:
        return None
    parts = np.stack(np.unravel_index(np.arange(cells.count), cells.sizes), axis=1)
    met = counts.trials.sum(axis=1)
    candidates = [
        (part, limit, below, above)
        for part, size in enumerate(cells.sizes)
        for limit in range(1, size)
        if met[parts[:, part] < limit].any() and met[parts[:, part] >= limit].any()
        for below, above in permutations(range(counts.actions), 2)
    ]
    if not 0 < len(candidates) <= MAX_CANDIDATES:
        return None

    def worth(candidate: tuple[int, int, int, int]) -> float:
        part, limit, below, above = candidate
        return float(counts.follow(np.where(parts[:, part] < limit, below, above)) @ met)

    part, limit, below, above = max(candidates, key=worth)
    observed, start = make_identifiers(names, len(cells.sizes)), cells.starts[part]
    count, last = observed[part], start + cells.sizes[part] - 1
    below, above = below + first_action, above + first_action
    source = fill(
        "threshold",
        Filling(
            observed=observed,
            words={"count": count},
            constants={"LIMIT": Constant(limit + start, start, last + 1)},
            action=[f"return {below} if {count} < LIMIT else {above}"],
        ),
    )
    idea = f"Action {below} while {count} is below {limit + start}, action {above} from there on."
    return Proposal(label, idea, source)


def _propose_from_counts(known: TableKnowledge) -> Iterator[Proposal]:
    rule = propose_threshold(
        known.cells, known.counts, known.first_action, known.names, f"threshold{known.suffix}"
    )
    if rule is not None:
        yield rule


FAMILY = Family(name="threshold", rank=7, propose_from_counts=_propose_from_counts)
