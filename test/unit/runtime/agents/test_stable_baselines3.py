"""Recording and training with Stable-Baselines3 itself, where the extra `rl` is installed.

`npm test` never installs it: `pip install -e ".[rl,box2d]" pytest` in an environment of its own runs these.
"""

import subprocess
import sys
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from policybook.agents.agent_file import AgentError, load, load_file, save
from policybook.agents.agent_policy import write_policy_text
from policybook.agents.stable_baselines3 import TrainingOptions, record, train

sb3 = pytest.importorskip("stable_baselines3")


def act(recorded: Any) -> Any:
    namespace: dict[str, Any] = {}
    exec(compile(write_policy_text(recorded), "agent", "exec"), namespace)
    return namespace["act"]


@pytest.mark.parametrize(
    ("algorithm", "environment", "settings"),
    [
        ("PPO", "CartPole-v1", {}),
        ("PPO", "Pendulum-v1", {"policy_kwargs": {"net_arch": [16]}}),
        ("A2C", "Acrobot-v1", {}),
        ("PPO", "FrozenLake-v1", {}),
        ("DQN", "CartPole-v1", {}),
        ("SAC", "Pendulum-v1", {"policy_kwargs": {"net_arch": [16, 16]}}),
        ("TD3", "MountainCarContinuous-v0", {"policy_kwargs": {"net_arch": [16, 16]}}),
    ],
)
def test_a_recorded_model_predicts_as_the_model_does(algorithm: str, environment: str, settings: Any) -> None:
    model = getattr(sb3, algorithm)("MlpPolicy", environment, seed=1, device="cpu", **settings)
    plays = act(load(save(record(model, environment, training={"steps": 0}))))
    env = gymnasium.make(environment)
    observation, _ = env.reset(seed=0)
    env.action_space.seed(0)
    for _ in range(200):
        expected, _state = model.predict(observation, deterministic=True)
        assert plays(observation) == pytest.approx(expected, abs=2e-5)
        observation, _, terminated, truncated, _ = env.step(env.action_space.sample())
        if terminated or truncated:
            observation, _ = env.reset()


def test_normalised_observations_are_recorded_with_their_statistics() -> None:
    from stable_baselines3.common.env_util import make_vec_env
    from stable_baselines3.common.vec_env import VecNormalize

    environments = VecNormalize(make_vec_env("Pendulum-v1", n_envs=2, seed=0), norm_reward=False)
    model = sb3.PPO("MlpPolicy", environments, n_steps=64, batch_size=64, seed=0, device="cpu")
    model.learn(256)
    plays = act(load(save(record(model, "Pendulum-v1", training={}))))
    for observation in np.random.default_rng(0).normal(size=(20, 3)).astype(np.float32):
        expected, _state = model.predict(environments.normalize_obs(observation), deterministic=True)
        assert plays(observation) == pytest.approx(expected, abs=1e-4)


def test_a_saved_model_is_recorded_from_the_command_line(tmp_path: Path) -> None:
    from stable_baselines3.common.env_util import make_vec_env
    from stable_baselines3.common.vec_env import VecNormalize

    environments = VecNormalize(make_vec_env("Pendulum-v1", seed=0))
    model = sb3.SAC("MlpPolicy", environments, seed=0, device="cpu", policy_kwargs={"net_arch": [8]})
    model.learn(200)
    model.save(tmp_path / "model.zip")
    environments.save(str(tmp_path / "statistics.pkl"))
    arguments = ["model.zip", "agent.npz", "--environment", "Pendulum-v1", "--algorithm", "sac"]
    done = subprocess.run(
        [sys.executable, "-m", "policybook.agents", *arguments, "--normalize", "statistics.pkl"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    recorded = load_file(tmp_path / "agent.npz")
    assert (recorded.algorithm, recorded.sizes, recorded.observation["clip"]) == ("sac", (3, 8, 1), 10.0)


def test_training_reports_its_steps_and_gives_the_same_agent_again() -> None:
    reported_steps: list[int] = []

    def train_once() -> Any:
        return train(
            lambda: gymnasium.make("CartPole-v1"),
            "CartPole-v1",
            TrainingOptions(
                algorithm="ppo",
                steps=512,
                seed=3,
                settings={"n_envs": 2, "n_steps": 64, "learning_rate": "lin_0.001", "net_arch": [8]},
            ),
            reported_steps.append,
        )

    first, second = train_once(), train_once()
    assert (first.training["steps"], first.sizes) == (512, (4, 8, 2))
    assert reported_steps[-1] == 512
    assert all(
        np.array_equal(mine[0], other[0]) for mine, other in zip(first.layers, second.layers, strict=True)
    )


def test_a_model_that_cannot_be_recorded_is_refused_with_the_reason() -> None:
    model = sb3.PPO(
        "MlpPolicy", "CartPole-v1", device="cpu", policy_kwargs={"activation_fn": __import__("torch").nn.ELU}
    )
    with pytest.raises(AgentError, match="has a ELU"):
        record(model, "CartPole-v1", training={})
