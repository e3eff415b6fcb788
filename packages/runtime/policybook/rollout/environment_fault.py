"""What an environment did wrong in an episode, with its place, in words for people."""

from __future__ import annotations

import signal
from dataclasses import dataclass

from policybook.protocol.messages import EnvironmentSpecJson
from policybook.rollout.failures import RequestFailedError
from policybook.rollout.pulse import Operation, OperationPlace

MAX_FAULTS_IN_A_ROW = 10
"""An environment that breaks off so many episodes one after another is broken."""

MAX_HANGS_IN_A_ROW = 3
"""So many hangs one after another are enough: each takes as long as the clock allows."""

MAX_WORDS = 300


@dataclass(frozen=True)
class EnvironmentFault:
    """A fault of an environment that ended an episode.

    `cause` says what it was, as after "3 of 600 episodes lost: ", and `sentence` the whole of it, with the
    environment's name and the place. `step` is None outside of a step.
    """

    code: str
    sentence: str
    cause: str
    seed: int | None
    line: int | None = None
    is_hang: bool = False
    step: int | None = None

    def make_failure(self, end: str = "") -> RequestFailedError:
        """Returns the failure of a request that the fault ends; `end` is put behind its sentence."""
        detail = {"line": self.line} if self.code == "simulator_error" else None
        return RequestFailedError(self.code, f"{self.sentence}{end}", detail)

    def make_failure_in_a_row(self, count: int) -> RequestFailedError:
        """Returns the failure of a request for which so many episodes were lost one after another."""
        times = "Every attempt" if count < 2 else f"{count} episodes in a row"
        return self.make_failure(f". {times} ended so: the environment has to be mended.")


class EpisodeLostError(Exception):
    """An environment's fault has ended an episode that trusted code played; another may be played."""

    def __init__(self, fault: EnvironmentFault) -> None:
        super().__init__(fault.sentence)
        self.fault = fault


def get_environment_name(spec: EnvironmentSpecJson) -> str:
    """Returns a registered environment's id, or a simulator's name."""
    simulator = spec["simulator"]
    return str(spec["id"]) if simulator is None else simulator["name"]


def describe_environment(spec: EnvironmentSpecJson) -> str:
    """Returns an environment's name as a sentence begins with it."""
    name = get_environment_name(spec)
    return name if spec["simulator"] is None else f"the simulator {name}"


def format_step(step: int) -> str:
    """Returns a step as people count it, from 1, as in "step 313"; everything else counts from 0."""
    return f"step {step + 1}"


def format_place(seed: int | None, step: int | None) -> str:
    """Returns where in which episode something happened, in brackets; nothing where no episode is known."""
    if seed is None:
        return ""
    return f" (seed {seed}, in reset)" if step is None else f" (seed {seed}, {format_step(step)})"


def describe_hang(spec: EnvironmentSpecJson, place: OperationPlace, seconds: float) -> EnvironmentFault:
    """Returns the fault of an operation that took longer than its clock allows."""
    operation = place.operation.name.lower()
    where = _format_place(place)
    what = "was not made" if place.operation is Operation.MAKE else f"did not answer to {operation}"
    allow = (
        "nothing waits longer for it"
        if place.operation is Operation.CLOSE
        else f"`environment: {{{operation}: …}}` in an %%environment or %%learn cell allows more"
    )
    return EnvironmentFault(
        _choose_code(spec),
        f"{describe_environment(spec)} {what} within {seconds:g} s{where}; {allow}",
        f"no answer to {operation} within {seconds:g} s{where}",
        place.seed,
        is_hang=True,
        step=_get_step(place),
    )


def describe_stay(place: OperationPlace, seconds: float) -> str:
    """Returns in which operation an environment has been for so long, as after "the environment was "."""
    match place.operation:
        case Operation.STEP:
            where = f"in {format_step(place.step)} of seed {place.seed}"
        case Operation.RESET:
            where = f"in the reset of seed {place.seed}"
        case Operation.CLOSE:
            where = "being closed"
        case _:
            where = "being made"
    return f"{where} for {seconds:.0f} s" if seconds >= 1 else f"{where} for {seconds:.1f} s"


def describe_status(status: int) -> str:
    """Returns how a process ended, from its exit status, which is below 0 for a signal."""
    return f"by {signal.Signals(-status).name}" if status < 0 else f"with exit status {status}"


def describe_death(
    spec: EnvironmentSpecJson, place: OperationPlace, end: str, last_line: str | None
) -> EnvironmentFault:
    """Returns the fault of an operation in which the process ended; `end` says how, as in "by SIGSEGV"."""
    doing = "while it was made" if place.operation is Operation.MAKE else f"in {place.operation.name.lower()}"
    where = _format_place(place)
    words = "" if not last_line else f'; the last line of its output was "{last_line[:MAX_WORDS]}"'
    return EnvironmentFault(
        _choose_code(spec),
        f"{describe_environment(spec)} ended its process {doing}, {end}{where}{words}",
        f"the process ended {doing}, {end}{where}",
        place.seed,
        step=_get_step(place),
    )


def _format_place(place: OperationPlace) -> str:
    return format_place(place.seed, _get_step(place))


def _get_step(place: OperationPlace) -> int | None:
    return place.step if place.operation is Operation.STEP else None


def _choose_code(spec: EnvironmentSpecJson) -> str:
    return "environment_error" if spec["simulator"] is None else "simulator_error"
