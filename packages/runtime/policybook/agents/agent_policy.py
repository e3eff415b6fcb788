"""A recorded agent as a policy's text, which runs where every policy runs and needs NumPy only."""

from __future__ import annotations

import base64
import re
import textwrap

from policybook.agents.agent_file import Agent, AgentError
from policybook.sandbox.loaded_policy import MAX_SOURCE_BYTES

LINE_LENGTH = 100


def write_policy_text(agent: Agent) -> str:
    """Returns the text of a policy that plays the agent's deterministic action, with its weights inside.

    Raises AgentError for a network whose text is larger than a policy may be.
    """
    if 4 * agent.weights * 4 / 3 > 0.95 * MAX_SOURCE_BYTES:
        most = int(0.95 * MAX_SOURCE_BYTES * 3 / 16)
        raise AgentError(f"its {agent.weights:,} weights do not fit a policy's text, which holds {most:,}")
    steps = [*_write_observation(agent), *_write_network(agent), *_write_action(agent)]
    body = "\n".join(f"    {line}" for line in steps)
    return f'''"""{_describe_agent(agent)}

Written by policybook from recorded weights: a neural network to compare with, not to read.
"""

import base64

import numpy as np

SHAPES = {[weight.shape for weight, _ in agent.layers]!r}
WEIGHTS = (
{_encode_weights(agent)}
)


def layers():
    numbers = np.frombuffer(base64.b64decode(WEIGHTS), "<f4")
    at = 0
    for outputs, inputs in SHAPES:
        weight = numbers[at : at + outputs * inputs].reshape(outputs, inputs)
        at += outputs * inputs
        yield weight, numbers[at : at + outputs]
        at += outputs


LAYERS = list(layers())
{_write_constants(agent)}

def act(observation):
{body}
'''


def _describe_agent(agent: Agent) -> str:
    network = "-".join(map(str, agent.sizes))
    steps = agent.training.get("steps")
    trained = f" for {steps:,} steps" if isinstance(steps, int) else ""
    algorithm, environment = (_sanitise(name) for name in (agent.algorithm.upper(), agent.environment))
    words = f"A {algorithm} agent trained{trained} in {environment}"
    return f"{words}: a network {network} of {agent.weights:,} weights."


def _sanitise(text: str) -> str:
    """Returns words of a stranger's file for a docstring that they cannot end."""
    return re.sub(r"[^\w .:/-]", "", text)[:80]


def _encode_weights(agent: Agent) -> str:
    numbers = b"".join(weight.tobytes() + bias.tobytes() for weight, bias in agent.layers)
    lines = textwrap.wrap(base64.b64encode(numbers).decode(), LINE_LENGTH)
    return "\n".join(f'    "{line}"' for line in lines)


def _write_constants(agent: Agent) -> str:
    lines = []
    if agent.normalisation is not None:
        mean, scale = agent.normalisation
        lines += [f"MEAN = np.array({mean.tolist()!r}, np.float32)"]
        lines += [f"SCALE = np.array({scale.tolist()!r}, np.float32)"]
    if agent.action["kind"] == "box":
        lines += [f"LOW = np.array({agent.action['low']!r}, np.float32)"]
        lines += [f"HIGH = np.array({agent.action['high']!r}, np.float32)"]
    return "".join(f"{line}\n" for line in lines)


def _write_observation(agent: Agent) -> list[str]:
    if agent.observation["one_hot"]:
        return [
            f"x = np.zeros({agent.sizes[0]}, np.float32)",
            f"x[observation - {agent.observation['start']}] = 1",
        ]
    lines = ["x = np.asarray(observation, np.float32).ravel()"]
    if agent.normalisation is not None:
        lines.append("x = (x - MEAN) / SCALE")
    clip = agent.observation["clip"]
    return lines if clip is None else [*lines, f"x = np.clip(x, -{clip!r}, {clip!r})"]


def _write_network(agent: Agent) -> list[str]:
    activated = (
        "np.tanh(weight @ x + bias)" if agent.activation == "tanh" else "np.maximum(weight @ x + bias, 0)"
    )
    return [
        "for weight, bias in LAYERS[:-1]:",
        f"    x = {activated}",
        "weight, bias = LAYERS[-1]",
        "x = weight @ x + bias",
    ]


def _write_action(agent: Agent) -> list[str]:
    action = agent.action
    if action["kind"] == "argmax":
        start = action["start"]
        return [f"return {f'{start} + ' if start else ''}int(np.argmax(x))"]
    squashed = "LOW + (np.tanh(x) + 1) / 2 * (HIGH - LOW)" if action["squash"] else "np.clip(x, LOW, HIGH)"
    return [f"return ({squashed}).reshape({tuple(action['shape'])!r}).astype({action['dtype']!r})"]
