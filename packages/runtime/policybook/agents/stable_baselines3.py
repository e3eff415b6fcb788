"""Records and trains agents of Stable-Baselines3, which no other module imports."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from policybook.agents.agent_file import Agent, AgentError, AgentObservation, ArgmaxAction, BoxAction

if TYPE_CHECKING:
    import gymnasium

ALGORITHMS: Final = ("ppo", "a2c", "dqn", "sac", "td3", "ddpg")
INSTALL: Final = 'pip install "policybook[rl]"'
LIBRARIES: Final = ("stable_baselines3", "torch", "gymnasium", "numpy")

ON_POLICY: Final = ("ppo", "a2c")


def record(model: Any, environment: str, *, training: Mapping[str, Any]) -> Agent:
    """Returns the agent of a trained model.

    `environment` is what people call the environment that it was trained in. `training` has steps, seconds
    and what else should stand in the file. Raises AgentError for a model that is no perceptron over a flat
    observation.
    """
    algorithm = type(model).__name__.lower()
    if algorithm not in ALGORITHMS:
        raise AgentError(f"a {type(model).__name__} cannot be recorded; known are {', '.join(ALGORITHMS)}")
    activation, layers = _read_layers(_list_modules(model.policy, algorithm))
    return Agent(
        algorithm,
        environment,
        _describe_observation(model),
        activation,
        _describe_action(model.action_space, squash=algorithm in ("sac", "td3", "ddpg")),
        layers,
        _read_normalisation(model),
        dict(training),
        {name: metadata.version(name.replace("_", "-")) for name in LIBRARIES},
    )


def load_model(path: Path, algorithm: str, environment: str, normalisation: Path | None) -> Any:
    """Returns a saved model, with the statistics of its observations where they were normalised."""
    import stable_baselines3
    from stable_baselines3.common.env_util import make_vec_env
    from stable_baselines3.common.vec_env import VecNormalize

    kind = getattr(stable_baselines3, algorithm.upper())
    if normalisation is None:
        return kind.load(path, device="cpu")
    environments = VecNormalize.load(str(normalisation), make_vec_env(environment))
    return kind.load(path, env=environments, device="cpu")


@dataclass(frozen=True)
class TrainingOptions:
    """How Stable-Baselines3 trains an agent."""

    algorithm: str
    """One of ALGORITHMS."""

    steps: int
    """How many environment steps the training takes at least; the algorithm ends what it has begun."""

    seed: int

    settings: Mapping[str, Any]
    """The algorithm's own arguments by its names, and `n_envs`, `net_arch` and `activation_fn` (tanh, relu).

    A number that should fall to zero during the training is written "lin_0.001".
    """


def train(
    make: Callable[[], gymnasium.Env[Any, Any]],
    environment: str,
    options: TrainingOptions,
    progress: Callable[[int], None],
) -> Agent:
    """Trains an agent by Stable-Baselines3 and returns it as it is recorded.

    `make` gives instances of the environment, `environment` is its name for people. `progress` gets the
    number of steps taken so far, after each step. The function raises ModuleNotFoundError where
    Stable-Baselines3 is not installed, AgentError where the trained network cannot be recorded, and what the
    library raises for settings that it does not take (TypeError, ValueError, AssertionError).
    """
    import stable_baselines3
    import torch
    from stable_baselines3.common.callbacks import BaseCallback
    from stable_baselines3.common.env_util import make_vec_env

    class Reporting(BaseCallback):  # type: ignore[misc]
        def _on_step(self) -> bool:
            progress(int(self.num_timesteps))
            return True

    chosen = {name: _make_schedule(value) for name, value in options.settings.items()}
    count = chosen.pop("n_envs", 1)
    network = {name: chosen.pop(name) for name in ("net_arch", "activation_fn") if name in chosen}
    if "activation_fn" in network:
        network["activation_fn"] = {"tanh": torch.nn.Tanh, "relu": torch.nn.ReLU}[network["activation_fn"]]
    # One thread: networks of this size are slower on several, and results then differ by their number.
    torch.set_num_threads(1)
    began, cpu = time.perf_counter(), time.process_time()
    environments = make_vec_env(make, n_envs=count, seed=options.seed)
    try:
        kind = getattr(stable_baselines3, options.algorithm.upper())
        model = kind(
            "MlpPolicy", environments, seed=options.seed, device="cpu", policy_kwargs=network, **chosen
        )
        model.learn(options.steps, callback=Reporting())
    finally:
        environments.close()
    training = {
        "steps": int(model.num_timesteps),
        "seconds": round(time.perf_counter() - began, 1),
        "cpu_seconds": round(time.process_time() - cpu, 1),
        "seed": options.seed,
        "settings": dict(options.settings),
    }
    return record(model, environment, training=training)


def _list_modules(policy: Any, algorithm: str) -> list[Any]:
    """Returns the modules between observation and action, in order."""
    if algorithm in ON_POLICY:
        return [*policy.mlp_extractor.policy_net, policy.action_net]
    if algorithm == "dqn":
        return list(policy.q_net.q_net)
    if algorithm == "sac":
        return [*policy.actor.latent_pi, policy.actor.mu]
    # Its last module is the tanh that `squash` stands for.
    return list(policy.actor.mu)[:-1]


def _read_layers(modules: list[Any]) -> tuple[str, tuple[tuple[Any, Any], ...]]:
    layers, activations = [], set()
    for module in modules:
        name = type(module).__name__
        if name == "Linear":
            weight = module.weight.detach().cpu().numpy().astype("<f4")
            layers.append((weight, module.bias.detach().cpu().numpy().astype("<f4")))
        elif name in ("Tanh", "ReLU"):
            activations.add(name.lower())
        elif name not in ("Flatten", "Identity"):
            raise AgentError(
                f"its network has a {name}; only linear layers with tanh or relu can be recorded"
            )
    if len(activations) > 1:
        raise AgentError("its network has several kinds of activation; one can be recorded")
    return (activations.pop() if activations else "tanh"), tuple(layers)


def _describe_observation(model: Any) -> AgentObservation:
    space = model.observation_space
    kind = type(space).__name__
    normalised = model.get_vec_normalize_env()
    if kind == "Discrete":
        return {"size": int(space.n), "one_hot": True, "start": int(space.start), "clip": None}
    if kind != "Box" or np.issubdtype(space.dtype, np.integer):
        raise AgentError(f"its observations are {space}; a Box of floats or a Discrete can be recorded")
    clip = None if normalised is None or not normalised.norm_obs else float(normalised.clip_obs)
    return {"size": int(np.prod(space.shape)), "one_hot": False, "clip": clip, "start": 0}


def _read_normalisation(model: Any) -> tuple[Any, Any] | None:
    normalised = model.get_vec_normalize_env()
    if normalised is None or not normalised.norm_obs:
        return None
    statistics = normalised.obs_rms
    scale = np.sqrt(statistics.var + normalised.epsilon)
    return statistics.mean.ravel().astype("<f4"), scale.ravel().astype("<f4")


def _describe_action(space: Any, *, squash: bool) -> ArgmaxAction | BoxAction:
    if type(space).__name__ == "Discrete":
        return {"kind": "argmax", "start": int(space.start)}
    if type(space).__name__ != "Box":
        raise AgentError(f"its actions are {space}; a Discrete or a Box can be recorded")
    return {
        "kind": "box",
        "squash": squash,
        "low": [float(bound) for bound in space.low.ravel()],
        "high": [float(bound) for bound in space.high.ravel()],
        "shape": list(space.shape),
        "dtype": str(space.dtype),
    }


def _make_schedule(value: Any) -> Any:
    if isinstance(value, str) and value.startswith("lin_"):
        first = float(value.removeprefix("lin_"))
        return lambda left: left * first
    return value
