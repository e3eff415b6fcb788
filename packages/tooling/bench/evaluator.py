"""The evaluator against a bare `gym.make` loop: the same policies and seeds, alternated on the same core.

Both run pinned to one core, so that what the policy's own process takes is in the figure. Rates are medians
over the rounds.
"""

import argparse
import os
import statistics
import sys
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import gymnasium
from figures import Figure, compared, report
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager

LIMITS = {"stepMs": 100, "importMs": 2000, "memoryMb": 512, "imports": []}
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


@dataclass(frozen=True)
class Task:
    """One environment with a policy that plays it for a while; `least` is the goal for the ratio of rates."""

    id: str
    source: str
    episodes: int
    least: float
    most_steps: int | None = None


TASKS = (
    Task("CartPole-v1", STEPPING, 100, 0.9),
    Task("LunarLander-v3", LANDING, 60, 0.97),
    Task("Acrobot-v1", SWINGING, 150, 0.97),
    Task("BipedalWalker-v3", WALKING, 40, 0.97),
)


class Evaluator:
    """An evaluator kernel with a number of workers, and a comm to it."""

    def __init__(self, workers: int) -> None:
        argv = [sys.executable, "-m", "policybook.evaluator", "-f", "{connection_file}"]
        self.manager = KernelManager(transport="ipc")
        self.manager._kernel_spec = KernelSpec(argv=argv, display_name="evaluator", language="none")
        environment = {**os.environ, "JPY_PARENT_PID": str(os.getpid()), "POLICYBOOK_WORKERS": str(workers)}
        self.manager.start_kernel(env=environment)
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)
        self.comm = uuid.uuid4().hex
        self._send("comm_open", {"target_name": "policybook.evaluator", "data": {}})

    def play(self, task: Task, seeds: Sequence[int]) -> int:
        """Plays whole episodes and returns the environment steps that they took."""
        environment: dict[str, Any] = {
            "id": task.id,
            "simulator": None,
            "kwargs": {},
            "observe": None,
            "maxEpisodeSteps": task.most_steps,
        }
        params = {"environment": environment, "source": task.source, "limits": LIMITS, "seeds": list(seeds)}
        key = uuid.uuid4().hex
        request = {"kind": "request", "key": key, "method": "evaluate", "params": params}
        self._send("comm_msg", {"data": request})
        while True:
            message = self.client.get_iopub_msg(timeout=120)
            data = message["content"].get("data", {})
            if (
                message["msg_type"] == "comm_msg"
                and data["key"] == key
                and data["kind"] in ("result", "failure")
            ):
                break
        if data["kind"] == "failure" or data["value"]["failure"] is not None:
            raise RuntimeError(f"{task.id}: {data}")
        return sum(episode["steps"] for episode in data["value"]["episodes"])

    def close(self) -> None:
        """Ends the kernel and its workers."""
        self.client.stop_channels()
        self.manager.shutdown_kernel()

    def _send(self, kind: str, content: dict[str, Any]) -> None:
        message = self.client.session.msg(kind, {"comm_id": self.comm, **content})
        self.client.shell_channel.send(message)


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


def rate(play: Callable[[Task, Sequence[int]], int], task: Task, seeds: Sequence[int]) -> float:
    """Environment steps a second."""
    started = time.perf_counter()
    steps = play(task, seeds)
    return steps / (time.perf_counter() - started)


def throughput(task: Task, rounds: int, workers: int, least: float) -> Figure:
    """Jailed against bare, alternated."""
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, set(cores[:workers]))
    evaluator = Evaluator(workers)
    try:
        rate(evaluator.play, task, range(4))
        ours, peers = [], []
        for number in range(rounds):
            seeds = range(1000 * number, 1000 * number + task.episodes * workers)
            ours.append(rate(evaluator.play, task, seeds))
            peers.append(rate(bare, task, seeds[: task.episodes]))
        row = compared(
            f"{task.id}, {workers} worker{'s' if workers > 1 else ''}",
            "steps/s",
            statistics.median(ours),
            statistics.median(peers),
            least=least,
        )
    finally:
        evaluator.close()
        os.sched_setaffinity(0, set(cores))
    return row


def first_return(rounds: int) -> Figure:
    """A new candidate, source in hand, to the return of a one-step episode; over the bare loop's time."""
    one_step = Task("CartPole-v1", "# candidate {}\n\n\ndef act(observation):\n    return 0\n", 1, 0, 1)
    evaluator = Evaluator(1)
    try:
        ours, peers = [], []
        for number in range(-5, rounds):  # the first ones start the worker and make the environment
            candidate = replace(one_step, source=one_step.source.format(number))
            started = time.perf_counter()
            evaluator.play(candidate, [number + 5])
            between = time.perf_counter()
            bare(candidate, [number + 5])
            if number >= 0:
                ours.append(between - started)
                peers.append(time.perf_counter() - between)
    finally:
        evaluator.close()
    extra = 1000 * (statistics.median(ours) - statistics.median(peers))
    return Figure("new candidate to first return, over bare", "ms", extra, None, None, "<= 5 ms", extra <= 5)


def main() -> None:
    """Runs every row; `--quick` for a look."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--quick", action="store_true", help="three rounds, for a look")
    options = parser.parse_args()
    rounds = 3 if options.quick else options.rounds
    rows = [throughput(task, rounds, 1, task.least) for task in TASKS]
    rows.append(throughput(TASKS[1], rounds, 2, 1.8))
    rows.append(first_return(20 if options.quick else 200))
    report("evaluator", rows)


if __name__ == "__main__":
    main()
