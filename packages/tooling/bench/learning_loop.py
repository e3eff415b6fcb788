"""Whether the loop's numbers can be believed, how soon its journal answers, and what survives kill -9.

Statistics and journal run in the real engine and store (`engine-figures.mjs`), kills hit the installed
kernel. The peer of a comparison is a paired t-test with looks at 16 to 512 pairs, its level split over them;
that of the loop's choice is a tournament in which 26 controllers play 128 seeds each.
"""

import argparse
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from engine_figures import ROOT, engine
from figures import Figure, report

sys.path.insert(0, str(ROOT / "test" / "fixtures" / "kernel"))

from kernel_harness import build_kernelspec
from kill_points import KillPoints

DECLARED = 0.05


def main() -> None:
    """Measures and prints."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--trials", type=int, default=5000, help="of each kind of false verdict")
    options.add_argument("--repetitions", type=int, default=2000, help="of the choice among 26")
    options.add_argument("--kills", type=int, default=200, help="points at which a process is killed")
    options.add_argument("--seed", type=int, default=None, help="of the points; by default the clock's")
    chosen = options.parse_args()
    found = [
        *statistical(engine("test/fixtures/returns/figures.ts", chosen.trials, chosen.repetitions)),
        *journal(engine("test/fixtures/records/figures.ts", ROOT / ".cache")),
        *(kills(chosen.kills, chosen.seed) if chosen.kills else []),
    ]
    report("learning-loop", found)


def statistical(found: Any) -> list[Figure]:
    """False verdicts, power and episodes of a comparison; regret of a choice."""
    figures = []
    for name, rates in found["wrong"].items():
        for verdict in ("better", "worse"):
            ours, peer = rates["ours"][verdict], rates["tTest"][verdict]
            goal, met = f"<= {DECLARED}", ours <= DECLARED
            figures.append(Figure(f"falsely {verdict}: {name}", "rate", ours, peer, goal=goal, met=met))
    for each in found["power"]:
        ours, peer = each["ours"], each["tTest"]
        gap = f"gap {each['gap']}"
        figures.append(Figure(f"power at 512 pairs, {gap}", "rate", ours["power"], peer["power"]))
        figures.append(Figure(f"median episodes, {gap}", "episodes", *(2 * _pairs(x) for x in (ours, peer))))
    regret = found["regret"]
    ours, peer = regret["loop"], regret["tournament"]
    error = f"± {ours['error']:.2f} and {peer['error']:.2f}"
    name = f"regret of the choice, {regret['repetitions']} repetitions ({error})"
    figures.append(
        Figure(
            name,
            "return",
            ours["mean"],
            peer["mean"],
            ours["mean"] / peer["mean"],
            "ratio < 1",
            ours["mean"] < peer["mean"],
        )
    )
    most = ours["episodes"] / peer["episodes"]
    figures.append(
        Figure(
            "episodes of the choice",
            "episodes",
            ours["episodes"],
            peer["episodes"],
            most,
            "ratio <= 0.25",
            most <= 0.25,
        )
    )
    return figures


def _pairs(decisions: Any) -> float:
    """JSON has no infinity: where fewer than half were found."""
    return float("inf") if decisions["pairs"] is None else float(decisions["pairs"])


def journal(found: Any) -> list[Figure]:
    """What the loop waits for an event, and how long a long record takes to open."""
    append, opened = found["append"], found["open"]
    size = f"100,000 events ({opened['megabytes']:.0f} MB)"
    return [
        Figure("journal, median of an event", "ms", append["median"], goal="<= 1", met=append["median"] <= 1),
        Figure("journal, 95th percentile", "ms", append["p95"]),
        Figure(f"open a run of {size}", "s", opened["seconds"], goal="<= 1", met=opened["seconds"] <= 1),
    ]


def kills(count: int, seed: int | None) -> list[Figure]:
    """Random points in runs of the search and of a model author; every run must end as an undisturbed one."""
    seed = int(time.time()) if seed is None else seed
    print(f"killing at {count} points, seed {seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="policybook-kills-") as folder:
        points = KillPoints(build_kernelspec(Path(folder) / "specs"), Path(folder), random.Random(seed))  # noqa: S311
        points.spend(count)
    struck = points.struck
    said = ", ".join(f"{struck[victim]} {victim}" for victim in struck)
    return [
        Figure(f"kills ({said}; {points.during_calls} during calls)", "points", sum(struck.values())),
        Figure(
            "runs that ended as undisturbed ones",
            "runs",
            points.same,
            points.runs,
            goal="all",
            met=points.same == points.runs,
        ),
        Figure("events and champions lost", "events", points.lost, goal="0", met=points.lost == 0),
        Figure(
            "model calls charged twice",
            "calls",
            points.charged_twice,
            goal="0",
            met=points.charged_twice == 0,
        ),
        Figure("sessions a run, median", "sessions", statistics.median(points.sessions)),
    ]


if __name__ == "__main__":
    main()
