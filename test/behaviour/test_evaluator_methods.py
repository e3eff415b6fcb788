"""The methods that run as jobs: search, tuning, simplification, export, pictures."""

from __future__ import annotations

import base64
from typing import Any

import pytest

CARTPOLE = "CartPole-v1"
BALANCE = """GAIN = 0.05  # tune: [0, 5]


def act(observation):
    return int(GAIN * observation[2] + observation[3] > 0)
"""


@pytest.fixture
def given(parameters: Any) -> Any:
    """Parameters that every method on a policy takes."""
    return parameters(CARTPOLE, BALANCE, range(8))


def test_the_search_proposes_the_same_twice(evaluator: Any, given: Any) -> None:
    params = {key: given[key] for key in ("environment", "limits")}
    params |= {"names": None, "seed": 0, "round": 0, "steps": None, "episodes": None}
    params |= {"stepsLeft": None, "episodesLeft": None, "history": []}
    first, second = evaluator.ask("search.propose", params), evaluator.ask("search.propose", params)
    assert first["proposals"]
    assert first["spent"].pop("cpuSeconds") > 0
    del second["spent"]["cpuSeconds"]
    assert first == second
    played = [evaluator.evaluate(CARTPOLE, each["source"], range(5)) for each in first["proposals"]]
    assert all(result["failure"] is None for result in played)


def test_tuning_plays_no_more_than_allowed_and_helps(evaluator: Any, given: Any) -> None:
    del given["seeds"]
    asked = {**given, "seed": 1, "episodes": 120, "steps": None}
    tuned = evaluator.ask("tune", asked)
    assert tuned["spent"]["episodes"] <= 120
    assert tuned["spent"]["steps"] > 0
    assert tuned["source"] != BALANCE
    told = [
        data["value"]
        for data in evaluator.seen
        if data["kind"] == "progress" and "generation" in data["value"]
    ]
    assert told
    again = evaluator.ask("tune", asked)
    assert again["source"] == tuned["source"]


def test_tuning_begins_no_episode_that_might_take_too_many_steps(evaluator: Any, given: Any) -> None:
    del given["seeds"]
    asked = {**given, "seed": 1, "episodes": 2000}
    for steps in (0, 20_000):
        spent = evaluator.ask("tune", {**asked, "steps": steps})["spent"]
        assert spent["steps"] <= steps
        assert (spent["episodes"] > 0) == (steps > 0)


def test_jittering_moves_all_constants_one_draw_a_seed(evaluator: Any, given: Any) -> None:
    edge = BALANCE.replace("0.05  # tune: [0, 5]", "2.5  # tune: [0, 5]").replace(
        "return int(", "assert GAIN > 2.4\n    return int("
    )
    asked = {**given, "source": edge, "seed": 3, "part": 0.05, "seeds": list(range(40))}
    jittered = evaluator.ask("jitter", asked)
    failed = [value is None for value in jittered["returns"]]
    assert len(failed) == 40
    assert 5 < sum(failed) < 25, "a draw below 2.4 of 2.25 to 2.75 fails"
    assert jittered["spent"]["episodes"] == 40
    assert evaluator.ask("jitter", asked)["returns"] == jittered["returns"]
    still = evaluator.ask("jitter", {**asked, "source": BALANCE, "part": 1e-9, "seeds": [5]})
    assert still["returns"] == [evaluator.evaluate(CARTPOLE, BALANCE, [5])["episodes"][0]["return"]]


def test_texts_that_act_alike_are_found(evaluator: Any, given: Any) -> None:
    alike = "def act(observation):\n    lean, fall = observation[2:]\n    return int(fall > -0.05 * lean)\n"
    later = "def act(observation):\n    return int(0.05 * observation[2] + observation[3] > 0) if {} else 0\n"
    sources = [
        BALANCE,
        "def act(observation):\n    return 0\n",
        alike,
        later.format("abs(observation[2]) < 0.05"),
        "def act(observation):\n    return 7\n",
        "def act(observation):\n    return 7\n",
        alike + "# and a word\n",
    ]
    del given["source"]
    params = {**given, "reference": BALANCE, "sources": sources}
    found = evaluator.ask("actions.compare", params)
    assert found["same"] == [None, None, 0, None, None, None, 0]
    played = evaluator.evaluate(CARTPOLE, BALANCE, given["seeds"])["episodes"]
    assert found["observations"] == sum(episode["steps"] for episode in played)
    assert found["spent"]["episodes"] == 0
    assert evaluator.ask("actions.compare", params)["same"] == found["same"]


def test_simplifying_keeps_every_action(evaluator: Any, given: Any) -> None:
    padded = BALANCE.replace("    return", "    unused = observation[0]\n    return")
    simplified = evaluator.ask("simplify", {**given, "source": padded})
    assert "unused" not in simplified["identical"]["source"]
    assert simplified["spent"]["episodes"] == 8
    hashes = [
        [episode["actionHash"] for episode in evaluator.evaluate(CARTPOLE, source, range(8))["episodes"]]
        for source in (padded, simplified["identical"]["source"])
    ]
    assert hashes[0] == hashes[1]


@pytest.mark.parametrize("name", ["Blackjack-v1", "FrozenLake-v1"])
def test_simplifying_hands_over_observations_as_the_environment_does(
    evaluator: Any, given: Any, specification: Any, name: str
) -> None:
    source = "def act(observation):\n    assert type(observation) in (int, tuple)\n    return 0 + 1\n"
    simplified = evaluator.ask("simplify", {**given, "environment": specification(name), "source": source})
    assert simplified["identical"] is not None


def test_simplifying_a_policy_that_fails_says_why(evaluator: Any, given: Any) -> None:
    failure = evaluator.refuse("simplify", {**given, "source": "def act(observation):\n    return 9\n"})
    assert failure["code"] == "invalid_action"


def test_an_export_is_a_program(evaluator: Any, given: Any) -> None:
    params = {"environment": given["environment"], "source": BALANCE}
    exported = evaluator.ask(
        "policy.export", {**params, "provenance": ["run first"], "versions": {}, "claim": None}
    )["source"]
    assert "run first" in exported
    compile(exported, "exported", "exec")


def test_a_figure_becomes_a_picture(evaluator: Any) -> None:
    line = {"color": "#2f86d1", "width": 2.5, "shape": "hv"}
    cross = {
        "color": "rgba(1, 2, 3, 0.5)",
        "size": 7,
        "symbol": "x-thin",
        "line": {"width": 1.5, "color": "red"},
    }
    band = {"x": [0, 9, 9, 0], "y": [1, 1, 2, 2], "fill": "toself", "fillcolor": "rgba(47, 134, 209, 0.18)"}
    traces = [
        {"mode": "lines", "name": "interval", "showlegend": True, **band},
        {
            "mode": "lines",
            "name": "champion",
            "x": [0, 5, 9],
            "y": [1, 2, 2],
            "line": line,
            "showlegend": True,
        },
        {
            "mode": "markers",
            "name": "costs $5 &amp; $6",
            "x": [3],
            "y": [1],
            "marker": cross,
            "showlegend": True,
        },
        {"mode": "lines", "name": "nothing", "x": [], "y": [], "line": line, "showlegend": False},
    ]
    axis = {"title": {"text": "return"}, "range": [0, 10], "gridcolor": "rgba(1, 1, 1, 0.2)"}
    rule = {"type": "line", "y0": 1.5, "y1": 1.5, "line": {"color": "#d0602b", "width": 1.5, "dash": "dash"}}
    note = {"text": "threshold", "x": 1, "yref": "y", "y": 1.5, "xanchor": "right", "yanchor": "bottom"}
    layout = {
        "title": {"text": "first"},
        "xaxis": axis,
        "yaxis": axis,
        "shapes": [rule],
        "annotations": [note],
    }
    figure = {"data": [{"type": "scatter", **trace} for trace in traces], "layout": layout}
    png = base64.b64decode(
        evaluator.ask("figure.png", {"figure": figure, "width": 640, "height": 320})["png"]
    )
    assert png.startswith(b"\x89PNG")
    assert (int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")) == (640, 320)
