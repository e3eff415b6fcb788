"""What happened along an episode, as `evaluate` says it of real environments."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
import pytest
from simulators import ROOM


def test_a_simulator_says_how_its_episodes_ended_and_what_they_were_rewarded_for(evaluator: Any) -> None:
    environment = {"simulator": {"name": "room", "source": ROOM}}
    keeping = "def act(observation):\n    return int(observation[0] < 20)\n"
    warm = evaluator.evaluate(environment, keeping, range(4))["episodes"]
    cold = evaluator.evaluate(environment, "def act(observation):\n    return 0\n", range(4))["episodes"]

    for episode in warm:
        assert (episode["terminated"], episode["truncated"], episode["steps"]) == (False, True, 30)
        course = episode["course"]
        assert course["flags"] == ["is_success"]
        assert sorted(course["terms"]) == ["heat", "rewards/comfort", "rewards/energy"]
        terms = course["terms"]["rewards/comfort"] + course["terms"]["rewards/energy"]
        assert terms == pytest.approx(episode["return"], rel=1e-4)
        assert sum(course["rewardByTenth"]) == pytest.approx(episode["return"], rel=1e-4)
        # It is cold at the beginning only.
        assert course["rewardByTenth"][0] < course["rewardByTenth"][9]
    for episode in cold:
        assert (episode["terminated"], episode["course"]["flags"]) == (True, ["frozen"])
        assert episode["course"]["terms"]["rewards/energy"] == 0


def test_landers_that_crash_and_that_are_cut_before_end_differently(evaluator: Any) -> None:
    environment = {"id": "LunarLander-v3", "maxEpisodeSteps": 60}
    falling = "def act(observation):\n    return 0\n"
    [crashed] = evaluator.evaluate("LunarLander-v3", falling, [3])["episodes"]
    [cut] = evaluator.evaluate(environment, falling, [3])["episodes"]
    assert (crashed["terminated"], crashed["truncated"]) == (True, False)
    assert (cut["terminated"], cut["truncated"], cut["steps"]) == (False, True, 60)
    # The crash is in the last tenth.
    assert min(crashed["course"]["rewardByTenth"]) == crashed["course"]["rewardByTenth"][9] < -80
    assert crashed["course"]["terms"] == cut["course"]["terms"] == {}
    assert crashed["course"]["flags"] == []


def test_the_terms_of_a_reward_are_those_of_a_bare_loop(evaluator: Any) -> None:
    source = "import numpy as np\n\ndef act(observation):\n    return np.full(6, 0.5, np.float32)\n"
    environment = {"id": "HalfCheetah-v5", "maxEpisodeSteps": 50}
    [episode] = evaluator.evaluate(environment, source, [4])["episodes"]

    env = gymnasium.make("HalfCheetah-v5")
    env.reset(seed=4)
    infos = [env.step(np.full(6, 0.5, np.float32))[4] for _ in range(50)]
    expected = {key: sum(info[key] for info in infos) for key in infos[0]}

    assert episode["course"]["terms"] == pytest.approx(expected, rel=1e-5)
    assert {"reward_ctrl", "reward_forward"} <= set(expected)


def test_a_grid_without_terms_says_how_long_and_by_what_it_ended(evaluator: Any) -> None:
    source = "def act(observation):\n    return 0\n"
    [episode] = evaluator.evaluate("minigrid:MiniGrid-Empty-5x5-v0", source, [1])["episodes"]
    assert (episode["terminated"], episode["truncated"], episode["steps"]) == (False, True, 100)
    assert episode["course"] == {"rewardByTenth": [0.0] * 10, "flags": [], "terms": {}}
