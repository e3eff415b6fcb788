"""Texts that act on recorded episodes, as long as a number of steps is not spent."""

from __future__ import annotations

from policybook.worker.agreement import Agreement

MAX_TEXTS = 600
"""Texts that are played at most: each takes a process, however soon it is found to act otherwise."""


class BoundedReplay:
    """Gives `policybook.source.simplification.Replay`, by an agreement that refers to the policy's text."""

    def __init__(self, agreement: Agreement, most_steps: int) -> None:
        self._agreement = agreement
        self._most_steps = most_steps
        self._texts = 0
        self.was_refused = False

    def may_play(self) -> bool:
        """Returns whether another text may be played."""
        if self._agreement.replayed < self._most_steps and self._texts < MAX_TEXTS:
            return True
        self.was_refused = True
        return False

    def acts_alike(self, source: str) -> bool:
        """Returns whether a text acts alike on every observation."""
        self._texts += 1
        return self._agreement.acts_alike(source)

    def measure_share(self, source: str) -> float:
        """Returns the share of observations on which it does."""
        self._texts += 1
        return self._agreement.measure_share(source)

    def find_exception(self, source: str) -> str | None:
        """Returns what ends a text's play, None where nothing does."""
        self._texts += 1
        return self._agreement.find_exception(source)
