"""The file in which an agent is recorded: NumPy arrays and a description, none of which is trusted.

An `.npz` holds `description`, JSON as a text of no dimension, and for each layer i from 0 `weight_i` (outputs
by inputs) and `bias_i`, float32; `mean` and `scale` where observations are normalised. The description:

    {"format": "policybook agent", "version": 1,
     "algorithm": "ppo", "environment": "LunarLander-v3",
     "observation": {"size": 8, "one_hot": false, "clip": null},
     "activation": "tanh",
     "action": {"kind": "argmax", "start": 0},
     "training": {"steps": 1000000, "seconds": 402.1, "cpu_seconds": 500.2, "seed": 0, "settings": {}},
     "versions": {"stable_baselines3": "2.7.0"}}

Observations are flattened, or are a one-hot vector of a discrete one; each layer but the last is followed by
the activation. The action is the greatest output's number counted from `start`, or for `"kind": "box"` the
outputs in the box's `shape` between `low` and `high`: clipped to them, or with `"squash": true` through tanh
and then stretched.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, TypedDict

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]

FORMAT: Final = "policybook agent"
VERSION: Final = 1
ACTIVATIONS: Final = ("tanh", "relu")
MAX_BYTES: Final = 64 * 2**20


class AgentError(ValueError):
    """A file that is no recorded agent, or an agent that cannot be recorded; the message is for people."""


class AgentObservation(TypedDict):
    """How an observation becomes the network's `size` inputs; `start` is a discrete space's first value."""

    size: int
    one_hot: bool
    clip: float | None
    start: int


class ArgmaxAction(TypedDict):
    """The action is the greatest output's number, counted from `start`."""

    kind: Literal["argmax"]
    start: int


class BoxAction(TypedDict):
    """The action is an array of the outputs, which are clipped or squashed to the bounds."""

    kind: Literal["box"]
    squash: bool
    low: list[float]
    high: list[float]
    shape: list[int]
    dtype: str


@dataclass(frozen=True)
class Agent:
    """A multilayer perceptron with all that turns an observation into an action."""

    algorithm: str
    environment: str
    observation: AgentObservation
    activation: str
    action: ArgmaxAction | BoxAction
    layers: tuple[tuple[Array, Array], ...]
    """Weight (outputs by inputs) and bias of each layer."""
    normalisation: tuple[Array, Array] | None
    """Mean and scale that an observation is normalised with."""
    training: Mapping[str, Any]
    """Steps, seconds and settings, as the training recorded them; see above."""
    versions: dict[str, str]

    @property
    def sizes(self) -> tuple[int, ...]:
        """Returns the number of units of each layer, inputs first."""
        return (self.layers[0][0].shape[1], *(len(bias) for _, bias in self.layers))

    @property
    def weights(self) -> int:
        """Returns how many numbers were learned."""
        return sum(weight.size + bias.size for weight, bias in self.layers)


def save(agent: Agent) -> bytes:
    """Returns the file's bytes; the same agent gives the same bytes."""
    description = {
        "format": FORMAT,
        "version": VERSION,
        "algorithm": agent.algorithm,
        "environment": agent.environment,
        "observation": agent.observation,
        "activation": agent.activation,
        "action": agent.action,
        "training": dict(agent.training),
        "versions": agent.versions,
    }
    arrays: dict[str, Any] = {"description": np.array(json.dumps(description, sort_keys=True))}
    for number, (weight, bias) in enumerate(agent.layers):
        arrays |= {f"weight_{number}": weight, f"bias_{number}": bias}
    if agent.normalisation is not None:
        arrays |= dict(zip(("mean", "scale"), agent.normalisation, strict=True))
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def load(data: bytes) -> Agent:
    """Returns the agent in a file's bytes; raises AgentError, which says what is wrong, for other bytes."""
    try:
        _check_extent(data)
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            held = {name: arrays[name] for name in arrays.files}
        description = json.loads(str(held["description"]))
    except AgentError:
        raise
    except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise AgentError(f"it is no recorded agent: {type(error).__name__}: {error}") from None
    return _make_agent(description, held)


def load_file(path: Path) -> Agent:
    """Returns the agent recorded in a file."""
    return load(path.read_bytes())


def _check_extent(data: bytes) -> None:
    """Raises AgentError for a small file that would unpack to a large one."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        unpacked = sum(entry.file_size for entry in archive.infolist())
    if unpacked > MAX_BYTES:
        size = f"{unpacked / 2**20:.0f} MiB"
        raise AgentError(f"it unpacks to {size}; an agent may have {MAX_BYTES / 2**20:.0f}")


def _make_agent(description: Any, arrays: dict[str, Any]) -> Agent:
    if not isinstance(description, dict) or description.get("format") != FORMAT:
        raise AgentError(f'its description does not say "format": "{FORMAT}"')
    if description.get("version") != VERSION:
        raise AgentError(f"it has version {description.get('version')}; this policybook reads {VERSION}")
    if description.get("activation") not in ACTIVATIONS:
        raise AgentError(
            f"its activation is {description.get('activation')!r}; known are {', '.join(ACTIVATIONS)}"
        )
    count = sum(name.startswith("weight_") for name in arrays)
    try:
        layers = tuple(
            (_check_array(arrays[f"weight_{i}"], 2), _check_array(arrays[f"bias_{i}"], 1))
            for i in range(count)
        )
        normalised = "mean" in arrays
        normalisation = (
            (_check_array(arrays["mean"], 1), _check_array(arrays["scale"], 1)) if normalised else None
        )
        agent = Agent(
            str(description["algorithm"]),
            str(description["environment"]),
            _read_observation(description["observation"]),
            description["activation"],
            _read_action(description["action"]),
            layers,
            normalisation,
            dict(description["training"]),
            dict(description["versions"]),
        )
        _check_sizes(agent)
    except AgentError:
        raise
    except (KeyError, TypeError, ValueError) as error:
        raise AgentError(f"its description or its arrays lack {error}") from None
    return agent


def _read_observation(described: Any) -> AgentObservation:
    clip = described.get("clip")
    return {
        "size": int(described["size"]),
        "one_hot": bool(described.get("one_hot", False)),
        "clip": None if clip is None else float(clip),
        "start": int(described.get("start", 0)),
    }


def _read_action(described: Any) -> ArgmaxAction | BoxAction:
    if described["kind"] == "argmax":
        return {"kind": "argmax", "start": int(described.get("start", 0))}
    if described["kind"] != "box":
        raise AgentError(f"its action is of the kind {described['kind']!r}; known are argmax and box")
    return {
        "kind": "box",
        "squash": bool(described["squash"]),
        "low": [float(bound) for bound in described["low"]],
        "high": [float(bound) for bound in described["high"]],
        "shape": [int(size) for size in described["shape"]],
        "dtype": str(described["dtype"]),
    }


def _check_sizes(agent: Agent) -> None:
    if not agent.layers:
        raise AgentError("it has no layers")
    inputs = agent.observation["size"]
    for weight, bias in agent.layers:
        if weight.shape != (len(bias), inputs):
            raise AgentError(f"a weight has the shape {weight.shape} where ({len(bias)}, {inputs}) fits")
        inputs = len(bias)
    if agent.action["kind"] == "box" and len(agent.action["low"]) != inputs:
        raise AgentError(f"its box has {len(agent.action['low'])} bounds for {inputs} outputs")


def _check_array(value: Any, dimensions: int) -> Array:
    array = np.ascontiguousarray(value, dtype="<f4")
    if array.ndim != dimensions or not np.isfinite(array).all():
        raise AgentError(f"an array of shape {array.shape} is not finite, or has not {dimensions} dimensions")
    return array
