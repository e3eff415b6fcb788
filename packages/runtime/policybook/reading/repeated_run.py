"""A run that was repeated: independent replicates of one declaration."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NoReturn

from policybook.reading.policy import Policy
from policybook.reading.run import Run
from policybook.reading.run_folders import REPEATS, find_replicate_folders

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd


class RepeatedRun(Run):
    """Several replicates under one name: tables hold the rows of all, the column `replicate` says whose.

    What only a single search has (events, a champion), each replicate gives for itself.
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
        """Returns how many replicates were asked for."""
        return int(self._read_repeats()["repeat"])

    @property
    def history(self) -> pd.DataFrame:
        """Returns `Run.history` of every replicate."""
        return self._join_tables(lambda replicate: replicate.history)

    @property
    def candidates(self) -> pd.DataFrame:
        """Returns `Run.candidates` of every replicate; its index is replicate and candidate."""
        frame = self._join_tables(lambda replicate: replicate.candidates.reset_index())
        return frame if frame.empty else frame.set_index(["replicate", "candidate"])

    @property
    def episodes(self) -> pd.DataFrame:
        """Returns `Run.episodes` of every replicate."""
        return self._join_tables(lambda replicate: replicate.episodes)

    @property
    def calls(self) -> pd.DataFrame:
        """Returns `Run.calls` of every replicate."""
        return self._join_tables(lambda replicate: replicate.calls)

    @property
    def audits(self) -> pd.DataFrame:
        """Returns `Run.audits` of every replicate; its index is replicate and audit."""
        frame = self._join_tables(lambda replicate: replicate.audits.reset_index())
        return frame if frame.empty else frame.set_index(["replicate", "audit"])

    @property
    def usage(self) -> dict[str, Any]:
        """Returns what all replicates have spent, added up."""
        each = [replicate.usage for replicate in self.replicates]
        return {name: sum(spent[name] for spent in each) for name in each[0]} if each else {}

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
        """Raises LookupError: each replicate has a champion, and the best of them would be a lucky one."""
        self._refuse("best")

    def policy(self, candidate: int) -> Policy:  # noqa: ARG002 - as of a run
        """Raises LookupError: candidates are a replicate's."""
        self._refuse("policy(...)")

    def _summary(self) -> str:
        return f": {len(self.replicates)} replicates"

    def _refuse(self, what: str) -> NoReturn:
        names = ", ".join(replicate.name for replicate in self.replicates)
        raise LookupError(f"the run {self.name} was repeated: ask one of its replicates for .{what}: {names}")

    def _join_tables(self, table: Callable[[Run], pd.DataFrame]) -> pd.DataFrame:
        import pandas as pd

        frames = [(int(replicate.path.name), table(replicate)) for replicate in self.replicates]
        known = [(number, frame) for number, frame in frames if not frame.empty]
        for number, frame in known:
            frame.insert(0, "replicate", number)
        return pd.concat([frame for _, frame in known], ignore_index=True) if known else pd.DataFrame()

    def _read_repeats(self) -> dict[str, Any]:
        repeats: dict[str, Any] = json.loads((self.path / REPEATS).read_text(encoding="utf-8"))
        return repeats
