"""What the keyless author learns, from outside: `%%learn` cells through the installed kernel.

What a run hands over is then played by a bare Gymnasium loop on seeds that no search has seen, and so is
every head before it. A search passes when that mean reaches the task's goal: Gymnasium's threshold where it
has one, for the landers what rl-zoo's PPO reaches (242). The goal is handed over once a head reaches it. All
steps are counted: probing, racing, comparisons, tuning, simplification.
"""

import argparse
import math
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gymnasium
import policybook as pb
from figures import Figure, report
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager
from policybook.reading.policy import Policy

FRESH = range(5000, 5200)


@dataclass(frozen=True)
class Task:
    """An environment, what its policy must reach and within how many steps, and what a user would write."""

    id: str
    goal: float
    names: str
    most_steps: int
    kwargs: dict[str, Any] = field(default_factory=dict)
    episodes: int = 3000

    @property
    def name(self) -> str:
        """For the table."""
        return self.id + "".join(f", {key}" for key in self.kwargs)

    def cell(self, run: str, seed: int) -> str:
        """What a user would write."""
        lines = [f"%%learn {self.id} as {run}", f"observation: [{self.names}]", f"episodes: {self.episodes}"]
        options = ", ".join(f"{key}: {str(value).lower()}" for key, value in self.kwargs.items())
        return "\n".join([*lines, f"seed: {seed}", *([f"kwargs: {{{options}}}"] if options else [])])


LANDER = "x, y, vx, vy, angle, spin, left, right"
TASKS = (
    Task("CartPole-v1", 475, "place, speed, lean, fall", 10_000),
    Task("MountainCar-v0", -110, "position, velocity", 15_000),
    Task("MountainCarContinuous-v0", 90, "position, velocity", 4_000),
    Task("Acrobot-v1", -100, "cos1, sin1, cos2, sin2, spin1, spin2", 10_000),
    Task("Pendulum-v1", -160, "up, side, spin", 30_000),
    Task("LunarLander-v3", 242, LANDER, 40_000),
    Task("LunarLander-v3", 242, LANDER, 40_000, {"continuous": True}),
)


@dataclass(frozen=True)
class Search:
    """One run: what it cost, and what it hands over is worth."""

    seconds: float
    steps: int
    steps_to_goal: float
    lines: int
    audit: float


def learn(client: BlockingKernelClient, folder: Path, task: Task, seed: int) -> Search:
    """Runs the cell and plays what it has handed over at any time."""
    name = f"{task.id.split('-')[0].lower()}{''.join(task.kwargs)}-{seed}"
    started = time.perf_counter()
    reply = client.execute_interactive(task.cell(name, seed), output_hook=lambda _: None, timeout=1200)
    seconds = time.perf_counter() - started
    if reply["content"]["status"] != "ok":
        raise RuntimeError(f"{task.name}: {reply['content']}")
    run = pb.run(name, root=folder / "policybook-runs")
    spent = sum(event.get("usage", {}).get("steps", 0) for event in run.events)
    lines = int(run.candidates.loc[run.best.candidate, "lines"])
    heads = run.history.dropna(subset=["head"]).drop_duplicates("head")
    means = {head: played(task, run.policy(int(head))) for head in heads["head"]}
    at_goal = min(
        (row["steps"] for _, row in heads.iterrows() if means[row["head"]] >= task.goal), default=math.inf
    )
    return Search(seconds, spent, float(at_goal), lines, means[run.best.candidate])


def played(task: Task, policy: Policy) -> float:
    """Mean return over the fresh seeds, in the loop that everybody writes."""
    environment = gymnasium.make(task.id, **task.kwargs)
    returns = []
    for seed in FRESH:
        policy.reset()
        observation, _ = environment.reset(seed=seed)
        total, over = 0.0, False
        while not over:
            observation, reward, terminated, truncated, _ = environment.step(policy(observation))
            total, over = total + float(reward), terminated or truncated
        returns.append(total)
    environment.close()
    return statistics.fmean(returns)


def rows(task: Task, searches: Sequence[Search]) -> list[Figure]:
    """Passed, time, steps and size."""
    passed = sum(search.audit >= task.goal for search in searches) / len(searches)

    def median(what: Callable[[Search], float]) -> float:
        return statistics.median(map(what, searches))

    name = f"{task.name}: searches that reach {task.goal:g}"
    return [
        Figure(name, "share", passed, goal=">= 0.8", met=passed >= 0.8),
        Figure("  return on fresh seeds, median", "", median(lambda search: search.audit)),
        Figure("  the same, worst search", "", min(search.audit for search in searches)),
        Figure("  seconds", "s", median(lambda search: search.seconds)),
        Figure(
            "  environment steps until the goal is handed over",
            "",
            steps := median(lambda search: search.steps_to_goal),
            goal=f"<= {task.most_steps:,}",
            met=steps <= task.most_steps,
        ),
        Figure("  environment steps in all", "", median(lambda search: search.steps)),
        Figure("  lines", "", median(lambda search: search.lines)),
    ]


def main() -> None:
    """Every environment under several seeds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--only", default="", help="environments whose name contains this")
    options = parser.parse_args()
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as place:
        manager = KernelManager(kernel_name="policybook")
        manager.start_kernel(cwd=place)
        client = manager.blocking_client()
        client.start_channels()
        client.wait_for_ready(timeout=60)
        try:
            for task in TASKS:
                if options.only in task.name:
                    searches = [learn(client, Path(place), task, seed) for seed in range(options.seeds)]
                    figures += rows(task, searches)
                    print(f"— {task.name}: {[round(search.audit, 1) for search in searches]}", flush=True)
        finally:
            client.stop_channels()
            manager.shutdown_kernel()
    report("learning", figures)


if __name__ == "__main__":
    main()
