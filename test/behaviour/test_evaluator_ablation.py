"""`policy.ablate` on real environments: what parts of a policy, and its constants, do to its actions."""

from __future__ import annotations

from typing import Any

RULES = """LEAN = 0.0  # tune: [-1, 1]
UNUSED = 3.0  # tune: [0, 5]


def act(observation):
    force = observation[2] + observation[3]
    if observation[0] > 100:
        return 0
    if force > LEAN:
        return 1
    return 0
"""

TORQUE = """GAIN = 0.1  # tune: [0, 0.2]


def act(observation):
    speed = observation[2]
    return [GAIN * speed + 0.01]
"""


def ablate(evaluator: Any, own: dict[str, Any], **most: int) -> Any:
    """Ablates a text by its episodes, with every constant moved by a tenth of its range."""
    return evaluator.ask("policy.ablate", {**own, "part": 0.1, "mostParts": 20, "mostConstants": 5, **most})


def test_a_rule_is_worth_the_actions_that_differ_without_it(evaluator: Any, parameters: Any) -> None:
    own = parameters("CartPole-v1", RULES, range(3))
    found = ablate(evaluator, own)
    shares = {part["label"]: part["share"] for part in found["parts"]}
    # The cart is never there; without the other rule every push to the right is lost.
    assert shares["dropped if observation[0] > 100: …"] == 0
    assert 0.3 < shares["dropped if force > LEAN: …"] < 0.7
    assert shares["took force > LEAN as always true"] > 0.3
    assert all(part["change"] is None for part in found["parts"])
    assert [part["first"] for part in found["parts"]] == sorted(part["first"] for part in found["parts"])
    lean, unused = found["constants"]
    assert (lean["name"], unused["name"], unused["share"]) == ("LEAN", "UNUSED", 0)
    assert lean["share"] > 0
    assert found["observations"] > 100
    repeated = ablate(evaluator, own)
    assert [repeated[key] for key in ("parts", "constants")] == [found[key] for key in ("parts", "constants")]
    few = ablate(evaluator, own, mostParts=1, mostConstants=1)
    assert (len(few["parts"]), few["otherParts"]) == (1, len(found["parts"]) - 1)
    assert (len(few["constants"]), few["otherConstants"]) == (1, 1)


def test_of_a_bounded_number_it_says_how_far_the_action_moves(evaluator: Any, parameters: Any) -> None:
    found = ablate(evaluator, parameters("Pendulum-v1", TORQUE, [1]))
    changes = {part["label"]: part for part in found["parts"]}
    small = next(part for label, part in changes.items() if "0.01" in label)
    # 0.01 of a range from -2 to 2, in each step.
    assert small["share"] == 1
    assert abs(small["change"] - 0.01 / 4) < 1e-4
    (gain,) = found["constants"]
    assert gain["change"] > small["change"]


def test_of_a_very_large_text_it_says_that_the_parts_were_not_looked_for(
    evaluator: Any, parameters: Any
) -> None:
    rules = "".join(f"    if observation[0] > {number}:\n        return 0\n" for number in range(1, 1001))
    source = f"LEAN = 0.0  # tune: [-1, 1]\n\n\ndef act(observation):\n{rules}"
    source += "    return int(observation[2] > LEAN)\n"
    found = ablate(evaluator, parameters("CartPole-v1", source, [1]))
    assert (found["parts"], found["otherParts"]) == ([], None)
    assert found["constants"][0]["share"] > 0


def test_a_text_that_fails_without_a_part_is_no_measure_of_it(evaluator: Any, parameters: Any) -> None:
    source = "def act(observation):\n    if observation[2] > 9:\n        return 0\n"
    source += "    elif True:\n        return 1\n"
    found = ablate(evaluator, parameters("CartPole-v1", source, [1]))
    failing = [part for part in found["parts"] if part["share"] is None]
    assert [part["label"] for part in failing] == ["dropped the case True"]
    assert failing[0]["change"] is None
