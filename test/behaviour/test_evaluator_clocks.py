"""A step's limit is one of CPU time: what else the machine does changes no score."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

SHORT_POLE = {"id": "CartPole-v1", "maxEpisodeSteps": 20}
LIMIT_MS = 100


def busy(milliseconds: int) -> str:
    """A policy each of whose steps takes so much CPU time of its own process."""
    return f"""import time


def act(observation):
    end = time.process_time() + {milliseconds / 1000}
    while time.process_time() < end:
        pass
    return int(observation[2] + observation[3] > 0)
"""


@pytest.fixture
def load() -> Iterator[None]:
    """Six busy processes a core, each in a session of its own, as time may be shared among sessions."""
    command = [sys.executable, "-c", "while True: pass"]
    spinners = [
        subprocess.Popen(command, start_new_session=True) for _ in range(6 * len(os.sched_getaffinity(0)))
    ]
    yield
    for spinner in spinners:
        spinner.kill()
    for spinner in spinners:
        spinner.wait()


@pytest.fixture
def quiet_episodes(evaluator: Any) -> Any:
    return evaluator.evaluate(SHORT_POLE, busy(60), [5], stepMs=LIMIT_MS)["episodes"]


def test_a_loaded_machine_changes_no_score(evaluator: Any, quiet_episodes: Any, load: None) -> None:
    began = time.monotonic()
    played = evaluator.evaluate(SHORT_POLE, busy(60), [5], stepMs=LIMIT_MS)
    milliseconds = 1000 * (time.monotonic() - began) / played["episodes"][0]["steps"]
    assert milliseconds > LIMIT_MS, "the load was too light to show anything"
    assert played["failure"] is None
    assert played["episodes"] == quiet_episodes


def test_a_step_past_the_limit_fails_whatever_else_goes_on(evaluator: Any, load: None) -> None:
    played = evaluator.evaluate(SHORT_POLE, busy(150), [5], stepMs=LIMIT_MS)
    assert played["failure"]["code"] == "step_timeout"
    assert played["failure"]["step"] == 0


def test_a_policy_near_the_limit_is_marked(evaluator: Any) -> None:
    played = evaluator.evaluate(SHORT_POLE, busy(75), [5], stepMs=LIMIT_MS)
    assert played["failure"] is None
    assert LIMIT_MS / 2 <= played["slowestStepMs"] < LIMIT_MS


def test_a_policy_far_from_the_limit_is_not_marked(evaluator: Any) -> None:
    assert "slowestStepMs" not in evaluator.evaluate(SHORT_POLE, busy(20), [5], stepMs=LIMIT_MS)
