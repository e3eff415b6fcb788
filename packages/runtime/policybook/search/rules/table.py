"""A table of moves for a discrete environment."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from policybook.search.contract import Floats, Proposal
from policybook.search.family import Family, TableKnowledge
from policybook.search.filling import Filling, fill
from policybook.search.tabular import TableCells
from policybook.source.names import make_identifiers

WIDEST_ROW = 100


def propose_table(
    cells: TableCells, values: Floats, first_action: int, names: tuple[str, ...] | None, label: str
) -> Proposal:
    """Returns the table of each cell's best action; cells that were never seen take the commonest one."""
    seen = np.isfinite(values.max(axis=1))
    moves = values.argmax(axis=1) + first_action
    moves[~seen] = np.bincount(moves[seen]).argmax()
    observed = make_identifiers(names, len(cells.sizes))
    is_single = len(cells.sizes) == 1
    source = fill(
        "table",
        Filling(
            observed=observed,
            words={"place": _write_place(cells, observed)} | ({} if is_single else {"tuple": "tuple"}),
            table=_write_rows(moves.tolist(), _choose_width(cells)),
        ),
    )
    idea = (
        f"A move for each of the {int(seen.sum())} situations seen, by value iteration on what the moves did."
    )
    return Proposal(label, idea, source)


def _write_place(cells: TableCells, observed: tuple[str, ...]) -> str:
    """Returns the expression of a cell's number."""
    if len(cells.sizes) == 1:
        return "observation" + (f" - {cells.starts[0]}" if cells.starts[0] else "")
    parts = [f"({n} - {start})" if start else n for n, start in zip(observed, cells.starts, strict=True)]
    expression = parts[0]
    for part, size in zip(parts[1:], cells.sizes[1:], strict=True):
        expression = f"{f'({expression})' if ' + ' in expression else expression} * {size} + {part}"
    return expression


def _choose_width(cells: TableCells) -> int:
    """Chooses the number of cells in a row of the written table.

    One row for each value of the first part, else a square, else the divisor that makes the table nearly
    twice as wide as high.
    """
    inner = cells.count // cells.sizes[0]
    if 1 < inner <= WIDEST_ROW:
        return inner
    side = math.isqrt(cells.count)
    if side * side == cells.count:
        return side
    ideal = math.sqrt(2 * cells.count)
    divisors = [d for d in range(1, min(WIDEST_ROW, cells.count) + 1) if cells.count % d == 0]
    return min(divisors, key=lambda d: abs(np.log(d / ideal)))


def _write_rows(moves: list[int], width: int) -> list[str]:
    rows = [moves[i : i + width] for i in range(0, len(moves), width)]
    if max(moves) > 9:
        return ["(", *(f"    {', '.join(map(str, row))}," for row in rows), ")"]
    return ["(", *(f'    "{"".join(map(str, row))}"' for row in rows), ")"]


def _propose_from_counts(known: TableKnowledge) -> Iterator[Proposal]:
    values = known.counts.solve_best()
    yield propose_table(known.cells, values, known.first_action, known.names, f"table{known.suffix}")


FAMILY = Family(name="table", rank=6, propose_from_counts=_propose_from_counts)
