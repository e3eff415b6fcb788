"""A run that was repeated: independent searches of one declaration."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NoReturn

from policybook.reading.folders import REPEATS, search_folders
from policybook.reading.policy import Policy
from policybook.reading.run import Run

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd


class RepeatedRun(Run):
    """Its tables hold every search's rows, `search` telling which; what only a search has, a search gives."""

    @property
    def searches(self) -> list[Run]:
        """The searches that were begun, in order; `pb.run("first/2")` is the second."""
        return [Run(folder) for folder in search_folders(self.path)]

    @property
    def settings(self) -> dict[str, Any]:
        """The declaration of the whole, resolved; each search has a seed of its own."""
        return dict(self._repeats()["settings"])

    @property
    def repeat(self) -> int:
        """How many searches were asked for."""
        return int(self._repeats()["repeat"])

    @property
    def history(self) -> pd.DataFrame:
        """`Run.history` of every search."""
        return self._joined(lambda search: search.history)

    @property
    def candidates(self) -> pd.DataFrame:
        """`Run.candidates` of every search; its index is search and candidate."""
        frame = self._joined(lambda search: search.candidates.reset_index())
        return frame if frame.empty else frame.set_index(["search", "candidate"])

    @property
    def episodes(self) -> pd.DataFrame:
        """`Run.episodes` of every search."""
        return self._joined(lambda search: search.episodes)

    @property
    def calls(self) -> pd.DataFrame:
        """`Run.calls` of every search."""
        return self._joined(lambda search: search.calls)

    @property
    def audits(self) -> pd.DataFrame:
        """`Run.audits` of every search; its index is search and audit."""
        frame = self._joined(lambda search: search.audits.reset_index())
        return frame if frame.empty else frame.set_index(["search", "audit"])

    @property
    def spent(self) -> dict[str, Any]:
        """What all searches have spent, added up."""
        each = [search.spent for search in self.searches]
        return {name: sum(spent[name] for spent in each) for name in each[0]} if each else {}

    @property
    def stopped(self) -> str | None:
        """Why the searches ended; None while one runs, was interrupted or has not begun."""
        reasons = [search.stopped for search in self.searches]
        ended = [reason for reason in reasons if reason is not None]
        return "; ".join(dict.fromkeys(ended)) if len(ended) == len(reasons) == self.repeat else None

    @property
    def events(self) -> list[dict[str, Any]]:
        """A search has events; the whole has none of its own."""
        self._refuse("events")

    @property
    def best(self) -> Policy:
        """Every search has a champion, and the best of them is a lucky one."""
        self._refuse("best")

    def policy(self, candidate: int) -> Policy:  # noqa: ARG002 - as of a run
        """Candidates are a search's."""
        self._refuse("policy(...)")

    def _summary(self) -> str:
        return f": {len(self.searches)} searches"

    def _refuse(self, what: str) -> NoReturn:
        names = ", ".join(search.name for search in self.searches)
        raise LookupError(f"the run {self.name} was repeated: ask one of its searches for .{what}: {names}")

    def _joined(self, table: Callable[[Run], pd.DataFrame]) -> pd.DataFrame:
        import pandas as pd

        frames = [(int(search.path.name), table(search)) for search in self.searches]
        known = [(number, frame) for number, frame in frames if not frame.empty]
        for number, frame in known:
            frame.insert(0, "search", number)
        return pd.concat([frame for _, frame in known], ignore_index=True) if known else pd.DataFrame()

    def _repeats(self) -> dict[str, Any]:
        repeats: dict[str, Any] = json.loads((self.path / REPEATS).read_text(encoding="utf-8"))
        return repeats
