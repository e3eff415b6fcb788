"""A law by which weighted sums of an observation's numbers choose an action, and its text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium.spaces import Box, Discrete

from policybook.search.action_parts import ActionParts, make_array
from policybook.search.actuation import is_whole, write_box_action, write_level
from policybook.search.contract import Floats
from policybook.search.filling import Constant, add_imports, format_number, make_gain, wrap_sum
from policybook.search.probe import find_action_levels
from policybook.source.names import make_free_name

DIGITS = 3


@dataclass(frozen=True)
class LinearLaw:
    """Sums of d numbers: one for each of the m numbers of an action, or a score for each of m choices.

    Two choices have one score. `gains` (m, d) and `offsets` (m,) are in units of the observation and, for
    numbers of an action, of half its range around its middle.
    """

    space: Discrete[Any] | Box
    gains: Floats
    offsets: Floats

    def choose(self, numbers: Floats) -> Any:
        """Returns the action for an observation's d numbers, as environments of `take_apart` take it."""
        sums = self.gains @ numbers + self.offsets
        if isinstance(self.space, Discrete):
            number = int(sums[0] > 0) if len(sums) == 1 else int(np.argmax(sums))
            return int(self.space.start) + number
        low, _, high = find_action_levels(self.space)
        numbers = np.clip((low + high) / 2 + (high - low) / 2 * sums, low, high)
        return numbers if isinstance(self.space, ActionParts) else make_array(self.space, numbers.tolist())

    def count_terms(self) -> int:
        """Returns how many numbers of an observation are weighed, each time that one is."""
        return int(np.count_nonzero(self.gains))


def count_sums(space: Discrete[Any] | Box) -> int:
    """Returns how many sums a law for a space has."""
    if isinstance(space, Discrete):
        return 1 if space.n == 2 else int(space.n)
    return int(np.prod(space.shape))


def write_law(law: LinearLaw, names: Sequence[str], places: Sequence[str]) -> str:
    """Returns a policy's text.

    `names` are identifiers for the numbers of an observation, `places` the expressions that read them.
    """
    used = [index for index in range(len(names)) if law.gains[:, index].any()]
    sums = _name_sums(law.space, names)
    constants: list[str] = []
    lines: list[str] = []
    for row, target in enumerate(sums):
        terms: list[str] = []
        for index in used:
            gain = float(law.gains[row, index])
            if gain:
                constant = f"{target.upper()}_BY_{names[index].upper()}"
                constants.append(make_gain(_round(gain)).write_line(constant))
                terms.append(f"{constant} * {names[index]}")
        offset = _round(float(law.offsets[row]))
        if offset or not terms:
            constant = f"{target.upper()}_OFFSET"
            reach = max(1.0, abs(offset))
            constants.append(Constant(offset, offset - reach, offset + reach).write_line(constant))
            terms.append(constant)
        lines += wrap_sum(f"    {target} = ", terms)
    body = [
        '"""Choose by weighted sums of what is observed."""',
        *constants,
        "",
        "",
        "def act(observation):",
        *(f"    {names[index]} = {places[index]}" for index in used),
        *lines,
        f"    return {_write_choice(law.space, sums)}",
    ]
    return add_imports(body)


def _round(value: float) -> float:
    return float(format_number(value, DIGITS))


def _name_sums(space: Discrete[Any] | Box, names: Sequence[str]) -> list[str]:
    """Names each sum as something that no number of the observation is called."""
    count = count_sums(space)
    if count == 1:
        return [make_free_name("push", names)]
    stem = "score" if isinstance(space, Discrete) else "push"
    first = int(space.start) if isinstance(space, Discrete) else 1
    return [
        make_free_name(f"{stem}_{first + number}".replace("-", "minus_"), names) for number in range(count)
    ]


def _write_choice(space: Discrete[Any] | Box, sums: Sequence[str]) -> str:
    if isinstance(space, Discrete):
        start = int(space.start)
        if len(sums) == 1:
            return f"{start + 1} if {sums[0]} > 0 else {start}"
        chosen = f"int(np.argmax([{', '.join(sums)}]))"
        return f"{start} + {chosen}" if start else chosen
    return write_box_action(
        space, {index: _write_number(space, index, name) for index, name in enumerate(sums)}
    )


def _write_number(space: Box, index: int, name: str) -> str:
    """Writes a number of an action, within its bounds, whose middle is where its sum is nought."""
    least, _, most = (float(level) for level in find_action_levels(space)[:, index])
    low, high = (write_level(space, index, level) for level in (least, most))
    middle, half = (least + most) / 2, (most - least) / 2
    scaled = name if half == 1 else f"{format_number(half)} * {name}"
    shifted = f"{format_number(middle)} + {scaled}" if middle else scaled
    within = f"max({low}, min({high}, {shifted}))"
    return f"round({within})" if is_whole(space, index) else within
