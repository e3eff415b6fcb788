"""A run's progress as one line of text, for a terminal."""

from __future__ import annotations

import sys
import time
from typing import TypedDict

from policybook.score_format import format_mean, format_score

RUN_MIME = "application/vnd.policybook.run+json"
"""The MIME type under which a run's view publishes its payload."""


class ScorePayload(TypedDict):
    """A mean return with its interval."""

    mean: float
    low: float
    high: float


class ChampionPayload(TypedDict):
    """The policy that a run hands over, as far as it is read here."""

    score: ScorePayload
    isMeasured: bool


class ResourcePayload(TypedDict):
    """One kind of a budget: how much of it is used, and its limit, None without one."""

    name: str
    limit: float | None
    spent: float


class RunPayload(TypedDict):
    """The state of a run that its view publishes, as far as it is read here."""

    run: str
    status: str
    champion: ChampionPayload | None
    budget: list[ResourcePayload]
    stepsPerSecond: float | None
    secondsLeft: float | None
    activity: str


class ProgressLine:
    """Writes one line on stderr: rewritten in place on a terminal, printed at most each 5 s elsewhere."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._written = 0.0
        self._text = ""

    def show(self, text: str, *, last: bool = False) -> None:
        """Shows `text` in place of the line before; a `last` one always appears and ends the line.

        What the line says already is not written again.
        """
        now = time.monotonic()
        if text == self._text and not (last and self._terminal):
            return
        if self._terminal:
            sys.stderr.write(f"\r\x1b[2K{text[:160]}" + ("\n" if last else ""))
        elif last or now - self._written >= 5:
            sys.stderr.write(text + "\n")
        else:
            return
        self._written = now
        self._text = text
        sys.stderr.flush()


def describe_run(payload: RunPayload) -> str:
    """Returns one line for people: the best score, what of the budget is used, steps a second, time left."""
    parts = [payload["run"]]
    if payload["champion"] is not None:
        score = payload["champion"]["score"]
        # The episodes by which a policy was chosen flatter it: their interval would say too much.
        shown = (
            format_score(score["mean"], score["low"], score["high"])
            if payload["champion"]["isMeasured"]
            else f"{format_mean(score['mean'])} while choosing"
        )
        parts.append(f"best {shown}")
    for resource in payload["budget"]:
        if resource["limit"] is not None or resource["name"] == "episodes":
            limit = "" if resource["limit"] is None else f"/{resource['limit']:g}"
            parts.append(f"{resource['spent']:g}{limit} {resource['name']}")
    if payload["stepsPerSecond"] is not None:
        parts.append(f"{payload['stepsPerSecond']:,.0f} steps/s")
    if payload["secondsLeft"] is not None:
        parts.append(f"{payload['secondsLeft']:.0f} s left")
    parts.append(payload["activity"])
    return " | ".join(parts)
