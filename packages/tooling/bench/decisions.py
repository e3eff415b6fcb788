"""What a run hands over, on recorded returns of six environments, compared with others that may play as much.

The peer is the loop of an earlier commit (`--base`), by default the last one that handed over its champion.
It plays the same environments by the same program. The others are a fixed tournament, successive halving,
and a champion that is challenged by a paired t-test with looks. Regret is how far the mean of what is handed
over is below the best one's.

`npm run bench -- decisions [--repetitions N] [--quick] [--base COMMIT] [--environments NAME...]`
"""

import argparse
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any

from engine_figures import ROOT, engine
from figures import Figure, report

DECLARED = 0.05
"""The rate of false verdicts that a run allows itself."""

MOST_RATIO = 0.5
NEGLIGIBLE = 0.001
"""The part of the spread of means below which regrets are equal."""

ENTRY = "test/fixtures/returns/decisions.ts"
RETURNS = Path("test", "fixtures", "returns")
PROGRAM = (RETURNS, Path("test", "unit", "engine", "simulation.ts"))
"""What the base runs as it is now; its engine and protocol are those of its commit."""

ENVIRONMENTS = (
    "lunarlander-v3",
    "mountaincar-v0",
    "frozenlake-8x8",
    "pendulum-v1",
    "cartpole-v1",
    "acrobot-v1",
)
PEERS = {
    "tournament": "a fixed tournament",
    "halving": "successive halving",
    "challengers": "a champion challenged by t-tests",
}


def main() -> None:
    """Plays environments side by side, and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=2000)
    parser.add_argument("--quick", action="store_true", help="50 repetitions, for a look")
    parser.add_argument("--base", default="a29089c", help="the commit whose loop is the peer")
    parser.add_argument("--environments", nargs="+", choices=ENVIRONMENTS, default=ENVIRONMENTS)
    chosen = parser.parse_args()
    repetitions = 50 if chosen.quick else chosen.repetitions
    tree = base_tree(chosen.base)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        runs = {name: pool.submit(engine, ENTRY, name, repetitions) for name in chosen.environments}
        base = {
            name: pool.submit(engine, ENTRY, name, repetitions, "run", tree=tree)
            for name in chosen.environments
            if tree is not None
        }
        found = []
        for name in chosen.environments:
            found.append((runs[name].result(), base[name].result() if name in base else None))
            print(f"{name} is played", file=sys.stderr)
    if tree is None:
        print(f"The commit {chosen.base} is not in this clone, so the loop of that commit is left out.")
    else:
        print(f"The peer is the loop of {chosen.base} where no other is named.")
    print(f"{repetitions} repetitions of each environment and budget.")
    for ours, _ in found:
        print(f"{ours['environment']}: {ours['kind']}; from the best mean to the worst {ours['spread']:.4g}")
    report("decisions", [figure for ours, base in found for figure in figures_of(ours, base)])


def base_tree(commit: str) -> Path | None:
    """The engine of the commit with the program as it is now; None where the clone lacks the commit."""
    known = subprocess.run(
        ["git", "rev-parse", "--quiet", "--verify", f"{commit}^{{commit}}"],
        cwd=ROOT,
        check=False,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    if known.returncode != 0:
        return None
    tree = ROOT / ".cache" / "bench" / "base"
    shutil.rmtree(tree, ignore_errors=True)
    archive = ["git", "archive", commit, "packages/engine/src", "packages/protocol/src"]
    packed = subprocess.run(archive, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout
    with tarfile.open(fileobj=BytesIO(packed)) as files:
        files.extractall(tree, filter="data")
    for part in PROGRAM:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, tree / part)
        else:
            (tree / part).parent.mkdir(parents=True)
            shutil.copyfile(ROOT / part, tree / part)
    return tree


def figures_of(ours: Any, base: Any) -> Iterator[Figure]:
    """Regrets by budget, and how often "better" was false."""
    for index, budget in enumerate(ours["budgets"]):
        name = f"{ours['environment']}, {budget['episodes']} episodes"
        peer = None if base is None else base["budgets"][index]["run"]
        yield from regrets(name, ours["spread"], budget, peer)
    yield false_verdicts(ours["environment"], ours["budgets"], None if base is None else base["budgets"])


def regrets(name: str, spread: float, budget: Any, base: Any) -> Iterator[Figure]:
    """The loop's regret compared with that of the base, for which there is a goal, and of the others."""
    run = budget["run"]
    if base is None:
        yield Figure(f"{name}: regret (± {run['error']:.2g})", "return", run["regret"])
    else:
        yield compare_regrets(name, spread, run, base)
    for key, who in PEERS.items():
        peer = budget["peers"][key]
        yield Figure(
            f"{name}: regret against {who}", "return", run["regret"], peer["regret"], _ratio(run, peer)
        )


def compare_regrets(name: str, spread: float, ours: Any, base: Any) -> Figure:
    """Where both are next to nothing, a ratio says nothing."""
    row = f"{name}: regret (± {ours['error']:.2g} and {base['error']:.2g})"
    if max(ours["regret"], base["regret"]) < NEGLIGIBLE * spread:
        return Figure(row, "return", ours["regret"], base["regret"], None, "equal", True)
    ratio = _ratio(ours, base)
    met = ours["regret"] <= MOST_RATIO * base["regret"]
    return Figure(row, "return", ours["regret"], base["regret"], ratio, f"ratio <= {MOST_RATIO:g}", met)


def false_verdicts(environment: str, ours: Sequence[Any], base: Sequence[Any] | None) -> Figure:
    """Among the comparisons of all budgets."""
    wrong, compared = _verdicts(ours)
    rate = wrong / max(1, compared)
    peer = None
    if base is not None:
        theirs, of = _verdicts(base)
        peer = theirs / max(1, of)
    name = f"{environment}: falsely better, {wrong} of {compared:,} comparisons"
    return Figure(name, "rate", rate, peer, goal=f"<= {DECLARED:g}", met=rate <= DECLARED)


def _verdicts(budgets: Sequence[Any]) -> tuple[int, int]:
    return tuple(sum(budget["run"][key] for budget in budgets) for key in ("falselyBetter", "comparisons"))


def _ratio(ours: Any, peer: Any) -> float | None:
    return ours["regret"] / peer["regret"] if peer["regret"] > 0 else None


if __name__ == "__main__":
    main()
