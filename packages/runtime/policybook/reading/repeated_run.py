"""A run that was repeated: independent replicates of one declaration."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NoReturn

from policybook.reading import frames
from policybook.reading.policy import Policy
from policybook.reading.run import Run
from policybook.reading.run_folders import REPEATS, find_replicate_folders

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd


class RepeatedRun(Run):
    """Several replicates under one name: data frames hold the rows of all, the column `replicate` says whose.

    Where a run's frame has an index, `replicate` comes before it in the index. What belongs to one replicate
    only (events, a champion), each replicate gives for itself.
    """

    @property
    def replicates(self) -> list[Run]:
        """Returns the replicates that were begun, in order; `pb.run("first/2")` is the second."""
        return [Run(folder) for folder in find_replicate_folders(self.path)]

    @property
    def settings(self) -> dict[str, Any]:
        """Returns the declaration of the whole, resolved; each replicate has a seed of its own."""
        return dict(self._read_repeats()["settings"])

    @property
    def repeat(self) -> int:
        """Returns how many replicates were declared."""
        return int(self._read_repeats()["repeat"])

    @property
    def usage(self) -> dict[str, Any]:
        """Returns what all replicates have spent, added up."""
        each = [replicate.usage for replicate in self.replicates]
        return {name: _add(spent[name] for spent in each) for name in each[0]} if each else {}

    @property
    def stopped(self) -> str | None:
        """Returns why the replicates ended; None while one runs, was interrupted or has not begun."""
        reasons = [replicate.stopped for replicate in self.replicates]
        ended = [reason for reason in reasons if reason is not None]
        return "; ".join(dict.fromkeys(ended)) if len(ended) == len(reasons) == self.repeat else None

    @property
    def events(self) -> list[dict[str, Any]]:
        """Raises LookupError: each replicate has events, the whole has none of its own."""
        self._refuse("events")

    @property
    def best(self) -> Policy:
        """Raises LookupError: each replicate has a head, and the best of them would be a lucky one."""
        self._refuse("best")

    @property
    def champion(self) -> Policy:
        """Raises LookupError: each replicate has a champion of its own."""
        self._refuse("champion")

    def policy(self, candidate: int | str) -> Policy:
        """Raises LookupError: candidates are a replicate's."""
        self._refuse(f"policy({candidate!r})")

    def _explain_broken_record(self) -> str | None:
        reasons = [(replicate.path.name, replicate._explain_broken_record()) for replicate in self.replicates]
        broken = [f"of replicate {name} {reason}" for name, reason in reasons if reason is not None]
        return "; ".join(broken) if broken else None

    def _summarise(self) -> str:
        return f": {len(self.replicates)} replicates"

    def _refuse(self, what: str) -> NoReturn:
        names = ", ".join(replicate.name for replicate in self.replicates)
        raise LookupError(f"the run {self.name} was repeated: ask one of its replicates for .{what}: {names}")

    def _make_frame(self, table: frames.Table) -> pd.DataFrame:
        rows = [
            {"replicate": int(replicate.path.name), **row}
            for replicate in self.replicates
            for row in table.list_rows(replicate.path, replicate._read_record())
        ]
        index = None if table.index is None else ["replicate", table.index]
        return frames.make_frame(rows, {"replicate": frames.COUNT, **table.columns}, index)

    def _read_repeats(self) -> dict[str, Any]:
        repeats: dict[str, Any] = json.loads((self.path / REPEATS).read_text(encoding="utf-8"))
        return repeats


def _add(amounts: Iterable[float | None]) -> float | None:
    """Returns the sum; None where one of the amounts is not known."""
    total: float = 0
    for amount in amounts:
        if amount is None:
            return None
        total += amount
    return total
