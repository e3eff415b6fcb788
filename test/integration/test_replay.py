"""A recorded episode again, in a world that is no longer the one it was recorded in: the step is named."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from kernel_harness import Client, RunningKernel
from learning_kernel import INSTALLED_BUNDLE, learn

# The wind is read from a file, as constants of physics often are: the cell's text stays the same.
CELLS = """%%simulator {name}
import gymnasium
import numpy as np

class Drift(gymnasium.Env):
    observation_space = gymnasium.spaces.Box(-1000, 1000, (1,))
    action_space = gymnasium.spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.calm_until = int(open({wind!r}).read())
        self.steps, self.x = 0, float(self.np_random.uniform(-1, 1))
        return np.array([self.x], np.float32), {{}}

    def step(self, action):
        self.steps += 1
        wind = 0.01 if self.steps >= self.calm_until else 0.0
        self.x += (0.1 if action else -0.1) + wind
        return np.array([self.x], np.float32), -abs(self.x), False, self.steps == {steps}, {{}}
---
%%policy {name}_home
def act(observation):
    return 1 if observation[0] < 0 else 0
---
%%learn {name} as {name}_run
start: {name}_home
episodes: 20
"""


@pytest.fixture(scope="module")
def notebook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("replayed")


@pytest.fixture(scope="module")
def client(specs: Path, notebook: Path) -> Iterator[Client]:
    running = RunningKernel(specs, INSTALLED_BUNDLE, notebook, JPY_SESSION_NAME="replayed.ipynb")
    yield running.client()
    running.close()


def learned(client: Client, wind: Path, name: str, steps: int) -> None:
    wind.write_text("1000")
    for cell in CELLS.format(name=name, wind=str(wind), steps=steps).split("---\n"):
        learn(client, cell)


def replayed(client: Client, run: str) -> str:
    return str(learn(client, f"%replay {run}@1").of("display_data")[0]["data"]["text/plain"])


def test_the_step_is_named_at_which_the_world_became_another(
    client: Client, notebook: Path, tmp_path: Path
) -> None:
    wind = tmp_path / "wind"
    learned(client, wind, "short", 60)
    assert "It is the recorded episode again" in replayed(client, "short_run")

    wind.write_text("37")
    said = replayed(client, "short_run")

    assert "up to step 36 it is the same, and step 37 differs in its action or reward" in said
    rows = said.split("Here it leaves the record:\n")[1].split("\n\n")[0].splitlines()
    assert [row.split()[0] for row in rows[-1:]] == ["37"]
    assert "The run recorded a return of" in said
    # Records of earlier versions kept the whole episode's hash and nothing of its steps.
    shutil.rmtree(notebook / "policybook-runs" / "replayed" / "short_run" / "episodes")
    assert "the record does not tell at which step" in replayed(client, "short_run")


def test_of_a_long_episode_the_steps_are_named_that_the_record_cannot_tell_apart(
    client: Client, tmp_path: Path
) -> None:
    wind = tmp_path / "wind"
    learned(client, wind, "long", 200)
    wind.write_text("150")
    said = replayed(client, "long_run")
    assert "up to step 148 it is the same, and one of steps 149 to 152 is the first that differs" in said
    assert "(the record tells steps apart by 4)" in said


LATE = """%%simulator late
import os

import gymnasium as gym
import numpy as np


class Late(gym.Env):
    observation_space = gym.spaces.Box(-10, 10, (1,), np.float32)
    action_space = gym.spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.x, self.n = float(self.np_random.uniform(-1, 1)), 0
        return np.array([self.x], np.float32), {}

    def step(self, action):
        self.n += 1
        self.x += 0.01 * (2 * action - 1)
        noise = os.urandom(1)[0] / 1000 if self.n > 230 else 0.0
        return np.array([self.x], np.float32), noise - abs(self.x), False, self.n >= 240, {}
"""


def test_randomness_that_begins_late_is_found_by_a_replay_and_remembered(specs: Path, tmp_path: Path) -> None:
    kernel = RunningKernel(specs, INSTALLED_BUNDLE, tmp_path, JPY_SESSION_NAME="late.ipynb")
    try:
        client = kernel.client()
        assert "does not repeat" not in str(learn(client, LATE).of("display_data"))
        learn(client, "%%learn late as late\nepisodes: 30")
        seen = learn(client, "%replay late")
        cause = re.compile(r"step 23\d of seed \d+ gave -?[\d.e-]+ and then -?[\d.e-]+ for the same actions")
        assert cause.search(seen.text("stderr"))
        shown = seen.of("display_data")[0]["data"]["text/plain"]
        assert re.search(f"The environment does not repeat a seed: {cause.pattern}", shown)
        # It is said once, and stands from then on where a score does.
        assert "does not repeat" not in learn(client, "%replay late").text("stderr")
        audited = learn(client, "%audit late episodes=20").of("update_display_data")[-1]
        assert cause.search(audited["data"]["text/plain"])
        assert cause.search(learn(client, "%export late").text())
        assert cause.search((tmp_path / "late.py").read_text())
        scored = learn(client, "%%policy idle for late\ndef act(observation):\n    return 0")
        assert cause.search(scored.of("display_data")[0]["data"]["text/plain"])
    finally:
        kernel.close()


@pytest.mark.parametrize(
    ("name", "noise"),
    [
        ("later", "os.urandom(1)[0] / 1000 if self.n > 230 else 0.0"),
        ("rarely", "os.urandom(1)[0] / 1000 if self.is_noisy else 0.0"),
    ],
)
def test_randomness_that_no_declaration_meets_is_found_where_episodes_are_played_again(
    client: Client, name: str, noise: str
) -> None:
    """One begins after 230 steps, the other comes in one of 30 episodes, whichever process plays it."""
    simulator = (
        LATE.replace("simulator late", f"simulator {name}")
        .replace("os.urandom(1)[0] / 1000 if self.n > 230 else 0.0", noise)
        .replace(
            "super().reset(seed=seed)",
            f"super().reset(seed=seed); open('{name}', 'a').write('.'); "
            f"self.is_noisy = os.path.getsize('{name}') % 30 == 0",
        )
    )
    assert "does not repeat" not in str(learn(client, simulator).of("display_data"))
    scored = [
        str(learn(client, f"%%policy idle for {name}\n{text}\ndef act(o):\n    return 0").of("display_data"))
        for text in ("", "# Another text that acts alike.", "# A third.", "# A fourth.")
    ]
    assert "does not repeat" not in scored[0]
    cause = r"the episode of seed \d+ earned -?[\d.e-]+ and then -?[\d.e-]+ for the same actions"
    assert re.search(f"does not repeat a seed \\({cause}\\)", scored[-1]), scored[-1]
