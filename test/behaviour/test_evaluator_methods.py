"""The methods that run as jobs: search, tuning, export, pictures."""

from __future__ import annotations

import base64
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

AGENTS = Path(__file__).parents[2] / "examples" / "agents"

CARTPOLE = "CartPole-v1"
BALANCE = """GAIN = 0.05  # tune: [0, 5]


def act(observation):
    return int(GAIN * observation[2] + observation[3] > 0)
"""


SLOW = """def act(observation):
    return int(sum(range(20000)) < 0 or observation[2] + observation[3] > 0)
"""


@pytest.fixture
def given(parameters: Any) -> Any:
    """Parameters that every method on a policy takes."""
    return parameters(CARTPOLE, BALANCE, range(8))


def test_the_search_proposes_the_same_twice(evaluator: Any, given: Any) -> None:
    params = {key: given[key] for key in ("environment", "limits")}
    params |= {"names": None, "seed": 0, "round": 0, "steps": None, "episodes": None}
    params |= {"stepsLeft": None, "episodesLeft": None, "secondsLeft": None, "history": []}
    params["modelStepsLeft"] = 5_000_000
    first, second = evaluator.ask("search.propose", params), evaluator.ask("search.propose", params)
    assert first["proposals"]
    assert first["usage"].pop("cpuSeconds") > 0
    del second["usage"]["cpuSeconds"]
    assert first == second
    played = [evaluator.evaluate(CARTPOLE, each["source"], range(5)) for each in first["proposals"]]
    assert all(result["failure"] is None for result in played)


def test_the_search_takes_no_more_model_steps_than_are_left_and_says_so(
    evaluator: Any, parameters: Any
) -> None:
    source = "def act(observation):\n    return 2 if observation[1] > 0 else 0\n"
    given = parameters("MountainCar-v0", source, [])
    params = {key: given[key] for key in ("environment", "limits")}
    params |= {"names": None, "seed": 0, "round": 1, "steps": None, "episodes": None}
    params |= {"stepsLeft": None, "episodesLeft": None, "secondsLeft": None}
    head = {"label": "pump", "source": source, "mean": -120, "deviation": 5, "episodes": 4, "head": True}
    few = evaluator.ask("search.propose", {**params, "modelStepsLeft": 1000, "history": [head]})
    assert (few["usage"]["modelSteps"], few["usage"]["episodes"]) == (0, 0)
    assert any("few of the model steps that a run may take are left" in each for each in few["findings"])
    more = evaluator.ask("search.propose", {**params, "modelStepsLeft": 700_000, "history": [head]})
    assert 0 < more["usage"]["modelSteps"] <= 700_000
    assert any("switching curve" in each["label"] for each in more["proposals"])


def test_tuning_plays_no_more_than_allowed_and_helps(evaluator: Any, given: Any) -> None:
    del given["seeds"]
    asked = {**given, "seed": 1, "episodes": 120, "steps": None}
    tuned = evaluator.ask("tune", asked)
    assert tuned["usage"]["episodes"] <= 120
    assert tuned["usage"]["steps"] > 0
    assert tuned["source"] != BALANCE
    reported = [
        data["value"]
        for data in evaluator.seen
        if data["kind"] == "progress" and "generation" in data["value"]
    ]
    assert reported
    again = evaluator.ask("tune", asked)
    assert again["source"] == tuned["source"]


def test_tuning_begins_no_episode_that_might_take_too_many_steps(evaluator: Any, given: Any) -> None:
    del given["seeds"]
    asked = {**given, "seed": 1, "episodes": 2000}
    for steps in (0, 20_000):
        usage = evaluator.ask("tune", {**asked, "steps": steps})["usage"]
        assert usage["steps"] <= steps
        assert (usage["episodes"] > 0) == (steps > 0)


def test_what_is_derived_from_a_tuned_constant_follows_it(evaluator: Any, given: Any) -> None:
    """The one constant acts only through another: unless that is computed again, nothing helps."""
    derived = """GAIN = -1.0  # tune: [-1, 1]
LIMITS = [2 * GAIN, GAIN]


def act(observation):
    return int(LIMITS[0] * observation[2] + LIMITS[1] * observation[3] > 0)
"""
    del given["seeds"]
    tuned = evaluator.ask("tune", {**given, "source": derived, "seed": 1, "episodes": 150, "steps": None})
    assert "LIMITS = [2 * GAIN, GAIN]" in tuned["source"]
    before, after = (
        evaluator.evaluate(CARTPOLE, source, range(100, 110)) for source in (derived, tuned["source"])
    )
    assert max(episode["return"] for episode in before["episodes"]) < 50
    assert min(episode["return"] for episode in after["episodes"]) > 100


def test_tuned_texts_find_nothing_of_each_other(evaluator: Any, given: Any) -> None:
    """They differ in constants only, and follow each other in one process, unless they could tell."""
    remembering = """import sys

GAIN = 0.05  # tune: [0, 5]
FIRST = not hasattr(sys, "played")
sys.played = True


def act(observation):
    return int(FIRST and GAIN * observation[2] + observation[3] > 0)
"""
    del given["seeds"]
    asked = {**given, "seed": 2, "episodes": 50, "steps": None}
    honest, other = (evaluator.ask("tune", {**asked, "source": text}) for text in (BALANCE, remembering))
    assert len(honest["generations"]) > 1
    assert other["generations"] == honest["generations"]


def test_texts_that_fail_do_not_end_their_generation(evaluator: Any, given: Any) -> None:
    """Six of ten values fail before the first step: about half of those that are tried."""
    choosing = """CHOICE = 3  # tune: [0, 9] int
GAIN = [0.0, 1.0, 2.0, 3.0][CHOICE]


def act(observation):
    return int(GAIN * observation[2] + observation[3] > 0)
"""
    del given["seeds"]
    tuned = evaluator.ask("tune", {**given, "source": choosing, "seed": 1, "episodes": 300, "steps": None})
    assert len(tuned["generations"]) > 1
    result = evaluator.evaluate(CARTPOLE, tuned["source"], range(4))
    assert result["failure"] is None


def test_jittering_moves_all_constants_one_draw_a_seed(evaluator: Any, given: Any) -> None:
    edge = BALANCE.replace("0.05  # tune: [0, 5]", "2.5  # tune: [0, 5]").replace(
        "return int(", "assert GAIN > 2.4\n    return int("
    )
    asked = {**given, "source": edge, "seed": 3, "part": 0.05, "seeds": list(range(40))}
    jittered = evaluator.ask("jitter", asked)
    failed = [value is None for value in jittered["returns"]]
    assert len(failed) == 40
    assert 5 < sum(failed) < 25, "a draw below 2.4 of 2.25 to 2.75 fails"
    assert jittered["usage"]["episodes"] == 40
    assert jittered["seeds"] == asked["seeds"]
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
    assert found["usage"]["episodes"] == 0
    assert evaluator.ask("actions.compare", params)["same"] == found["same"]


def test_texts_with_memory_are_compared_a_process_for_each_episode(evaluator: Any, given: Any) -> None:
    still = "def act(observation):\n    return 0\n"
    remembers = (
        "import sys\nAGAIN = hasattr(sys, 'seen')\nsys.seen = True\n"
        "def act(observation):\n    return int(AGAIN)\n"
    )
    changes = remembers + "def act(observation):\n    return 1\n"
    del given["source"]
    params = {**given, "reference": still, "sources": [still, remembers, changes]}
    assert evaluator.ask("actions.compare", params)["same"] == [None, 0, None]


def test_an_export_is_a_program(evaluator: Any, given: Any) -> None:
    environment = {"environment": given["environment"]}
    facts = evaluator.ask("environment.describe", environment)["facts"]
    params = {**environment, "facts": facts, "folders": ["."], "notebook": ".", "source": BALANCE}
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


def baseline(evaluator: Any, environment: Any, name: str, action: Any = None) -> list[str]:
    params = {"environment": environment, "baseline": name, "action": action}
    return [text["source"] for text in evaluator.ask("baseline.texts", params)["texts"]]


def test_baselines_are_policies_like_any_other(evaluator: Any, given: Any) -> None:
    [drawn] = baseline(evaluator, given["environment"], "random")
    first, second = (evaluator.evaluate(CARTPOLE, drawn, range(6)) for _ in range(2))
    assert first["failure"] is None
    assert first["episodes"] == second["episodes"]
    assert len({episode["actionHash"] for episode in first["episodes"]}) == 6
    left, right = baseline(evaluator, given["environment"], "constant")
    assert [right] == baseline(evaluator, given["environment"], "constant", 1)
    assert evaluator.evaluate(CARTPOLE, left, range(3))["failure"] is None
    refused = evaluator.refuse("baseline.texts", {**given_baseline(given), "baseline": "heuristic"})
    assert (refused["code"], "no heuristic of its own" in refused["message"]) == ("no_baseline", True)
    wrong = evaluator.refuse("baseline.texts", {**given_baseline(given), "baseline": "constant", "action": 7})
    assert wrong["code"] == "no_baseline"


def given_baseline(given: Any) -> dict[str, Any]:
    return {"environment": given["environment"], "action": None}


def test_the_heuristic_of_an_environment_plays_in_the_sandbox(evaluator: Any, parameters: Any) -> None:
    lander = parameters("LunarLander-v3", "", range(1))["environment"]
    [source] = baseline(evaluator, lander, "heuristic")
    played = evaluator.evaluate("LunarLander-v3", source, range(8))
    assert played["failure"] is None
    assert sum(episode["return"] for episode in played["episodes"]) / 8 > 200
    hidden = {**lander, "observe": [0, 1]}
    refused = evaluator.refuse(
        "baseline.texts", {"environment": hidden, "baseline": "heuristic", "action": None}
    )
    assert "observe: hides some" in refused["message"]


def test_a_recorded_agent_plays_without_the_library_that_trained_it(evaluator: Any) -> None:
    file = base64.b64encode((AGENTS / "ppo-cartpole.npz").read_bytes()).decode()
    text = evaluator.ask("agent.text", {"file": file})
    assert (text["algorithm"], text["weights"], text["steps"]) == ("ppo", 4610, 100_096)
    played = evaluator.evaluate(CARTPOLE, text["source"], range(4))
    assert [episode["return"] for episode in played["episodes"]] == [500.0] * 4
    assert evaluator.refuse("agent.text", {"file": "AAAA"})["code"] == "bad_agent"


@pytest.mark.skipif(find_spec("stable_baselines3") is not None, reason="the extra rl is installed")
def test_training_without_the_extra_says_what_to_install(evaluator: Any, given: Any) -> None:
    params = {
        "environment": given["environment"],
        "algorithm": "ppo",
        "steps": 100,
        "seed": 0,
        "settings": {},
    }
    refused = evaluator.refuse("agent.train", params)
    assert (refused["code"], refused["detail"]) == (
        "missing_extra",
        {"install": 'pip install "policybook[rl]"'},
    )


def test_a_policys_times_are_measured(evaluator: Any, given: Any) -> None:
    params = {key: given[key] for key in ("environment", "limits")} | {"seed": 3}
    quick = evaluator.ask("policy.time", {**params, "source": BALANCE})
    slow = evaluator.ask("policy.time", {**params, "source": SLOW})
    # Adding twenty thousand numbers up takes a hundred times as long as a product, on any machine.
    assert 0 < 5 * quick["decisionUs"] < slow["decisionUs"]
    assert quick["coldStartMs"] > 0
    failing = evaluator.refuse(
        "policy.time", {**params, "source": "def act(observation):\n    return 1 / 0\n"}
    )
    assert failing["code"] == "raised"


def test_a_policy_that_takes_the_reward_is_timed_with_it(evaluator: Any, given: Any) -> None:
    params = {key: given[key] for key in ("environment", "limits")} | {"seed": 3}
    params["environment"] = {**params["environment"], "reward": True}
    source = "def act(observation, *, reward):\n    return int(reward > 2)\n"
    times = evaluator.ask("policy.time", {**params, "source": source})
    assert times["decisionUs"] > 0
    assert times["coldStartMs"] > 0
