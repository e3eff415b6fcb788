"""Losses in `policybook verify`: a fault of the environment costs an episode, as where it was scored."""

from __future__ import annotations

import hashlib
import secrets
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from claimed_programs import ENVIRONMENT_HASH, EPISODES, NONCE, make_claim, verify_program
from policybook.rollout.lost_episodes import derive_next_seed
from policybook.source.environment_text import PlayedEnvironment
from policybook.source.export import ExportOptions, export_program
from policybook.verification.audit_seeds import draw_audit_seeds
from policybook.verification.betting import compute_mean

RIG = """import os
import time

import gymnasium
import numpy as np


class Rig(gymnasium.Env):
    observation_space = gymnasium.spaces.Box(0.0, 1.0, (1,), np.float32)
    action_space = gymnasium.spaces.Discrete(3)

    has_failed = False

    def __init__(self, how="raise"):
        if how == "unmade" and Rig.has_failed:
            Rig.has_failed = False
            raise OSError("no rig")
        self.how = how

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.fails, self.gain, self.n = seed % 4 == 0, seed % 10, 0
        return np.zeros(1, np.float32), {}

    def step(self, action):
        if action == 2:
            raise ValueError("there is no third valve")
        self.n += 1
        if self.fails and self.n == 3:
            if self.how == "stall" and Rig.has_failed:
                time.sleep(3600)
            if self.how in ("raise", "stall", "unmade"):
                Rig.has_failed = True
                raise ConnectionError("lost the rig")
            if self.how == "die":
                os._exit(9)
            if self.how == "hang":
                time.sleep(3600)
            if self.how == "short":
                return np.zeros(1, np.float32), 0.0, False, {}
            if self.how == "blind":
                return np.full(1, np.nan, np.float32), 0.0, False, False, {}
            if self.how == "nan":
                return np.zeros(1, np.float32), float("nan"), True, False, {}
        return np.zeros(1, np.float32), float(self.gain), self.n == 5, False, {}
"""
IDLE = "def act(observation):\n    return 0\n"
OTHER_NONCE = "fedcba9876543210" * 2


def score(seeds: list[int]) -> tuple[list[float], dict[int, int]]:
    """Returns what the evaluator would have: the returns, and the seeds that took the places of others."""
    replaced = {}
    for number, first in enumerate(seeds):
        seed = first
        while seed % 4 == 0:
            seed = replaced[number] = derive_next_seed(seed)
    return [5.0 * (replaced.get(number, seed) % 10) for number, seed in enumerate(seeds)], replaced


def program(
    how: str,
    source: str = IDLE,
    played: PlayedEnvironment | None = None,
    rig: str = RIG,
    **changes: Any,
) -> str:
    """An export whose claim is what the evaluator would have found of the rig as it is above."""
    environment = {
        "id": None,
        "simulator": {"name": "rig", "source": rig},
        "kwargs": {"how": how},
        "observe": None,
        "maxEpisodeSteps": None,
        "clocks": {"step": 0.5},
    }
    policy = hashlib.sha256(source.encode()).hexdigest()
    returns, replaced = score(draw_audit_seeds(policy, ENVIRONMENT_HASH, NONCE, EPISODES))
    assert replaced
    claim = {**make_claim(policy, returns, 45), "replaced": list(replaced.items())}
    options = ExportOptions(environment, [], {}, claim | changes, played=played or PlayedEnvironment())
    return export_program(source, options)


@pytest.mark.parametrize(
    ("how", "cause"),
    [
        ("raise", "ConnectionError: lost the rig (seed"),
        ("die", "the process ended in step, with exit status 9 (seed"),
        ("hang", "no answer to step within 0.5 s (seed"),
        # It is played again to find out whose fault an exception was: there it hangs, or cannot be made.
        ("stall", "no answer to step within 0.5 s (seed"),
        ("unmade", "ConnectionError: lost the rig (seed"),
        ("short", "not enough values to unpack"),
        ("nan", "a return of nan (seed"),
        ("blind", "step gave nan in an observation (seed"),
    ],
)
def test_a_claim_that_lost_episodes_is_reproduced_and_new_losses_are_counted(
    how: str,
    cause: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Of seeds drawn at random, three in a row might hang, which is a broken environment.
    monkeypatch.setattr(secrets, "token_hex", lambda _: OTHER_NONCE)
    code, said, complaint = verify_program(program(how), tmp_path, capsys)
    assert code == 0, said + complaint
    _, claimed, others, same, new = said.splitlines()
    assert "over 12 episodes" in claimed
    assert "took the places of seeds where the environment failed" in others
    assert same.endswith("reproduced exactly")
    # The seeds that failed are not among those of the claim; of new seeds a quarter fails.
    policy = hashlib.sha256(IDLE.encode()).hexdigest()
    returns, replaced = score(draw_audit_seeds(policy, ENVIRONMENT_HASH, OTHER_NONCE, EPISODES))
    assert replaced
    assert f"new seeds   {compute_mean(returns):.1f}" in new
    assert cause in new


def test_a_record_without_replaced_seeds_is_played_by_the_evaluators_rule(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said, _ = verify_program(program("raise", replaced=[]), tmp_path, capsys, "--episodes", "1")
    assert code == 0
    same = said.splitlines()[2]
    assert same.endswith("reproduced exactly")
    assert "episodes lost: ConnectionError: lost the rig" in same


def test_an_action_that_the_environment_refuses_is_the_policys_failure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said, _ = verify_program(program("raise", IDLE.replace("0", "2"), mean=0.0), tmp_path, capsys)
    assert code == 0
    assert "same seeds  0.0 [" in said
    assert "lost:" not in said


def test_an_environment_that_always_fails_cannot_be_verified(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = program("raise", rig=RIG.replace("seed % 4 == 0", "True"))
    code, _, complaint = verify_program(broken, tmp_path, capsys)
    assert code == 2
    assert (
        "its environment failed in 10 episodes in a row, in the last of them by ConnectionError" in complaint
    )


@pytest.mark.parametrize(
    ("mean", "code", "words"), [(None, 0, "within the intervals"), (44.9, 1, "do not meet")]
)
def test_an_environment_that_does_not_repeat_is_judged_within_the_intervals(
    mean: float | None, code: int, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    claimed = {"mean": 20.001} if mean is None else {"mean": mean, "low": 44.8, "high": 45.0}
    text = program("raise", unrepeatable="the reward of step 3", **claimed)
    found, said, _ = verify_program(text, tmp_path, capsys)
    assert (found, words in said) == (code, True), said
    assert "does not repeat a seed (the reward of step 3)" in said.splitlines()[-1]


def test_changed_code_of_the_environment_is_named_and_so_is_a_missing_module(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "valves.py").write_text("GAIN = 1\n")
    facts = {
        "files": {"valves.py": hashlib.sha256(b"GAIN = 2\n").hexdigest()},
        "versions": {},
        "maxEpisodeSteps": 5,
        "actionSpace": {"kind": "Discrete", "shape": []},
    }
    played = PlayedEnvironment.from_facts(facts, ["."])
    code, said, _ = verify_program(program("raise", played=played, mean=1.0), tmp_path, capsys)
    assert code == 1
    assert "the environment's code is another than in the audit (valves.py)" in said
    assert said.splitlines()[-1] == "the environment's code has changed since the audit: valves.py"
    (tmp_path / "valves.py").unlink()
    text = program("raise", "import valves\n" + IDLE, played)
    code, _, complaint = verify_program(text, tmp_path, capsys)
    assert code == 2
    assert "the module valves is missing" in complaint
    assert f"lay at {(tmp_path / 'valves.py').resolve()}: put it there" in complaint
    assert "pip install" not in complaint


def test_a_program_alone_says_where_its_environment_failed_and_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "program.py"
    path.write_text(program("raise"), encoding="utf-8")

    def run(*options: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-I", str(path), *options]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)

    played = run("--episodes", "3", "--seed", "3")
    assert played.returncode == 0, played.stderr
    assert played.stdout.splitlines() == [
        "seed 3: 15.00",
        "seed 4: the environment failed in step 3: ConnectionError: lost the rig",
        "seed 5: 25.00",
        "mean 20.00 ± 5.00",
    ]
    nothing = run("--episodes", "1", "--seed", "4")
    assert nothing.returncode == 1
    assert "no episode was played to its end" in nothing.stderr
