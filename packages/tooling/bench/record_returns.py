"""Records `test/fixtures/returns/NAME.json`: what 26 controllers of one environment return on common seeds.

    .venv/bin/python packages/tooling/bench/record_returns.py NAME...

Each environment has one program with 26 settings of its constants, from hardly moved to far off, so that some
are as good as each other, some fail rarely, some often. Statistics of the loop are tried on these returns in
the unit tests and by `npm run bench -- learning-loop` and `-- decisions`, because invented noise has no such
tails. `lunarlander-v3` takes about five minutes of two cores, all others together about as long.
"""

import argparse
import base64
import json
import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from multiprocessing import Pool
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np

FOLDER = Path(__file__).parents[3] / "test" / "fixtures" / "returns"
CONTROLLERS = 26
UNIT = "returns divided by the resolution, 16-bit little-endian integers, base64: one text a controller"

Constants = dict[str, Any]


def moved(written: dict[str, float], spread: float, digits: int, number: int) -> Constants:
    """Controller 0 has the written constants; the higher the number, the further off they are."""
    draws = random.Random(number)  # noqa: S311 - no secret
    width = spread * number**0.75
    return {
        name: round(value * math.exp(width * draws.gauss(0, 1)), digits) for name, value in written.items()
    }


def land(c: Constants, observation: Any) -> int:
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


def balance(c: Constants, observation: Any) -> int:
    """Push to where the pole leans."""
    x, v, angle, spin = (float(value) for value in observation)
    return int(c["X"] * x + c["V"] * v + c["ANGLE"] * angle + c["SPIN"] * spin > 0)


def swing_up(c: Constants, observation: Any) -> Any:
    """Pump energy in until the pole is nearly up, then hold it there."""
    cosine, sine, speed = (float(value) for value in observation)
    if cosine > c["CATCH"]:
        torque = -c["STIFFNESS"] * math.atan2(sine, cosine) - c["DAMPING"] * speed
    else:
        energy = 0.5 * speed * speed + 15 * c["GRAVITY"] * (cosine - 1)
        torque = -c["PUMP"] * energy * (1 if speed > 0 else -1)
    return np.array([torque], dtype=np.float32)


def swing_higher(c: Constants, observation: Any) -> int:
    """Push with the swing of both links."""
    push = c["FIRST"] * observation[4] + c["SECOND"] * observation[5] + c["BEND"] * observation[3]
    return 0 if push > 0 else 2


def rock(c: Constants, observation: Any) -> int:
    """Push with the movement, and turn where the slope has given all it can."""
    position, speed = (float(value) for value in observation)
    place = position + 0.5
    return 2 if speed + c["OFFSET"] + c["SLOPE"] * place + c["CURVE"] * place**2 > 0 else 0


def walk(c: Constants, observation: Any) -> int:
    """One action a cell."""
    return int(c["TABLE"][int(observation)])


def draw_table(number: int) -> Constants:
    """The best action of each cell by value iteration, chosen under noise that grows with the number."""
    draws = random.Random(number)  # noqa: S311 - no secret
    chances = gymnasium.make("FrozenLake-v1", map_name="8x8").unwrapped.P  # type: ignore[attr-defined]
    values = np.zeros(64)
    for _ in range(2000):
        gains = np.array(
            [
                [
                    sum(
                        chance * (reward + 0.999 * values[there] * (not over))
                        for chance, there, reward, over in way
                    )
                    for way in chances[cell].values()
                ]
                for cell in range(64)
            ]
        )
        values = gains.max(axis=1)
    noise = 0.006 * number**0.8 * float(values.max())
    noisy = [[gain + noise * draws.gauss(0, 1) for gain in row] for row in gains]
    return {"TABLE": "".join(str(int(np.argmax(row))) for row in noisy)}


@dataclass(frozen=True)
class Recording:
    """One environment with its program; `kind` says what is special about its returns."""

    environment: str
    kind: str
    constants: Callable[[int], Constants]
    act: Callable[[Constants, Any], Any]
    threshold: float | None
    resolution: float = 1
    """What one unit of the packed integers is."""
    seeds: int = 400
    kwargs: dict[str, Any] = field(default_factory=dict)
    packages: tuple[str, ...] = ("gymnasium", "numpy")


LANDER = {
    "SINK": 0.45, "TOUCHDOWN": 0.09, "BRAKE": 1.4, "GAIN_X": 0.58,
    "GAIN_VX": 1.14, "STIFFNESS": 2.1, "DAMPING": 2.2, "SLACK": 0.15,
}  # fmt: skip
CART = {"X": 0.05, "V": 0.12, "ANGLE": 1.0, "SPIN": 0.9}
PENDULUM = {"CATCH": 0.85, "STIFFNESS": 12.0, "DAMPING": 3.0, "GRAVITY": 1.0, "PUMP": 1.0}
ACROBOT = {"FIRST": 1.0, "SECOND": 0.1, "BEND": 0.1}
CAR = {"OFFSET": 0.003, "SLOPE": 0.02, "CURVE": -0.06}

RECORDINGS = {
    "lunarlander-v3": Recording(
        "LunarLander-v3", "rare crashes that cost the whole range",
        partial(moved, LANDER, 0.06, 3), land, 200,
        resolution=0.1, seeds=2000, packages=("gymnasium", "box2d", "numpy"),
    ),
    "mountaincar-v0": Recording(
        "MountainCar-v0", "rare failures to arrive, at the floor of returns",
        partial(moved, CAR, 0.07, 5), rock, -110,
    ),
    "frozenlake-8x8": Recording(
        "FrozenLake-v1", "success or nothing", draw_table, walk, 0.85, kwargs={"map_name": "8x8"},
    ),
    "pendulum-v1": Recording(
        "Pendulum-v1", "nearly deterministic: the seed alone decides what a good controller returns",
        partial(moved, PENDULUM, 0.07, 4), swing_up, None, resolution=0.1,
    ),
    "cartpole-v1": Recording(
        "CartPole-v1", "deterministic at a ceiling that most controllers reach",
        partial(moved, CART, 0.07, 4), balance, 475,
    ),
    "acrobot-v1": Recording(
        "Acrobot-v1", "heavy tails: a few episodes take many times as long",
        partial(moved, ACROBOT, 0.07, 4), swing_higher, -100,
    ),
}  # fmt: skip


def returns_of(name: str, number: int) -> list[float]:
    """The controller's return on every seed."""
    recording = RECORDINGS[name]
    environment = gymnasium.make(recording.environment, disable_env_checker=True, **recording.kwargs)
    chosen = recording.constants(number)
    found = []
    for seed in range(recording.seeds):
        observation, _ = environment.reset(seed=seed)
        total, over = 0.0, False
        while not over:
            action = recording.act(chosen, observation)
            observation, reward, terminated, truncated, _ = environment.step(action)
            total += float(reward)
            over = terminated or truncated
        found.append(total)
    return found


def record(name: str) -> None:
    """Plays one environment and writes its file."""
    recording = RECORDINGS[name]
    with Pool() as pool:
        matrix = np.array(pool.map(partial(returns_of, name), range(CONTROLLERS), chunksize=1))
    packed = np.round(matrix / recording.resolution).astype("<i2")
    kept = {
        "environment": recording.environment,
        "kwargs": recording.kwargs,
        "kind": recording.kind,
        "threshold": recording.threshold,
        "versions": {package: version(package) for package in recording.packages},
        "recorded": datetime.now(UTC).date().isoformat(),
        "seeds": f"0 to {recording.seeds - 1}, one column each",
        "resolution": recording.resolution,
        "unit": UNIT,
        "controllers": [
            {"constants": recording.constants(number), "mean": round(float(matrix[number].mean()), 3)}
            for number in range(CONTROLLERS)
        ],
        "returns": [base64.b64encode(row.tobytes()).decode() for row in packed],
    }
    file = FOLDER / f"{name}.json"
    file.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    print(
        f"{file}: means {sorted((round(float(row.mean()), 2) for row in matrix), reverse=True)}", flush=True
    )


def main() -> None:
    """Records the environments that are named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", nargs="+", choices=sorted(RECORDINGS))
    for name in parser.parse_args().name:
        record(name)


if __name__ == "__main__":
    main()
