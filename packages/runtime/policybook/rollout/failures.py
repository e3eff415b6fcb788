"""Failures that are expected: a request's, and a policy's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from policybook.protocol.messages import PolicyFailureCodeJson, PolicyFailureJson
from policybook.sandbox.messages import FaultReport


class RequestFailedError(Exception):
    """A request that cannot be answered; `code` and `detail` are as the protocol's methods list them."""

    def __init__(self, code: str, message: str, detail: Mapping[str, object] | None = None) -> None:
        super().__init__(code, message, detail)
        self.code = code
        self.message = message
        self.detail: Mapping[str, object] = detail or {}


@dataclass(frozen=True)
class PolicyFailure:
    """Why a policy's evaluation ended early: the policy's fault, never the evaluator's."""

    code: PolicyFailureCodeJson
    message: str
    line: int | None = None
    column: int | None = None
    seed: int | None = None
    step: int | None = None

    def to_json(self) -> PolicyFailureJson:
        """Returns the failure as the protocol's `policyFailure`."""
        return {
            "code": self.code,
            "message": self.message,
            "line": self.line,
            "column": self.column,
            "seed": self.seed,
            "step": self.step,
        }


def make_unplaced_fault(code: str, text: str) -> FaultReport:
    """Returns a fault in the form of a policy's process, with no line of the text to blame."""
    return {"code": code, "text": text, "line": None, "column": None}


class PolicyFailedError(Exception):
    """A policy that a job has played failed."""

    def __init__(self, failure: PolicyFailure) -> None:
        super().__init__(failure)
        self.failure = failure

    def __str__(self) -> str:
        return self.failure.message
