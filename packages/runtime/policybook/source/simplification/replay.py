"""What the simplifier asks of recorded episodes: whether another text acts as the policy does on them."""

from __future__ import annotations

from typing import Protocol


class Replay(Protocol):
    """Has texts act on recorded observations; every call plays some or all of them."""

    was_refused: bool
    """Whether `may_play` has refused a text, so that something was left undone."""

    def may_play(self) -> bool:
        """Returns whether another text may be played: the work is bounded in steps, which repeat exactly."""
        ...

    def acts_alike(self, source: str) -> bool:
        """Returns whether a text takes the policy's action on every observation; else its play ends."""
        ...

    def measure_share(self, source: str) -> float:
        """Returns the share of observations on which it does, from 0 to 1; a sample's where it is below 1."""
        ...

    def find_exception(self, source: str) -> str | None:
        """Returns the text of the exception that ends a text's play, None where it plays all observations."""
        ...
