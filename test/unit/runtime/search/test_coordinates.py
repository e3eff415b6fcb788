"""Roles of coordinates, found in made-up transitions."""

from __future__ import annotations

import numpy as np
import pytest
from policybook.search.coordinates import read_coordinates
from policybook.search.probe import Transitions
from policybook.source.names import make_identifiers


def spinning(steps: int = 400) -> Transitions:
    """Columns: a speed, twice a sine, a flag, a cosine, the position that goes with the speed, a constant."""
    rng = np.random.default_rng(0)
    turn = np.cumsum(rng.normal(0.1, 0.05, steps + 1))
    speed = np.cumsum(rng.normal(0, 0.1, steps + 1))
    place = np.cumsum(-0.05 * speed)
    flag = (rng.random(steps + 1) < 0.1).astype(float)
    rows = np.stack([speed, 2 * np.sin(turn), flag, np.cos(turn), place, np.full(steps + 1, 3.0)], axis=1)
    return Transitions(rows[:-1], np.zeros(steps), rows[1:], np.zeros(steps), np.zeros(steps, bool))


def test_roles_are_found_whatever_the_order_and_scale() -> None:
    coordinates = read_coordinates(spinning(), None)
    assert coordinates.flags == (2,)
    assert coordinates.raw == (0, 4)
    (angle,) = coordinates.angles
    assert {angle.cosine, angle.sine} == {1, 3}
    (velocity,) = [v for v in coordinates.velocities if coordinates.names[v.of] == "o4"]
    assert coordinates.names[velocity.index] == "o0"
    assert velocity.rate == pytest.approx(-0.05, rel=0.1)


def test_an_angle_is_read_in_radians_from_scaled_coordinates() -> None:
    steps = spinning()
    (angle,) = read_coordinates(steps, None).angles
    turned = np.unwrap(angle.read(steps.before))
    true = np.unwrap(np.arctan2(steps.before[:, 1] / 2, steps.before[:, 3]))
    assert np.ptp(np.abs(np.diff(turned)) - np.abs(np.diff(true))) < 1e-6


def test_changes_of_angles_take_the_short_way() -> None:
    coordinates = read_coordinates(spinning(), None)
    before, after = np.array([[0.0, 0.0, 3.1]]), np.array([[0.0, 0.0, -3.1]])
    assert coordinates.measure_change(before, after)[0, 2] == pytest.approx(2 * np.pi - 6.2)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (None, ("o0", "o1", "o2")),
        (("x", "x", "vx"), ("x", "x_", "vx")),
        (("Left leg", "class", "2nd"), ("left_leg", "class_", "o2nd")),
        (("x",), ("x", "o1", "o2")),
        (("np", "math", ""), ("np_", "math_", "o2")),
    ],
)
def test_names_become_distinct_identifiers(names: tuple[str, ...] | None, expected: tuple[str, ...]) -> None:
    assert make_identifiers(names, 3) == expected


def test_an_angle_takes_no_name_that_means_something() -> None:
    names = ("speed", "sin_max", "touch", "cos_max", "place", "rest")
    assert read_coordinates(spinning(), names).angles[0].name == "max_"


def test_angles_take_their_name_from_their_coordinates() -> None:
    names = ("speed", "sin_tip", "touch", "cos_tip", "place", "rest")
    assert read_coordinates(spinning(), names).angles[0].name == "tip"
