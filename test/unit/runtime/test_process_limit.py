"""What is said where the system starts no more threads or processes: what happened, and what to do."""

from __future__ import annotations

import errno
import os

import pytest
from policybook.process_limit import find_process_limit_hint
from policybook.rollout.environment_pool import explain_exception
from policybook.rollout.failure_sentences import explain_fault
from policybook.rollout.failures import make_unplaced_fault
from stand_ins import ENVIRONMENT, LIMITS

REFUSED = RuntimeError("can't start new thread")
FORK_REFUSED = OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))


@pytest.mark.parametrize("error", [REFUSED, FORK_REFUSED], ids=["thread", "process"])
@pytest.mark.parametrize("spec", [ENVIRONMENT, {**ENVIRONMENT, "id": "CartPole-v1", "simulator": None}])
def test_an_environments_failure_says_what_to_do(error: Exception, spec: dict[str, object]) -> None:
    failure = explain_exception(spec, error, 3)  # type: ignore[arg-type]
    assert f"{type(error).__name__}: {error}" in failure.message
    assert "no more processes or threads" in failure.message
    assert "ulimit -u" in failure.message
    assert "seed 3" in failure.message


@pytest.mark.parametrize("error", [RuntimeError("another"), OSError(errno.ENOENT, "no file")])
def test_other_errors_have_no_such_hint(error: Exception) -> None:
    assert find_process_limit_hint(error) == ""


@pytest.mark.parametrize("code", ["raised", "import_failed"])
def test_a_policy_that_starts_threads_learns_that_it_may_not(code: str) -> None:
    fault = make_unplaced_fault(code, f"RuntimeError: {REFUSED}")
    message = explain_fault(fault, "", LIMITS, None, None).message
    assert "can't start new thread. A policy has one thread and no processes of its own: " in message
    assert message.endswith("it has to do its work in `act` itself.")
