"""What candidates leave behind in an evaluator: descriptors, processes, memory."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import psutil
from evaluator_client import Evaluator, Task
from figures import Figure

BEFORE = 1_000
"""Candidates before the first count: by then the caches, which keep the latest 256, are full."""

SETTLING_SECONDS = 1.0
HARMLESS = "# candidate {}\n\n\ndef act(observation):\n    return 0\n"
RAISING = "# candidate {}\n\n\ndef act(observation):\n    return observation[9]\n"
ENDING = "# candidate {}\nimport os\n\n\ndef act(observation):\n    os._exit(0)\n"


@dataclass(frozen=True)
class Held:
    """By the evaluator, its worker, their zygotes and policies."""

    descriptors: int
    processes: int
    megabytes: float


def leftovers(candidates: int) -> Iterator[Figure]:
    """So many candidates one after another; one in 50 raises, one in 500 ends its own process."""
    task = Task("CartPole-v1", "", most_steps=1)
    evaluator = Evaluator(1)
    try:
        for number in range(BEFORE):
            _play(evaluator, task, number)
        before = _held(evaluator)
        started = time.perf_counter()
        for number in range(BEFORE, BEFORE + candidates):
            _play(evaluator, task, number)
        each = 1000 * (time.perf_counter() - started) / candidates
        after = _held(evaluator)
    finally:
        evaluator.close()
    label = f"{candidates:,} candidates"
    more = after.megabytes - before.megabytes
    yield _difference(f"{label}: descriptors, after and before", "", after.descriptors, before.descriptors)
    yield _difference(f"{label}: processes, after and before", "", after.processes, before.processes)
    # An allocator's arenas come and go; 1 KB a candidate would be something that is kept of each.
    most = candidates / 1000
    yield Figure(
        f"{label}: resident memory, after and before",
        "MB",
        after.megabytes,
        before.megabytes,
        after.megabytes / before.megabytes,
        f"<= {most:g} MB more",
        more <= most,
    )
    yield Figure(f"{label}: each", "ms", each)


def _difference(name: str, unit: str, after: int, before: int) -> Figure:
    return Figure(name, unit, after, before, after / before, "none more", after <= before)


def _play(evaluator: Evaluator, task: Task, number: int) -> None:
    kind = ENDING if number % 500 == 499 else RAISING if number % 50 == 49 else HARMLESS
    value = evaluator.request("evaluate", Task(task.id, kind.format(number), most_steps=1), seeds=[number])
    if (value["failure"] is None) != (kind is HARMLESS):
        raise RuntimeError(f"candidate {number}: {value}")


def _held(evaluator: Evaluator) -> Held:
    # The worker makes the next candidate's process after its answer.
    time.sleep(SETTLING_SECONDS)
    root = psutil.Process(evaluator.pid)
    processes = [root, *root.children(recursive=True)]
    return Held(
        sum(process.num_fds() for process in processes),
        len(processes),
        sum(process.memory_info().rss for process in processes) / 1e6,
    )
