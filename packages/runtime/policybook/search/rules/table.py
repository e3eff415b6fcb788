"""A table of moves for a discrete world."""

from __future__ import annotations

import math

import numpy as np

from policybook.search.contract import Floats, Proposal
from policybook.search.coordinates import identifiers
from policybook.search.tabular import Cells
from policybook.search.text import Filling, fill

WIDEST = 100


def proposal(
    cells: Cells, values: Floats, first_action: int, names: tuple[str, ...] | None, label: str
) -> Proposal:
    """The table of each cell's best action; cells that were never seen take the commonest one."""
    seen = np.isfinite(values.max(axis=1))
    moves = values.argmax(axis=1) + first_action
    moves[~seen] = np.bincount(moves[seen]).argmax()
    observed = identifiers(names, len(cells.sizes))
    single = len(cells.sizes) == 1
    source = fill(
        "table",
        Filling(
            observed=observed,
            words={"place": _place(cells, observed)} | ({} if single else {"tuple": "tuple"}),
            table=_rows(moves.tolist(), _width(cells)),
        ),
    )
    idea = (
        f"A move for each of the {int(seen.sum())} situations seen, by value iteration on what the moves did."
    )
    return Proposal(label, idea, source)


def _place(cells: Cells, observed: tuple[str, ...]) -> str:
    """The expression of a cell's number."""
    if len(cells.sizes) == 1:
        return "observation" + (f" - {cells.starts[0]}" if cells.starts[0] else "")
    parts = [f"({n} - {start})" if start else n for n, start in zip(observed, cells.starts, strict=True)]
    expression = parts[0]
    for part, size in zip(parts[1:], cells.sizes[1:], strict=True):
        expression = f"{f'({expression})' if ' + ' in expression else expression} * {size} + {part}"
    return expression


def _width(cells: Cells) -> int:
    """Cells a row: one row for each value of the first part, else a square, else the divisor that
    makes it nearly twice as wide as high.
    """
    inner = cells.count // cells.sizes[0]
    if 1 < inner <= WIDEST:
        return inner
    side = math.isqrt(cells.count)
    if side * side == cells.count:
        return side
    ideal = math.sqrt(2 * cells.count)
    divisors = [d for d in range(1, min(WIDEST, cells.count) + 1) if cells.count % d == 0]
    return min(divisors, key=lambda d: abs(np.log(d / ideal)))


def _rows(moves: list[int], width: int) -> list[str]:
    rows = [moves[i : i + width] for i in range(0, len(moves), width)]
    if max(moves) > 9:
        return ["(", *(f"    {', '.join(map(str, row))}," for row in rows), ")"]
    return ["(", *(f'    "{"".join(map(str, row))}"' for row in rows), ")"]
