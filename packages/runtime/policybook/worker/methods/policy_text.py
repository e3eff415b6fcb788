"""Turns errors of a policy's text into a request's failures."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from policybook.rollout.failures import PolicyFailedError, RequestFailedError
from policybook.source.document import PolicyTextError

T = TypeVar("T")


def raise_as_request_failure(work: Callable[[], T]) -> T:
    """Returns the work's result; raises RequestFailedError where the text is no policy or fails."""
    try:
        return work()
    except PolicyTextError as error:
        detail = {"line": error.line, "column": error.column}
        raise RequestFailedError(error.code, error.message, detail) from error
    except PolicyFailedError as error:
        raise RequestFailedError(
            error.failure.code, error.failure.message, error.failure.to_json()
        ) from error
