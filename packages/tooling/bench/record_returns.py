"""Records `test/fixtures/returns/lunarlander-v3.json`: what 26 controllers return on 2,000 common seeds.

    .venv/bin/python packages/tooling/bench/record_returns.py

One landing program with 26 settings of its eight constants, from hardly moved to far off, so that some are
as good as each other, some crash rarely, some often. Statistics of the loop are tried on these returns in the
unit tests and by `npm run bench -- learning-loop`, because invented noise has no such tails. Takes about five
minutes of two cores.
"""

import base64
import json
import math
import random
from datetime import UTC, datetime
from importlib.metadata import version
from multiprocessing import Pool
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np

FILE = Path(__file__).parents[3] / "test" / "fixtures" / "returns" / "lunarlander-v3.json"
ENVIRONMENT = "LunarLander-v3"
CONTROLLERS, SEEDS = 26, 2000
WRITTEN = {
    "SINK": 0.45, "TOUCHDOWN": 0.09, "BRAKE": 1.4, "GAIN_X": 0.58,
    "GAIN_VX": 1.14, "STIFFNESS": 2.1, "DAMPING": 2.2, "SLACK": 0.15,
}  # fmt: skip


def constants(number: int) -> dict[str, float]:
    """Controller 0 has the written constants; the higher the number, the further off they are."""
    draws = random.Random(number)  # noqa: S311 - no secret
    spread = 0.06 * number**0.75
    return {name: round(value * math.exp(spread * draws.gauss(0, 1)), 3) for name, value in WRITTEN.items()}


def act(c: dict[str, float], observation: Any) -> int:
    """Sink slower the lower it is, and lean against the drift."""
    x, y, vx, vy, angle, spin, left, right = (float(value) for value in observation)
    thrust = c["BRAKE"] * (-c["SINK"] * y - c["TOUCHDOWN"] - vy)
    turn = c["STIFFNESS"] * (c["GAIN_X"] * x + c["GAIN_VX"] * vx - angle) - c["DAMPING"] * spin
    if left or right:
        turn = 0.0
    if thrust > max(abs(turn) - c["SLACK"], 0.0):
        return 2
    if abs(turn) > c["SLACK"]:
        return 1 if turn > 0 else 3
    return 0


def returns_of(number: int) -> list[float]:
    """The controller's return on every seed."""
    environment = gymnasium.make(ENVIRONMENT, disable_env_checker=True)
    chosen = constants(number)
    found = []
    for seed in range(SEEDS):
        observation, _ = environment.reset(seed=seed)
        total, over = 0.0, False
        while not over:
            observation, reward, terminated, truncated, _ = environment.step(act(chosen, observation))
            total += float(reward)
            over = terminated or truncated
        found.append(total)
    return found


def main() -> None:
    """Plays and writes."""
    with Pool() as pool:
        matrix = np.array(pool.map(returns_of, range(CONTROLLERS), chunksize=1))
    packed = np.round(matrix * 10).astype("<i2")
    record = {
        "environment": ENVIRONMENT,
        "versions": {package: version(package) for package in ("gymnasium", "box2d", "numpy")},
        "recorded": datetime.now(UTC).date().isoformat(),
        "seeds": f"0 to {SEEDS - 1}, one column each",
        "unit": "tenths of a return, 16-bit little-endian integers, base64: one text a controller",
        "controllers": [
            {"constants": constants(number), "mean": round(float(matrix[number].mean()), 2)}
            for number in range(CONTROLLERS)
        ],
        "returns": [base64.b64encode(row.tobytes()).decode() for row in packed],
    }
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(f"{FILE}: means {sorted((round(float(row.mean()), 1) for row in matrix), reverse=True)}")


if __name__ == "__main__":
    main()
