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
    tuned = evaluator.ask("tune", {**given, "seed": 1, "episodes": 120})
    assert tuned["spent"]["episodes"] <= 120
    assert tuned["spent"]["steps"] > 0
    assert tuned["source"] != BALANCE
    told = [
        data["value"]
        for data in evaluator.seen
        if data["kind"] == "progress" and "generation" in data["value"]
    ]
    assert told
    again = evaluator.ask("tune", {**given, "seed": 1, "episodes": 120})
    assert again["source"] == tuned["source"]


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
