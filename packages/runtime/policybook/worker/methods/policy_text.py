"""Errors of a policy's text as a request's failures."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from policybook.rollout.failures import PolicyFailedError, RequestFailedError
from policybook.source.document import PolicyTextError

T = TypeVar("T")


def checked(work: Callable[[], T]) -> T:
    """The work's result; a text that is no policy, or a policy that fails, is a request's failure."""
    try:
        return work()
    except PolicyTextError as error:
        detail = {"line": error.line, "column": error.column}
        raise RequestFailedError(error.code, error.message, detail) from error
    except PolicyFailedError as error:
        raise RequestFailedError(
            error.failure.code, error.failure.message, error.failure.as_json()
        ) from error
