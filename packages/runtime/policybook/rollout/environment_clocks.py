"""How long an environment may take for one operation: as declared, or by default."""

from __future__ import annotations

import os
from typing import NamedTuple

from policybook.protocol.messages import EnvironmentSpecJson
from policybook.rollout.pulse import Operation
from policybook.rollout.settings import read_seconds

STEP_SECONDS = 30.0
RESET_SECONDS = 120.0
MAKE_SECONDS = 120.0

CLOSE_LIMIT_SECONDS = 10.0
"""A `close` that cannot be given up from within, as in a library in C, ends with its process by then."""

HUNG_VARIABLE = "POLICYBOOK_HUNG_SECONDS"


def read_hung_seconds() -> float:
    """Returns how long a worker may be silent outside an environment: the variable's, or `STEP_SECONDS`.

    Raises RequestFailedError where the variable holds no such number.
    """
    return read_seconds(HUNG_VARIABLE, STEP_SECONDS)


class EnvironmentClocks(NamedTuple):
    """The most seconds of a step, of a reset, and of making the environment."""

    step: float
    reset: float
    make: float

    @classmethod
    def from_spec(cls, spec: EnvironmentSpecJson) -> EnvironmentClocks:
        """Returns the declared clocks; for the others a variable's, where it is set, or the defaults."""
        declared = spec.get("clocks") or {}
        is_set = bool(os.environ.get(HUNG_VARIABLE))
        step, reset, make = (
            read_hung_seconds() if is_set else seconds
            for seconds in (STEP_SECONDS, RESET_SECONDS, MAKE_SECONDS)
        )
        return cls(declared.get("step", step), declared.get("reset", reset), declared.get("make", make))

    def get_seconds(self, operation: Operation) -> float:
        """Returns the most seconds of an operation."""
        match operation:
            case Operation.STEP:
                return self.step
            case Operation.RESET:
                return self.reset
            case Operation.CLOSE:
                return CLOSE_LIMIT_SECONDS
            case _:
                return self.make
