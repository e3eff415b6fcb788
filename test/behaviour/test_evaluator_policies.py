"""Bad policies are results: the right code in words for people, and the next candidate is served."""

from __future__ import annotations

from typing import Any

import pytest

CARTPOLE, PENDULUM = "CartPole-v1", "Pendulum-v1"

# File, environment, code, line, words of the message.
BAD = [
    ("syntax_error.py", CARTPOLE, "syntax_error", 1, "expected ':'"),
    ("null_byte.py", CARTPOLE, "syntax_error", None, "null bytes"),
    ("no_act.py", CARTPOLE, "no_act", None, "Define `act(observation)`"),
    ("imports_missing.py", CARTPOLE, "import_failed", 1, "missing_thing"),
    (
        "imports_gymnasium.py",
        CARTPOLE,
        "import_failed",
        1,
        "declare it with `policy: {imports: [gymnasium]}`",
    ),
    ("imports_policybook.py", CARTPOLE, "import_failed", 1, "policybook"),
    ("raises.py", CARTPOLE, "raised", 10, "ValueError: seven [31m"),
    ("out_of_space.py", CARTPOLE, "invalid_action", None, "returned 7. Allowed is an integer from 0 to 1"),
    ("returns_text.py", CARTPOLE, "invalid_action", None, "returned 'left'"),
    ("returns_none.py", CARTPOLE, "invalid_action", None, "returned None"),
    ("returns_fraction.py", CARTPOLE, "invalid_action", None, "returned 0.5, where an integer is needed"),
    ("returns_nan.py", PENDULUM, "invalid_action", None, "nan"),
    ("wrong_shape.py", PENDULUM, "invalid_action", None, "of shape (2,)"),
    ("out_of_box.py", PENDULUM, "invalid_action", None, "finite numbers in [-2, 2]"),
    ("endless_act.py", CARTPOLE, "step_timeout", None, "one call may take 100 ms"),
    ("sleeps.py", CARTPOLE, "step_timeout", None, "one call may take 100 ms"),
    ("endless_message.py", CARTPOLE, "step_timeout", None, "one call may take 100 ms"),
    ("endless_number.py", CARTPOLE, "step_timeout", None, "one call may take 100 ms"),
    ("endless_import.py", CARTPOLE, "import_timeout", None, "it may take 500 ms"),
    ("exits.py", CARTPOLE, "died", None, "exit status 0"),
    ("sys_exits.py", CARTPOLE, "raised", 5, "SystemExit: enough"),
    ("segfaults.py", CARTPOLE, "died", None, "SIGSEGV"),
    ("recursion.py", CARTPOLE, "raised", 2, "RecursionError"),
    ("memory.py", CARTPOLE, "memory", 2, "512 MB"),
    ("answers_ahead.py", CARTPOLE, "died", None, "bytes that are no reply"),
    ("writes_observation.py", CARTPOLE, "raised", 2, "read-only"),
]


@pytest.mark.parametrize("bad", BAD, ids=[row[0] for row in BAD])
def test_a_bad_policy_fails_alone(evaluator: Any, bad: tuple[str, str, str, int | None, str]) -> None:
    file, environment, code, line, words = bad
    limits = {"importMs": 500} if code == "import_timeout" else {}
    result = evaluator.evaluate(environment, file, range(3), **limits)
    failure = result["failure"]
    assert failure["code"] == code
    assert words in failure["message"]
    assert failure["line"] == line
    assert result["episodes"] == []
    honest = evaluator.evaluate(CARTPOLE, "balance.py", [0])
    assert honest["episodes"][0]["return"] == 500


def test_a_failure_names_seed_and_step_and_keeps_the_episodes_before_it(evaluator: Any) -> None:
    result = evaluator.evaluate(CARTPOLE, "fails_somewhere.py", range(40))
    played = len(result["episodes"])
    assert played > 0
    assert result["failure"]["seed"] == played
    assert [episode["seed"] for episode in result["episodes"]] == list(range(played))


def test_what_a_policy_prints_goes_nowhere(evaluator: Any) -> None:
    result = evaluator.evaluate(CARTPOLE, "shouts.py", range(3))
    quiet = evaluator.evaluate(CARTPOLE, "def act(observation): return 0", range(3))
    assert result["failure"] is None
    assert result["episodes"] == quiet["episodes"]


def test_nothing_crosses_from_one_episode_to_the_next(evaluator: Any) -> None:
    together = evaluator.evaluate(CARTPOLE, "hoarder.py", range(30))["episodes"]
    alone = [evaluator.evaluate(CARTPOLE, "hoarder.py", [seed])["episodes"][0] for seed in (0, 7, 29)]
    assert alone == [together[0], together[7], together[29]]


def test_a_class_is_reset_with_a_seed_of_its_own_and_its_spaces(evaluator: Any) -> None:
    result = evaluator.evaluate(CARTPOLE, "instance.py", range(4))
    assert result["failure"] is None


def test_a_policy_never_learns_the_environments_seed(evaluator: Any) -> None:
    source = (
        "class Policy:\n def reset(self, seed): assert seed != 5\n def act(self, observation): return 0\n"
    )
    assert evaluator.evaluate(CARTPOLE, source, [5])["failure"] is None


def test_a_declared_module_may_be_imported(evaluator: Any) -> None:
    source = "import psutil\n\ndef act(observation):\n    return 0\n"
    assert evaluator.evaluate(CARTPOLE, source, [0], imports=["psutil"])["failure"] is None
    assert evaluator.evaluate(CARTPOLE, source, [0])["failure"]["code"] == "import_failed"


def test_no_environment_variable_reaches_a_policy(evaluator: Any) -> None:
    source = (
        "import os\n\ndef act(observation):\n    assert not os.environ, sorted(os.environ)\n    return 0\n"
    )
    assert evaluator.evaluate(CARTPOLE, source, [0])["failure"] is None


def test_a_text_is_described_without_running(evaluator: Any) -> None:
    source = "GAIN = 1.0  # tune: [0, 2]\n\n1 / 0\n\ndef act(observation):\n    return 0\n"
    facts = evaluator.ask("policy.describe", {"source": source})
    assert facts["tunable"][0]["name"] == "GAIN"
    failure = evaluator.refuse("policy.describe", {"source": "def act(observation)\n"})
    assert failure["code"] == "syntax_error"
    assert failure["detail"]["line"] == 1
    assert evaluator.refuse("policy.describe", {"source": "x = 1\n"})["code"] == "no_act"
