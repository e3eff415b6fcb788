"""Texts that keep to an environment's mask: a policy decides, and what the mask forbids is replaced."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium.spaces import Dict, Discrete, MultiBinary, MultiDiscrete, Space, Tuple

from policybook.environments.action_masks import FREE, get_mask_key
from policybook.environments.legal_actions import find_observed_part
from policybook.protocol.messages import EnvironmentSpecJson

NEAREST = '''def pick_legal(wanted, mask, first):
    """Returns the legal number that is nearest to the wanted one."""
    if mask is None or mask[wanted - first]:
        return wanted
    legal = first + np.flatnonzero(mask)
    return int(legal[np.argmin(abs(legal - wanted))]) if len(legal) else wanted
'''

DRAWN = """    def pick_legal(self, wanted, mask, first):
        if mask is None or mask[wanted - first]:
            return wanted
        legal = first + np.flatnonzero(mask)
        return int(self.draw.choice(legal)) if len(legal) else wanted
"""


@dataclass(frozen=True)
class MaskAccess:
    """How a policy reads the mask: as the argument `key` of act, or as a part of a Dict observation."""

    key: str
    is_observed: bool
    part: str | None = None
    """The one other part of the observation, where there is one."""

    @property
    def parameters(self) -> str:
        """Returns the parameters of act."""
        return "observation" if self.is_observed else f"observation, {self.key}"

    @property
    def expression(self) -> str:
        """Returns the expression of the mask in act."""
        return f"observation[{self.key!r}]" if self.is_observed else self.key


def find_mask_access(spec: EnvironmentSpecJson, observed: Space[Any]) -> MaskAccess | None:
    """Returns how policies read an environment's mask, None where they get none."""
    key = get_mask_key(spec)
    if isinstance(observed, Dict) and key in observed.spaces:
        return MaskAccess(key, is_observed=True, part=find_observed_part(observed, key))
    return MaskAccess(key, is_observed=False) if key in (spec.get("info") or ()) else None


def obey_mask(source: str, space: Space[Any], access: MaskAccess | None) -> str:
    """Returns a text whose `act(observation)` keeps to the mask; as it is where there is none.

    What the policy decides is replaced by the nearest action that is legal.
    """
    # No text or name that stands within a line is taken for the function.
    head = "\ndef act(observation):"
    if access is None or head not in source:
        return source
    seen = "observation" if access.part is None else f"observation[{access.part!r}]"
    legal = write_legal(space, "wanted", access.expression, "pick_legal")
    decided = source.replace(head, "\ndef decide(observation):").rstrip("\n")
    act = (
        f"def act({access.parameters}):\n    wanted = decide({seen})\n"
        f"    return wanted if {access.expression} is None else {legal}\n"
    )
    helper = f"{NEAREST}\n\n" if "pick_legal" in legal else ""
    return _import_numpy(f"{decided}\n\n\n{helper}{act}")


def write_legal(space: Space[Any], wanted: str, mask: str, pick: str) -> str:
    """Returns the expression of the action `wanted` with what `mask` forbids replaced by the function `pick`.

    Both are expressions; that of the mask is not None.
    """
    if isinstance(space, Discrete):
        return f"{pick}({wanted}, {mask}, {int(space.start)})"
    if isinstance(space, MultiDiscrete):
        ends = np.cumsum(space.nvec.ravel())[:-1].tolist()
        masks = f"({mask} if np.ndim({mask}[0]) else np.split({mask}, {ends}))"
        firsts = space.start.ravel().tolist()
        rows = f"zip(np.ravel({wanted}), {masks}, {firsts})"
        each = f"{pick}(int(each), legal, first) for each, legal, first in {rows}"
        return f"np.array([{each}], dtype=np.{space.dtype}).reshape({tuple(space.shape)!r})"
    if isinstance(space, MultiBinary):
        return f"np.where(np.asarray({mask}) == {FREE}, {wanted}, {mask}).astype(np.{space.dtype})"
    if isinstance(space, Tuple):
        parts = [
            _write_part(part, f"{wanted}[{number}]", f"{mask}[{number}]", pick)
            for number, part in enumerate(space.spaces)
        ]
        return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"
    if isinstance(space, Dict):
        named = {
            name: _write_part(part, f"{wanted}[{name!r}]", f"{mask}[{name!r}]", pick)
            for name, part in space.spaces.items()
        }
        return f"{{{', '.join(f'{name!r}: {text}' for name, text in named.items())}}}"
    return wanted


def _write_part(space: Space[Any], wanted: str, mask: str, pick: str) -> str:
    legal = write_legal(space, wanted, mask, pick)
    return wanted if legal == wanted else f"({wanted} if {mask} is None else {legal})"


def _import_numpy(source: str) -> str:
    """Imports NumPy below the docstring where the text does not do so already."""
    if "import numpy as np" in source:
        return source
    lines = source.split("\n")
    end = ast.parse(source).body[0].end_lineno or 1
    return "\n".join([*lines[:end], "", "import numpy as np", *lines[end:]])
