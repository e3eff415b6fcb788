"""Claims of exported programs: seeds and intervals are the engine's; what `policybook verify` says."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from claimed_programs import ENVIRONMENT_HASH, EPISODES, NONCE, make_claim, verify_program
from policybook.cli import main
from policybook.environments.make import make_environment
from policybook.rollout.lost_episodes import derive_next_seed
from policybook.source.export import ExportOptions, export_program
from policybook.verification.audit_seeds import draw_audit_seeds
from policybook.verification.betting import compute_interval, compute_mean
from policybook.verification.claim import ClaimError, read_claim

VECTORS = json.loads(
    (Path(__file__).parents[3] / "fixtures" / "audit" / "vectors.json").read_text(encoding="utf-8")
)
POLE = '''"""Lean into the fall."""
SPIN = 0.5  # tune: [0, 1]


def act(observation):
    x, v, angle, spin = observation
    return 1 if angle + SPIN * spin > 0 else 0
'''
WOBBLY = "import random\n\ndef act(observation):\n    return random.SystemRandom().randrange(2)\n"
SPEC = {"id": "CartPole-v1", "simulator": None, "kwargs": {}, "observe": None, "maxEpisodeSteps": 60}
VERSIONS = {"python": "3.1.4", "gymnasium": "0.0.1"}


def program(source: str = POLE, play: str = POLE, **changes: Any) -> str:
    """An export with the claim of `play` over 12 episodes."""
    policy = hashlib.sha256(source.encode()).hexdigest()
    namespace: dict[str, Any] = {}
    exec(play, namespace)
    returns = []
    replaced = dict(changes.get("replaced", ()))
    for position, drawn in enumerate(draw_audit_seeds(policy, ENVIRONMENT_HASH, NONCE, EPISODES)):
        seed = replaced.get(position, drawn)
        env = make_environment(SPEC)
        observation, _ = env.reset(seed=seed)
        total, over = 0.0, False
        while not over:
            observation, reward, terminated, truncated, _ = env.step(namespace["act"](observation))
            total, over = total + float(reward), terminated or truncated
        returns.append(total)
    claim = make_claim(policy, returns, 500)
    claim |= {"environment": "CartPole-v1", "kwargs": {"größe": 'a "b" \\ c'}}
    return export_program(source, ExportOptions(SPEC, ["by first"], VERSIONS, claim | changes))


def test_audit_seeds_equal_those_that_the_engine_draws() -> None:
    key, later = VECTORS["key"], VECTORS["later"]
    seeds = draw_audit_seeds(
        key["policy"], key["environment"], key["nonce"], later["start"] + len(later["seeds"])
    )
    assert seeds[: len(VECTORS["seeds"])] == VECTORS["seeds"]
    assert seeds[later["start"] :] == later["seeds"]


@pytest.mark.parametrize("case", VECTORS["intervals"])
def test_intervals_equal_those_that_the_engine_computes(case: dict[str, Any]) -> None:
    low, high = compute_interval(case["returns"], case["low"], case["high"], case["confidence"])
    assert compute_mean(case["returns"]) == case["score"]["mean"]
    assert (low, high) == pytest.approx((case["score"]["low"], case["score"]["high"]), rel=1e-9)


def test_a_true_claim_is_reproduced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said, _ = verify_program(program(), tmp_path, capsys, "--episodes", "5")
    assert code == 0
    claimed, same, new = said.splitlines()[1:]
    assert "audit 2" in claimed
    assert NONCE in claimed
    assert same.endswith("reproduced exactly")
    assert "over 5 episodes" in new
    assert NONCE not in new


def test_seeds_that_took_the_place_of_lost_ones_are_played_and_must_follow_from_the_nonce(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = hashlib.sha256(POLE.encode()).hexdigest(), ENVIRONMENT_HASH
    third = draw_audit_seeds(*key, NONCE, 12)[2]
    follower = derive_next_seed(derive_next_seed(third))
    code, said, _ = verify_program(program(replaced=[[2, follower]]), tmp_path, capsys, "--episodes", "5")
    assert code == 0
    assert "1 of them took the places of seeds" in said
    code, said, problem = verify_program(program(replaced=[[2, 12345]]), tmp_path, capsys)
    assert code == 2
    assert "the seed 12345 of episode 2 does not follow from the nonce" in problem


def test_a_claim_that_is_not_reproduced_names_the_versions(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said, _ = verify_program(program(mean=499.0), tmp_path, capsys)
    assert code == 1
    assert "not reproduced" in said
    assert "gymnasium" in said.splitlines()[-1]
    assert "claimed with 0.0.1" in said.splitlines()[-1]
    code, said, _ = verify_program(program(WOBBLY), tmp_path, capsys)
    assert code == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text.replace("SPIN = 0.5", "SPIN = 0.4"), "the policy was edited after the export"),
        (lambda text: text.replace("terminated or", "False or"), "the code that plays it was edited"),
        (lambda text: "print('mine')\n", "no program that %export wrote"),
        (lambda text: export_program(text, ExportOptions(SPEC, [], VERSIONS)), "carries no audit"),
        (lambda text: text.replace("# nonce", "# once"), "not complete"),
        (lambda text: text.replace("# nonce = ", "# nonce = ="), "cannot be read"),
    ],
    ids=["policy", "player", "other", "unaudited", "incomplete", "garbled"],
)
def test_a_file_that_makes_no_valid_claim_is_refused_with_the_reason(
    change: Any, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, complaint = verify_program(change(program()), tmp_path, capsys)
    assert (code, said in complaint) == (2, True), complaint


@pytest.mark.parametrize("kind", ["folder", "device", "large"])
def test_what_cannot_be_a_program_is_not_read(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = {"folder": tmp_path, "device": Path("/dev/zero"), "large": tmp_path / "large.py"}[kind]
    if kind == "large":
        with path.open("wb") as file:
            file.truncate(1 << 40)
    assert main(["verify", str(path)]) == 2
    said = "larger than what %export writes" if kind == "large" else "it is no regular file"
    assert said in capsys.readouterr().err


def test_a_missing_package_and_a_broken_program_say_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, complaint = verify_program(program("import absent_package\n" + POLE), tmp_path, capsys)
    assert code == 2
    assert "pip install" in complaint
    assert "absent_package" in complaint
    code, _, complaint = verify_program(program("1 / 0\n" + POLE), tmp_path, capsys)
    assert code == 2
    assert "ZeroDivisionError" in complaint
    assert main(["verify", str(tmp_path / "nowhere.py")]) == 2


def test_line_ends_and_exporting_again_change_no_claim() -> None:
    text = program()
    claim = read_claim(text)
    assert read_claim(text.replace("\n", "\r\n")) == claim
    assert claim.versions == VERSIONS
    assert "numpy" in claim.dependencies
    with pytest.raises(ClaimError):
        read_claim(export_program(text, ExportOptions(SPEC, ["again"], VERSIONS)))


def test_a_failed_episode_counts_as_the_lower_bound(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said, _ = verify_program(
        program("def act(observation):\n    raise ValueError\n", mean=0.0), tmp_path, capsys
    )
    assert code == 0
    assert "same seeds  0 [" in said
