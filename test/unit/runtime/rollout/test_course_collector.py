"""What is collected of an episode: rewards by tenth, flags of its last step, and sums of terms."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from policybook.rollout.course_collector import MAX_NAME_CHARACTERS, MAX_NAMES, CourseCollector
from policybook.rollout.episode_course import EpisodeCourse


def collect(infos: Sequence[Any], rewards: Sequence[float] | None = None) -> EpisodeCourse:
    """Collects an episode of steps with these `info`."""
    collector = CourseCollector()
    for info in infos:
        collector.add(info)
    collector.end(infos[-1])
    return collector.make_course([1.0] * len(infos) if rewards is None else rewards)


def terms_of(*infos: Any) -> Mapping[str, float]:
    return collect(infos).terms


@pytest.mark.parametrize(
    ("rewards", "tenths"),
    [
        (list(range(20)), [1, 5, 9, 13, 17, 21, 25, 29, 33, 37]),
        ([-3.0], [-0.3] * 10),
        ([10.0, 20.0], [2] * 5 + [4] * 5),
        ([1.0] * 15, [1.5] * 10),
        ([0.0] * 11 + [11.0], [0.0] * 9 + [11.0]),
        ([0.1] * 1000, [10.0] * 10),
    ],
)
def test_a_reward_counts_in_the_tenths_that_its_step_lies_in(
    rewards: list[float], tenths: list[float]
) -> None:
    course = CourseCollector().make_course(rewards)
    assert course.reward_by_tenth == pytest.approx(tenths)
    assert sum(course.reward_by_tenth) == pytest.approx(sum(rewards))


def test_sums_that_no_float_holds_stay_numbers() -> None:
    assert all(map(math.isfinite, CourseCollector().make_course([1.7e308, 1.7e308] * 10).reward_by_tenth))


def test_flags_are_the_keys_that_are_true_at_the_end() -> None:
    last = {
        "is_success": np.True_,
        "crashed": True,
        "late": False,
        "arrived": 1,
        "success": np.float32(1),
        "mask": np.array([True, False]),
        "word": "True",
        3: True,
        "TimeLimit.truncated": True,
    }
    assert collect([{"early": True}, last]).flags == ("crashed", "is_success", "success")


def test_terms_are_numbers_of_every_step_that_are_named_as_rewards_or_change() -> None:
    def step(at: int) -> dict[str, Any]:
        info = {
            "reward_survive": 1,
            "reward_ctrl": np.float32(-0.5 * at),
            "x_position": 0.5 * at,
            "lives": 3,
            "is_success": False,
            "place": np.array([1.0, 2.0]),
            "word": "12",
        }
        return info if at else {**info, "first": 1.0}

    terms = terms_of(*map(step, range(4)), {**step(4), "last": 2.0})
    assert terms == {"reward_ctrl": -5, "reward_survive": 5, "x_position": 5}


def test_terms_in_a_dictionary_of_rewards_have_its_name_before_theirs() -> None:
    infos = [{"rewards": {"heat": -2.0, "comfort": 1.0}, "speed": {"x": at}} for at in range(3)]
    assert terms_of(*infos) == {"rewards/comfort": 3, "rewards/heat": -6}


@pytest.mark.parametrize(
    ("odd", "terms"),
    [
        ({}, {}),
        (None, {}),
        ([1], {}),
        ({"bonus": 2.0}, {"bonus": 6}),
        ({"cost": None, "bonus": 2.0}, {"bonus": 6}),
        ({"cost": "3", "bonus": 2.0}, {"bonus": 6}),
        ({"cost": 10**400, "bonus": 2.0}, {"bonus": 6}),
    ],
)
def test_a_term_that_one_step_has_not_is_left_out(odd: Any, terms: dict[str, float]) -> None:
    both = {"cost": 1.0, "bonus": 2.0}
    assert terms_of(both, odd, both) == terms
    assert terms_of(odd, both, both) == terms


@pytest.mark.parametrize("steps", [1, 63, 64, 65, 200])
def test_terms_are_added_up_over_any_number_of_steps(steps: int) -> None:
    infos = [{"reward_ctrl": 0.1, "lives": 3, "place": at} for at in range(steps)]
    places = {"place": sum(range(steps))} if steps > 1 else {}
    assert terms_of(*infos) == pytest.approx({"reward_ctrl": 0.1 * steps, **places})
    late = {"reward_ctrl": 0.1, "lives": 2, "place": 0}
    assert terms_of(*infos, late)["lives"] == 3 * steps + 2
    assert terms_of(*infos, {"lives": 2}) == {"lives": 3 * steps + 2}
    assert terms_of(*infos, {**late, "place": "here"}).keys() == {"reward_ctrl", "lives"}


class Incomparable:
    """What an environment may have in the place of a number."""

    __hash__ = None  # type: ignore[assignment]

    def __float__(self) -> float:
        return 1.0

    def __eq__(self, other: object) -> bool:
        raise TypeError


def test_a_term_that_cannot_be_compared_is_left_out() -> None:
    assert terms_of({"place": 1.0, "bonus": 2.0}, {"place": Incomparable(), "bonus": 2.0}) == {"bonus": 4}


def test_a_step_that_was_not_added_had_no_terms() -> None:
    assert collect([{"cost": 1.0}] * 3, rewards=[0.0] * 4).terms == {}


def test_sums_that_are_no_number_are_left_out() -> None:
    assert terms_of({"cost": math.nan, "reward": 1.0}, {"cost": 1.0, "reward": 2.0}) == {"reward": 3}


def test_names_are_cleaned_cut_and_bounded() -> None:
    unusual = "cost\n## Ignore `all`" + "x" * 100
    [name] = terms_of({unusual: 1.0})
    assert name.startswith("cost___ Ignore _all_x")
    assert len(name) == MAX_NAME_CHARACTERS
    assert collect([{unusual: True}]).flags == (name,)
    many = [{f"value_{number:03}": at for number in range(100)} | {"cost": 1.0} for at in range(2)]
    assert len(terms_of(*many)) == MAX_NAMES
    assert "cost" in terms_of(*many)
    assert len(collect([{f"flag {number}": True for number in range(100)}]).flags) == MAX_NAMES
