"""Reading an observation: which coordinates are contacts, angles, positions, velocities, in what scale.

Everything is found in the probe's transitions; a name, where the user gave one, is only ever printed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np

from policybook.search.contract import Floats
from policybook.search.probe import Transitions
from policybook.source.names import make_free_name, make_identifiers

RATE_CORRELATION = 0.9  # |corr(change of i, j)| from which j is called the velocity of i
CIRCLE_RESIDUAL = 1e-3  # relative deviation from an ellipse up to which two coordinates are called an angle


@dataclass(frozen=True)
class Angle:
    """Two coordinates on an ellipse, read as one angle: atan2(sine / sine_scale, cosine / cosine_scale)."""

    name: str
    cosine: int
    sine: int
    cosine_scale: float
    sine_scale: float

    def read(self, observations: Floats) -> Floats:
        """Returns the angles (N,) of observations (N, d), in radians."""
        return np.asarray(
            np.arctan2(
                observations[:, self.sine] / self.sine_scale, observations[:, self.cosine] / self.cosine_scale
            )
        )


@dataclass(frozen=True)
class Velocity:
    """State coordinate `of` changes by `rate` × coordinate `index` in a step; `correlation` says how sure."""

    index: int
    of: int
    rate: float
    correlation: float


@dataclass(frozen=True)
class Coordinates:
    """An observation of d numbers, read as a state: raw continuous coordinates, then angles.

    State index k < len(raw) means observation coordinate raw[k]; the others are `angles`.
    """

    observed: tuple[str, ...]
    raw: tuple[int, ...]
    angles: tuple[Angle, ...]
    flags: tuple[int, ...]
    velocities: tuple[Velocity, ...] = ()
    scale: Floats = field(default_factory=lambda: np.zeros(0))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the state's coordinates."""
        return tuple(self.observed[i] for i in self.raw) + tuple(angle.name for angle in self.angles)

    def read_states(self, observations: Floats) -> Floats:
        """Returns the states (N, n) of observations (N, d)."""
        columns = [observations[:, i] for i in self.raw] + [angle.read(observations) for angle in self.angles]
        return np.stack(columns, axis=1) if columns else np.zeros((len(observations), 0))

    def measure_change(self, before: Floats, after: Floats) -> Floats:
        """Returns the difference of two arrays of states, angles by the short way round."""
        delta = after - before
        circle = delta[:, len(self.raw) :]
        delta[:, len(self.raw) :] = (circle + np.pi) % (2 * np.pi) - np.pi
        return np.asarray(delta)


def read_coordinates(steps: Transitions, names: tuple[str, ...] | None) -> Coordinates:
    """Finds flags, angles, velocities and scales in a probe."""
    rows = np.concatenate([steps.before, steps.after])
    observed = make_identifiers(names, rows.shape[1])
    values = [np.unique(column) for column in rows.T]
    flags = tuple(i for i, v in enumerate(values) if len(v) == 2)
    moving = [i for i, v in enumerate(values) if len(v) > 2]
    angles = _find_angles(rows, moving, observed)
    in_angles = {i for angle in angles for i in (angle.cosine, angle.sine)}
    raw = tuple(i for i in moving if i not in in_angles)
    # A flag that has not been up yet is constant so far; it looks like a dead coordinate.
    plain = Coordinates(observed, raw, angles, flags)
    state = plain.read_states(rows)
    scale = np.maximum(np.quantile(np.abs(state), 0.98, axis=0), 1e-9) if state.size else np.zeros(0)
    free = find_free_steps(plain, steps)
    before, after = plain.read_states(steps.before[free]), plain.read_states(steps.after[free])
    velocities = _find_velocities(plain.measure_change(before, after), (before + after) / 2, len(raw))
    return Coordinates(observed, raw, angles, flags, velocities, scale)


def find_free_steps(coordinates: Coordinates, steps: Transitions) -> Floats:
    """Returns the mask (N,) of the steps that neither end the episode nor touch anything.

    A step touches nothing where every flag has its usual value.
    """
    free = ~steps.terminated
    for flag in coordinates.flags:
        usual = np.median(steps.before[:, flag])
        free &= (steps.before[:, flag] == usual) & (steps.after[:, flag] == usual)
    return np.asarray(free)


def _find_angles(rows: Floats, moving: list[int], observed: tuple[str, ...]) -> tuple[Angle, ...]:
    found: list[Angle] = []
    free = list(moving)
    for i in moving:
        for j in [j for j in free if j > i and i in free]:
            squares = rows[:, [i, j]] ** 2
            weights, *_ = np.linalg.lstsq(squares, np.ones(len(rows)), rcond=None)
            if np.all(weights > 0) and np.std(squares @ weights) < CIRCLE_RESIDUAL:
                name = _name_angle(observed[i], observed[j], len(found), observed)
                scales = 1 / np.sqrt(weights)
                found.append(Angle(name, i, j, float(scales[0]), float(scales[1])))
                free = [k for k in free if k not in (i, j)]
                break
    return tuple(found)


def _name_angle(first: str, second: str, count: int, taken: tuple[str, ...]) -> str:
    """Names an angle: `cos_tip` and `sin_tip` make `tip`, anything else `angle`, `angle2` and so on."""
    stems = {re.sub(r"^(cos|sin)(e|ine)?_?|_?(cos|sin)(e|ine)?$", "", name) for name in (first, second)}
    stem = stems.pop() if len(stems) == 1 else ""
    name = stem if stem.isidentifier() else f"angle{stem or (count + 1 if count else '')}"
    return make_free_name(name, taken)


def _find_velocities(change: Floats, middle: Floats, raw: int) -> tuple[Velocity, ...]:
    """Returns for each state coordinate the raw coordinate that its change follows, best pairs first."""
    candidates: list[Velocity] = []
    for of in range(change.shape[1]):
        for index in range(raw):
            spread = np.std(change[:, of]) * np.std(middle[:, index]) if len(change) > 2 else 0.0
            if index == of or spread < 1e-12:
                continue
            correlation = float(np.corrcoef(change[:, of], middle[:, index])[0, 1])
            rate = float(change[:, of] @ middle[:, index] / (middle[:, index] @ middle[:, index]))
            if abs(correlation) > RATE_CORRELATION:
                candidates.append(Velocity(index, of, rate, correlation))
    candidates.sort(key=lambda v: -abs(v.correlation))
    chosen: list[Velocity] = []
    for candidate in candidates:
        if all(
            candidate.index not in (v.index, v.of) and candidate.of not in (v.of, v.index) for v in chosen
        ):
            chosen.append(candidate)
    return tuple(chosen)
