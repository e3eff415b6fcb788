"""Recorded agents: the file, the policy's text, and what a stranger's file may not do."""

import ast
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from policybook.agents.agent_file import Agent, AgentError, load, load_file, save
from policybook.agents.agent_policy import write_policy_text

RECORDED = Path(__file__).parents[4] / "examples" / "agents"
RNG = np.random.default_rng(0)


def layer(inputs: int, outputs: int) -> Any:
    return RNG.normal(size=(outputs, inputs)).astype("<f4"), RNG.normal(size=outputs).astype("<f4")


def agent(**change: Any) -> Agent:
    whole = Agent(
        algorithm="ppo",
        environment="Toy-v0",
        observation={"size": 3, "one_hot": False, "clip": None, "start": 0},
        activation="tanh",
        action={"kind": "argmax", "start": 0},
        layers=(layer(3, 8), layer(8, 4)),
        normalisation=None,
        training={"steps": 1000},
        versions={},
    )
    return replace(whole, **change)


def act(recorded: Agent) -> Any:
    namespace: dict[str, Any] = {}
    exec(compile(write_policy_text(recorded), "agent", "exec"), namespace)
    return namespace["act"]


def test_an_agent_file_keeps_its_agent_and_saving_it_again_gives_the_same_bytes() -> None:
    written = agent(normalisation=(np.ones(3, "<f4"), np.full(3, 2, "<f4")))
    again = load(save(written))
    assert save(again) == save(written)
    assert (again.sizes, again.weights) == ((3, 8, 4), 3 * 8 + 8 + 8 * 4 + 4)
    assert np.array_equal(again.layers[1][0], written.layers[1][0])
    assert again.training == {"steps": 1000}


def test_the_policy_text_of_an_agent_acts_as_its_network_does() -> None:
    recorded = agent()
    (first, shift), (second, other) = recorded.layers
    plays = act(recorded)
    for observation in RNG.normal(size=(50, 3)).astype(np.float32):
        expected = int(np.argmax(second @ np.tanh(first @ observation + shift) + other))
        assert plays(observation) == expected
        assert type(plays(observation)) is int


def test_the_policy_text_applies_relu_normalisation_and_squashed_actions() -> None:
    action = {
        "kind": "box",
        "squash": True,
        "low": [-2.0, 0.0],
        "high": [2.0, 1.0],
        "shape": [2],
        "dtype": "float32",
    }
    mean, scale = np.array([1, 2, 3], "<f4"), np.array([1, 2, 4], "<f4")
    recorded = agent(
        activation="relu",
        action=action,
        layers=(layer(3, 5), layer(5, 2)),
        normalisation=(mean, scale),
        observation={"size": 3, "one_hot": False, "clip": 1.5},
    )
    (first, shift), (second, other) = recorded.layers
    observation = np.array([9, -1, 3], np.float32)
    seen = np.clip((observation - mean) / scale, -1.5, 1.5)
    out = second @ np.maximum(first @ seen + shift, 0) + other
    expected = np.array([-2, 0]) + (np.tanh(out) + 1) / 2 * np.array([4, 1])
    played = act(recorded)(observation)
    assert played == pytest.approx(expected, abs=1e-5)
    assert played.dtype == np.float32
    clipped = act(replace(recorded, action={**action, "squash": False}))(observation)
    assert clipped == pytest.approx(np.clip(out, [-2, 0], [2, 1]), abs=1e-5)


def test_a_discrete_observation_goes_into_the_network_as_one_hot() -> None:
    recorded = agent(observation={"size": 3, "one_hot": True, "start": 1, "clip": None})
    (first, shift), (second, other) = recorded.layers
    seen = np.array([0, 1, 0], np.float32)
    assert act(recorded)(2) == int(np.argmax(second @ np.tanh(first @ seen + shift) + other))


@pytest.mark.parametrize(
    ("name", "steps", "weights"), [("ppo-cartpole", 100_096, 4610), ("ppo-lunarlander", 1_015_808, 4996)]
)
def test_the_agents_that_come_with_the_examples_say_what_their_training_cost(
    name: str, steps: int, weights: int
) -> None:
    recorded = load_file(RECORDED / f"{name}.npz")
    assert (recorded.training["steps"], recorded.weights) == (steps, weights)
    assert recorded.training["cpu_seconds"] > 0
    assert set(recorded.versions) == {"stable_baselines3", "torch", "gymnasium", "numpy"}


def described(**change: Any) -> bytes:
    with np.load(io.BytesIO(save(agent()))) as arrays:
        held = {name: arrays[name] for name in arrays.files}
    description = {**json.loads(str(held.pop("description"))), **change}
    buffer = io.BytesIO()
    np.savez(buffer, description=np.array(json.dumps(description)), **held)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"not a zip", "no recorded agent"),
        (described(format="something"), 'does not say "format"'),
        (described(version=2), "version 2"),
        (described(activation="exp"), "known are tanh, relu"),
        (described(observation={"size": 4}), "where \\(8, 4\\) fits"),
        (described(action={"kind": "softmax"}), "known are argmax and box"),
        (
            described(
                action={
                    "kind": "box",
                    "squash": False,
                    "low": [0],
                    "high": [1],
                    "shape": [1],
                    "dtype": "float32",
                }
            ),
            "1 bounds for 4 outputs",
        ),
        (described(training=None), "lack"),
    ],
)
def test_a_file_that_is_no_agent_is_refused_with_a_sentence(data: bytes, said: str) -> None:
    with pytest.raises(AgentError, match=said):
        load(data)


def test_an_agent_file_with_pickled_weights_is_refused() -> None:
    broken = agent(layers=((np.full((4, 3), np.nan, "<f4"), np.zeros(4, "<f4")),))
    with pytest.raises(AgentError, match="not finite"):
        load(save(broken))
    buffer = io.BytesIO()
    np.savez(buffer, description=np.array([{}], dtype=object))
    with pytest.raises(AgentError, match="no recorded agent"):
        load(buffer.getvalue())


def test_an_agent_that_is_too_large_is_refused_before_it_is_unpacked_or_written() -> None:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, description=np.array("{}"), weight_0=np.zeros(20_000_000, "<f4"))
    assert len(buffer.getvalue()) < 2**20
    with pytest.raises(AgentError, match="unpacks to 76 MiB; an agent may have 64"):
        load(buffer.getvalue())
    with pytest.raises(AgentError, match="do not fit a policy's text"):
        write_policy_text(agent(layers=(layer(3, 700), layer(700, 700), layer(700, 4))))


def test_words_of_an_agent_file_cannot_leave_the_docstring_of_its_policy() -> None:
    hostile = agent(environment='x"""\nimport os\nos.system("true")\n"""', algorithm='"""+1')
    text = write_policy_text(hostile)
    assert text.count('"""') == 2
    assert [
        node
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Attribute) and node.attr == "system"
    ] == []
    act(hostile)
