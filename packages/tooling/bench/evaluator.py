"""The evaluator against a bare `gym.make` loop: the same policies and seeds, alternated on the same core.

Both run pinned to one core, so that what the policy's own process takes is in the figure. Rates are medians
over the rounds, and ratios medians of each round's, whose two sides are played one after the other, each
first in every second round. CPU time a step is printed, too: it moves less with what else the machine does.

`npm run bench -- evaluator [--rounds N] [--quick] [--rows PART]`; `--rows` runs those whose
name has the part.
"""

import argparse
import math
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import ale_py
import gymnasium
from evaluator_client import Evaluator, Task
from evaluator_leftovers import leftovers
from figures import Figure, paired, report

STEPPING = """
def act(observation):
    x, v, angle, spin = observation
    return 1 if 3 * angle + spin > 0 else 0
"""
LANDING = """
def act(observation):
    x, y, vx, vy, angle, spin, left, right = observation
    turn = 2.5 * (0.6 * x + 1.1 * vx - angle) - 2.2 * spin
    if not (left or right) and abs(turn) > 0.4:
        return 1 if turn > 0 else 3
    return 2 if 0.9 * (-0.4 * y - 0.1 - vy) > 0 else 0
"""
SWINGING = """
def act(observation):
    return 2 if observation[4] < 0 else 0
"""
WALKING = """
import numpy as np


def act(observation):
    return np.clip(np.array([0.6, -0.4, -0.5, 0.3]) - observation[[4, 6, 9, 11]], -1, 1).astype(np.float32)
"""
RUNNING = """
import numpy as np


def act(observation):
    return np.clip(0.4 - observation[2:8] - 0.1 * observation[11:17], -1, 1).astype(np.float32)
"""
SEEING = """
def act(observation):
    paddle = observation[190, 8:152, 0].argmax()
    ball = observation[100:188, 8:152, 0].max(axis=0).argmax()
    return 1 if ball == 0 else 2 if ball > paddle + 8 else 3
"""
TUNED = """
GAINS = [0.1, 0.5, 3.0, 1.0]  # tune: [-5, 5]


def act(observation):
    return int(sum(gain * value for gain, value in zip(GAINS, observation)) > 0)
"""

gymnasium.register_envs(ale_py)

TASKS = (
    Task("CartPole-v1", STEPPING, 100, 0.9),
    Task("LunarLander-v3", LANDING, 60, 0.97),
    Task("Acrobot-v1", SWINGING, 150, 0.97),
    Task("BipedalWalker-v3", WALKING, 40, 0.97),
    Task("HalfCheetah-v5", RUNNING, 32, 0.97),
    Task("ALE/Breakout-v5", SEEING, 10, 0.9, most_steps=200),
)


def bare(task: Task, seeds: Sequence[int]) -> int:
    """The loop that everybody writes; steps taken."""
    env = gymnasium.make(task.id, max_episode_steps=task.most_steps, disable_env_checker=True)
    steps = 0
    for seed in seeds:
        names: dict[str, Any] = {}
        exec(task.source, names)  # noqa: S102 - ours, above
        act = names["act"]
        observation, _ = env.reset(seed=seed)
        over = False
        while not over:
            observation, _, terminated, truncated, _ = env.step(act(observation))
            over = terminated or truncated
            steps += 1
    env.close()
    return steps


@dataclass(frozen=True)
class Speed:
    """Of one side in one round: environment steps a second, and CPU microseconds a step."""

    rate: float
    cpu: float


def play_sandboxed(evaluator: Evaluator, task: Task, seeds: Sequence[int]) -> Speed:
    """CPU time is that of workers and policies."""
    started = time.perf_counter()
    played = evaluator.evaluate(task, seeds)
    seconds = time.perf_counter() - started
    steps = sum(episode["steps"] for episode in played["episodes"])
    return Speed(steps / seconds, 1e6 * played["cpuSeconds"] / steps)


def play_bare(task: Task, seeds: Sequence[int]) -> Speed:
    """The bare loop's."""
    started, worked = time.perf_counter(), time.process_time()
    steps = bare(task, seeds)
    return Speed(steps / (time.perf_counter() - started), 1e6 * (time.process_time() - worked) / steps)


def throughput(task: Task, rounds: int, workers: int, least: float) -> Iterator[Figure]:
    """Sandboxed against bare, alternated."""
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, set(cores[:workers]))
    evaluator = Evaluator(workers)
    pairs: list[tuple[Speed, Speed]] = []
    try:
        evaluator.evaluate(task, range(64 * workers))  # as many environments as play side by side are made
        for number in range(rounds):
            seeds = range(1000 * number, 1000 * number + task.episodes * workers)
            if number % 2:
                peer = play_bare(task, seeds[: task.episodes])
                pairs.append((play_sandboxed(evaluator, task, seeds), peer))
            else:
                pairs.append(
                    (play_sandboxed(evaluator, task, seeds), play_bare(task, seeds[: task.episodes]))
                )
    finally:
        evaluator.close()
        os.sched_setaffinity(0, set(cores))
    name = f"{task.id}, {workers} worker{'s' if workers > 1 else ''}"
    yield paired(name, "steps/s", [(ours.rate, peer.rate) for ours, peer in pairs], least=least)
    yield paired(f"{name}: CPU a step", "µs", [(ours.cpu, peer.cpu) for ours, peer in pairs])


def first_return(rounds: int) -> Figure:
    """A new candidate, source in hand, to the return of a one-step episode; over the bare loop's time."""
    one_step = Task("CartPole-v1", "# candidate {}\n\n\ndef act(observation):\n    return 0\n", most_steps=1)
    evaluator = Evaluator(1)
    try:
        ours, peers = [], []
        for number in range(-5, rounds):  # the first ones start the worker and make the environment
            candidate = replace(one_step, source=one_step.source.format(number))
            started = time.perf_counter()
            evaluator.evaluate(candidate, [number + 5])
            between = time.perf_counter()
            bare(candidate, [number + 5])
            if number >= 0:
                ours.append(between - started)
                peers.append(time.perf_counter() - between)
    finally:
        evaluator.close()
    extra = 1000 * (statistics.median(ours) - statistics.median(peers))
    return Figure("new candidate to first return, over bare", "ms", extra, None, None, "<= 5 ms", extra <= 5)


def tuned_vector(rounds: int) -> Figure:
    """A vector that the tuner draws to the returns of its one-step episodes, 2 to 8, over the bare loop's.

    All that tuning takes is in it: CMA-ES, writing the texts, the final race.
    """
    task = Task("CartPole-v1", TUNED, most_steps=1)
    dimensions = 4
    population = 4 + math.floor(3 * math.log(dimensions))
    evaluator = Evaluator(1)
    ours, peers = [], []
    try:
        for number in range(-1, rounds):  # the first starts the processes
            started = time.perf_counter()
            value = evaluator.request("tune", task, seed=number + 1, episodes=1_000, steps=None)
            between = time.perf_counter()
            # Each later descent has twice the population of the one before.
            vectors = sum(
                population * 2 ** generation.get("descent", 0) for generation in value["generations"]
            )
            bare(task, range(value["usage"]["episodes"]))
            if number >= 0:
                ours.append((between - started) / vectors)
                peers.append((time.perf_counter() - between) / vectors)
    finally:
        evaluator.close()
    extra = 1000 * (statistics.median(ours) - statistics.median(peers))
    return Figure("tuned vector of constants, over bare", "ms", extra, None, None, "<= 1 ms", extra <= 1)


Row = tuple[str, Callable[[], Iterable[Figure]]]


def rows(rounds: int, *, quick: bool) -> list[Row]:
    """Each row's name and what measures it."""
    found: list[Row] = [
        (f"{task.id} 1 worker", lambda task=task: throughput(task, rounds, 1, task.least)) for task in TASKS
    ]
    for task in TASKS[:2]:
        found.append((f"{task.id} 2 workers", lambda task=task: throughput(task, rounds, 2, 1.8)))
    return [
        *found,
        ("new candidate", lambda: [first_return(20 if quick else 200)]),
        ("tuned vector", lambda: [tuned_vector(rounds)]),
        ("leftovers", lambda: leftovers(1_000 if quick else 10_000)),
    ]


def main() -> None:
    """Runs the rows, and says on stderr how far it is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--quick", action="store_true", help="three rounds, for a look")
    parser.add_argument("--rows", default="", help="only rows whose name has this part")
    options = parser.parse_args()
    rounds = 3 if options.quick else options.rounds
    chosen = [row for row in rows(rounds, quick=options.quick) if options.rows.lower() in row[0].lower()]
    if not chosen:
        parser.error(f"rows are {', '.join(name for name, _ in rows(rounds, quick=options.quick))}")
    figures: list[Figure] = []
    for name, measure in chosen:
        print(f"{name} …", file=sys.stderr)
        figures += measure()
    report("evaluator", figures)


if __name__ == "__main__":
    main()
