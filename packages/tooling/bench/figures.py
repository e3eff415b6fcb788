"""What every benchmark reports: a table to read, and one line of JSON to keep."""

import json
import os
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Figure:
    """One measured row; `ours` and `peer` are in `unit`, and `met` is None where there is no goal."""

    name: str
    unit: str
    ours: float
    peer: float | None = None
    ratio: float | None = None
    goal: str | None = None
    met: bool | None = None


def compared(name: str, unit: str, ours: float, peer: float, *, most: float = 0, least: float = 0) -> Figure:
    """A row whose goal is a ratio to the peer: `most` for times, `least` for rates, neither: no goal."""
    ratio = ours / peer
    if most:
        return Figure(name, unit, ours, peer, ratio, f"ratio <= {most:g}", ratio <= most)
    if least:
        return Figure(name, unit, ours, peer, ratio, f"ratio >= {least:g}", ratio >= least)
    return Figure(name, unit, ours, peer, ratio)


def paired(name: str, unit: str, pairs: Sequence[tuple[float, float]], *, least: float = 0) -> Figure:
    """As `compared`, of rounds that have both: medians, of the ratios too."""
    ours, peers = (statistics.median(side) for side in zip(*pairs, strict=True))
    ratio = statistics.median(mine / theirs for mine, theirs in pairs)
    goal, met = (f"ratio >= {least:g}", ratio >= least) if least else (None, None)
    return Figure(name, unit, ours, peers, ratio, goal, met)


def report(bench: str, figures: Sequence[Figure]) -> None:
    """Prints the table, how busy the machine was, and the JSON as the last line."""
    rows: list[tuple[str, ...]] = [("", "unit", "policybook", "peer", "ratio", "goal", "met")]
    for figure in figures:
        met = {None: "", True: "yes", False: "NO"}[figure.met]
        numbers = (_short(number) for number in (figure.ours, figure.peer, figure.ratio))
        rows.append((figure.name, figure.unit, *numbers, figure.goal or "", met))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    load = [round(number, 2) for number in os.getloadavg()]
    print(f"\n{os.cpu_count()} cores, load averages {load} (anything else that ran is in the figures)")
    print(json.dumps({"bench": bench, "figures": [_plain(figure) for figure in figures], "load": load}))


def _short(number: float | None) -> str:
    return "" if number is None else f"{number:.4g}"


def _plain(figure: Figure) -> dict[str, object]:
    return {
        key: round(value, 5) if isinstance(value, float) else value for key, value in asdict(figure).items()
    }
