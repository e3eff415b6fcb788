"""An exported policy is a program that plays the scored episodes alone."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from policybook.environments.make import make_environment
from policybook.rollout.episode_slot import derive_policy_seed
from policybook.source.environment_text import PlayedEnvironment
from policybook.source.export import ExportOptions, export_program

VERSIONS = {"python": "3.11.2", "gymnasium": "1.4.0", "numpy": "2.4.6"}
PROVENANCE = ["CartPole-v1, seeds 5000..5099: 500.0", 'by "first", back\\slash, """quotes"""']

POLE = '''"""Lean into the fall."""
SPIN = 0.5  # tune: [0, 1]


def act(observation):
    x, v, angle, spin = observation
    return 1 if angle + SPIN * spin > 0 else 0
'''

COUNTER = """import random

calls = []

def act(observation):
    calls.append(1)
    return len(calls) % 2 if random.random() < 0.5 else 0
"""

MEMORY = '''class Policy:
    """Alternates, from where the seed says."""

    def reset(self, seed):
        self.at = seed

    def act(self, observation):
        self.at += 1
        return self.at % 2
'''

CLASS_MEMORY = """class Policy:
    calls = []

    def act(self, observation):
        self.calls.append(observation)
        return len(self.calls) > 20
"""

CORRIDOR = """from __future__ import annotations
import gymnasium
import numpy as np

LENGTH = 4


class Corridor(gymnasium.Env):
    observation_space = gymnasium.spaces.Box(0.0, 10.0, (1,), np.float32)
    action_space = gymnasium.spaces.Discrete(2)

    def __init__(self, step_cost=1.0):
        self.step_cost = step_cost

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.at = 0
        return np.array([0.0], np.float32), {}

    def step(self, action):
        self.at += 1 if action else -1
        return np.array([self.at], np.float32), -self.step_cost, self.at >= LENGTH, False, {}
"""


def spec(name: str | None = "CartPole-v1", **changes: Any) -> dict[str, Any]:
    return {"id": name, "simulator": None, "kwargs": {}, "observe": None, "maxEpisodeSteps": None} | changes


def played(text: str, folder: Path, *arguments: str) -> tuple[dict[int, float], str]:
    """Returns by seed as the program prints them, and its last line."""
    path = folder / "program.py"
    path.write_text(text, encoding="utf-8")
    command = [sys.executable, "-I", "-W", "ignore", str(path), *arguments]
    done = subprocess.run(command, capture_output=True, cwd=folder, timeout=120, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    returns = {int(seed): float(total) for seed, total in re.findall(r"seed (\d+): (\S+)", done.stdout)}
    return returns, done.stdout.splitlines()[-1]


def expected(source: str, environment: dict[str, Any], seed: int) -> float:
    """One episode by a plain loop with a fresh namespace, as the evaluator plays it."""
    import random

    random.seed(derive_policy_seed(seed))
    namespace: dict[str, Any] = {"__name__": "policy"}
    exec(source, namespace)
    act = namespace.get("act")
    if act is None:
        policy = namespace["Policy"]()
        if hasattr(policy, "reset"):
            policy.reset(seed=derive_policy_seed(seed))
        act = policy.act
    env = make_environment(environment)
    observation, _ = env.reset(seed=seed)
    total, over = 0.0, False
    while not over:
        observation, reward, terminated, truncated, _ = env.step(act(observation))
        total, over = total + float(reward), terminated or truncated
    return total


@pytest.mark.parametrize(
    ("source", "environment"),
    [
        (POLE, spec()),
        (POLE, spec(maxEpisodeSteps=20)),
        (POLE.replace("x, v, angle, spin", "angle, spin"), spec(observe=[2, 3])),
        (COUNTER, spec()),
        (MEMORY, spec()),
        (
            "def act(observation):\n    return [0.1]\n",
            spec("Pendulum-v1", kwargs={"g": 2.0}, maxEpisodeSteps=9),
        ),
        (
            "def act(observation):\n    return 1\n",
            spec(None, simulator={"name": "corridor", "source": CORRIDOR}, kwargs={"step_cost": 2.0}),
        ),
        (
            "LENGTH = 1\n\ndef act(observation):\n    return LENGTH\n",
            spec(None, simulator={"name": "corridor", "source": CORRIDOR}, maxEpisodeSteps=3),
        ),
    ],
    ids=["function", "limit", "observe", "state", "class", "kwargs", "simulator", "clash"],
)
def test_an_exported_program_plays_the_episodes_that_were_scored(
    source: str, environment: dict[str, Any], tmp_path: Path
) -> None:
    text = export_program(source, ExportOptions(environment, PROVENANCE, VERSIONS))
    returns, last = played(text, tmp_path, "--episodes", "3", "--seed", "5")
    assert returns == {seed: round(expected(source, environment, seed), 2) for seed in (5, 6, 7)}
    mean, deviation = np.mean(list(returns.values())), np.std(list(returns.values()))
    shown = re.fullmatch(r"mean (\S+) ± (\S+)", last)
    assert shown is not None
    assert [float(number) for number in shown.groups()] == pytest.approx([mean, deviation], abs=0.02)


PAIRS = """import gymnasium
import numpy as np


class Pairs(gymnasium.Env):
    observation_space = gymnasium.spaces.Box(0.0, 99.0, (1,), np.float32)
    action_space = gymnasium.spaces.Dict(
        {{
            "arm": gymnasium.spaces.Box(-1.0, 1.0, (2,), np.float32),
            "pick": gymnasium.spaces.Tuple(
                (gymnasium.spaces.Discrete(3), gymnasium.spaces.Box(0, 1, (), float))
            ),
        }}
    )

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.at = 0
        return np.array([0.0], np.float32), {{}}

    def step(self, action):
        assert self.action_space.contains(action), action
        assert type(action["pick"]) is tuple and action["arm"].dtype == np.float32
        self.at += 1
        reward = float(action["arm"].sum()) + float(action["pick"][0]) + float(action["pick"][1])
        return np.array([self.at], np.float32), reward, {ends}, False, {{}}
"""

PAIR = """def act(observation):
    return {"arm": [0.5, observation[0] / 99], "pick": [2, 0.25]}
"""


@pytest.mark.parametrize(("ends", "steps", "limit"), [("self.at >= 5", 5, 30), ("False", 10_000, None)])
def test_an_exported_program_plays_composite_actions_and_endless_environments(
    ends: str, steps: int, limit: int | None, tmp_path: Path
) -> None:
    environment = spec(None, simulator={"name": "pairs", "source": PAIRS.format(ends=ends)})
    facts = {"actionSpace": {"kind": "Dict", "shape": None}, "versions": {}, "maxEpisodeSteps": limit}
    known = PlayedEnvironment.from_facts(facts, ["."])
    source = PAIR.replace("observation[0] / 99", "min(1.0, float(observation[0]) / 99)")
    text = export_program(source, ExportOptions(environment, [], VERSIONS, played=known))
    assert "sys.path" not in text
    returns, _ = played(text, tmp_path, "--episodes", "1")
    total = sum(0.5 + np.float32(min(1.0, at / 99)) + 2 + 0.25 for at in range(steps))
    assert returns[0] == pytest.approx(total, rel=1e-3)


def test_modules_of_the_user_are_found_and_no_name_of_the_policy_is_taken(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "passage.py").write_text(CORRIDOR)
    source = "from passage import Corridor\n\n\nclass Passage(Corridor):\n    pass\n"
    environment = spec(None, simulator={"name": "passage", "source": source})
    facts = {"actionSpace": {"kind": "Discrete", "shape": []}, "versions": {}, "maxEpisodeSteps": 99}
    files = {"own/passage.py": "0" * 64}
    known = PlayedEnvironment.from_facts({**facts, "files": files}, ["own"])
    policy = "folder = place = find_modules = sys = 1\n\n\ndef act(observation):\n    return folder * sys\n"
    text = export_program(policy, ExportOptions(environment, [], VERSIONS, played=known))
    assert '"passage' not in text
    assert played(text, tmp_path, "--episodes", "1")[0] == {0: -4.0}


def test_a_registration_of_the_notebook_is_that_of_the_program(tmp_path: Path) -> None:
    registration = {
        "id": "CartPole-v1",
        "entryPoint": "gymnasium.envs.classic_control:CartPoleEnv",
        "module": "gymnasium.envs.classic_control",
        "kwargs": {"sutton_barto_reward": "True"},
        "rewardThreshold": None,
        "maxEpisodeSteps": 9,
        "orderEnforce": True,
        "nondeterministic": False,
        "wrappers": [
            {
                "name": "ClipReward",
                "entryPoint": "gymnasium.wrappers:ClipReward",
                "kwargs": {"min_reward": "-0.5", "max_reward": "1e999"},
            }
        ],
    }
    environment = spec(userCode={"registration": registration, "hash": "0" * 64})
    text = export_program("def act(observation):\n    return 1\n", ExportOptions(environment, [], VERSIONS))
    returns, _ = played(text, tmp_path, "--episodes", "2")
    # It falls in the ninth step or in the tenth, which costs 1, clipped to a half.
    assert set(returns.values()) <= {0.0, -0.5}
    assert all(
        value == expected("def act(o):\n    return 1\n", environment, seed) for seed, value in returns.items()
    )


@pytest.mark.parametrize(
    "source",
    [
        "calls = 0\n\ndef act(o):\n    global calls\n    calls += 1\n    return calls > 20\n",
        "def act(o, calls=[]):\n    calls.append(o)\n    return len(calls) > 20\n",
        "def act(o):\n    act.calls = getattr(act, 'calls', 0) + 1\n    return act.calls > 20\n",
        CLASS_MEMORY,
    ],
    ids=["global", "default", "attribute", "class"],
)
def test_an_exported_policy_remembers_nothing_across_episodes(source: str, tmp_path: Path) -> None:
    returns, _ = played(
        export_program(source, ExportOptions(spec(), [], VERSIONS)), tmp_path, "--episodes", "4"
    )
    assert returns == {seed: expected(source, spec(), seed) for seed in range(4)}


def test_the_policys_code_is_unchanged_and_the_whole_is_short() -> None:
    text = export_program(POLE, ExportOptions(spec(), PROVENANCE, VERSIONS))
    assert POLE.split('"""\n', 1)[1] in text
    assert len(text.splitlines()) - len(POLE.splitlines()) < 80
    assert (ast.get_docstring(ast.parse(text)) or "").splitlines()[0] == "Lean into the fall."
    assert all(line in (ast.get_docstring(ast.parse(text)) or "") for line in PROVENANCE)


def test_the_header_declares_what_is_needed() -> None:
    def header(source: str, environment: dict[str, Any]) -> dict[str, Any]:
        text = export_program(source, ExportOptions(environment, [], VERSIONS))
        block = re.match(r"# /// script\n((?:# .*\n)+)# ///\n", text)
        assert block is not None
        return tomllib.loads("".join(line[2:] for line in block.group(1).splitlines(keepends=True)))

    lander = header(POLE, spec("LunarLander-v3"))
    assert lander == {"requires-python": ">=3.11", "dependencies": ["gymnasium[box2d]==1.4.*", "numpy"]}
    breakout = header("import scipy.linalg\n" + POLE, spec("ALE/Breakout-v5"))
    assert breakout["dependencies"] == ["gymnasium==1.4.*", "numpy", "ale-py", "scipy"]
    own = '# /// script\n# dependencies = ["numba>=0.60", "numpy<2"]\n# ///\n' + POLE
    assert header(own, spec())["dependencies"] == [
        "gymnasium[classic-control]==1.4.*",
        "numpy",
        "numba>=0.60",
    ]


@pytest.mark.parametrize("source", [POLE, COUNTER, MEMORY, "#!/usr/bin/env python\n# A licence.\n" + POLE])
def test_exporting_an_export_replaces_what_was_added(source: str) -> None:
    once = export_program(source, ExportOptions(spec(), PROVENANCE, VERSIONS))
    assert export_program(once, ExportOptions(spec(), PROVENANCE, VERSIONS)) == once
    moved = export_program(once, ExportOptions(spec("Acrobot-v1"), ["elsewhere"], VERSIONS))
    assert moved == export_program(source, ExportOptions(spec("Acrobot-v1"), ["elsewhere"], VERSIONS))


def test_a_main_of_the_policys_own_stays_the_only_one(tmp_path: Path) -> None:
    own = POLE + '\n\nif __name__ == "__main__":\n    print("mine")\n'
    text = export_program(own, ExportOptions(spec(), PROVENANCE, VERSIONS))
    assert text.count("__main__") == 1
    assert played(text, tmp_path)[1] == "mine"


def test_names_of_the_policys_own_are_kept(tmp_path: Path) -> None:
    own = POLE + "\n\ndef predict(values):\n    return values\n\n\ndef main():\n    raise SystemExit(3)\n"
    returns, _ = played(
        export_program(own, ExportOptions(spec(), PROVENANCE, VERSIONS)), tmp_path, "--episodes", "1"
    )
    assert returns == {0: expected(own, spec(), 0)}


def test_predict_is_called_as_stable_baselines_is() -> None:
    namespace: dict[str, Any] = {"__name__": "imported"}
    exec(export_program(POLE, ExportOptions(spec(observe=None), [], VERSIONS)), namespace)
    observation, _ = gymnasium.make("CartPole-v1").reset(seed=1)
    action, state = namespace["predict"](observation, state=None, episode_start=None, deterministic=True)
    assert (action, state) == (namespace["act"](observation), None)

    remembering: dict[str, Any] = {"__name__": "imported"}
    exec(export_program(MEMORY, ExportOptions(spec(), [], VERSIONS)), remembering)
    first, state = remembering["predict"](observation)
    second, state = remembering["predict"](observation, state)
    again, _ = remembering["predict"](observation, state, episode_start=True)
    assert [first, second, again] == [1, 0, 1]


TAXI = """
def act(observation, *, action_mask, reward):
    return int(action_mask.nonzero()[0][-1]) if reward else 1
"""


@pytest.mark.parametrize("declared", [{"info": ["action_mask"], "reward": True}])
def test_declared_arguments_are_handed_over_as_when_it_was_scored(
    declared: dict[str, Any], tmp_path: Path
) -> None:
    text = export_program(
        TAXI, ExportOptions(spec("Taxi-v4", maxEpisodeSteps=30, **declared), PROVENANCE, VERSIONS)
    )
    returns, _ = played(text, tmp_path, "--episodes", "3")
    env = gymnasium.make("Taxi-v4", max_episode_steps=30)
    for seed, found in returns.items():
        (_, info), total, reward, over = env.reset(seed=seed), 0.0, 0.0, False
        while not over:
            action = int(info["action_mask"].nonzero()[0][-1]) if reward else 1
            _, reward, terminated, truncated, info = env.step(action)
            total, over = total + float(reward), terminated or truncated
        assert found == total
    assert len(returns) == 3
