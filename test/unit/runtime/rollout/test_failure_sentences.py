"""The sentences that people read of a policy's fault."""

from __future__ import annotations

from dataclasses import replace

import pytest
from policybook.rollout.failure_sentences import explain_fault
from policybook.rollout.failures import make_unplaced_fault
from policybook.sandbox.analysis.import_gate import Gate, UndeclaredImportError
from stand_ins import LIMITS


def test_a_module_that_is_missing_says_what_may_be_imported_and_how_more_is_declared() -> None:
    limits = replace(LIMITS, imports=("scipy",))
    error = "ModuleNotFoundError: No module named 'scipi'"
    message = explain_fault(make_unplaced_fault("import_failed", error), "", limits, 1, 2).message
    assert "the standard library, NumPy and scipy" in message
    assert "`policy: {imports: [NAME]}`" in message


def test_a_module_that_is_not_declared_says_once_how_it_is_declared() -> None:
    with pytest.raises(UndeclaredImportError) as raised:
        Gate().find_spec("scipy.signal")
    error = f"UndeclaredImportError: {raised.value}"
    message = explain_fault(make_unplaced_fault("import_failed", error), "", LIMITS, None, None).message
    assert message.count("imports: [") == 1
    assert "declare it with `policy: {imports: [scipy]}`" in message


def test_another_exception_of_an_import_says_nothing_of_what_may_be_imported() -> None:
    fault = make_unplaced_fault("import_failed", "ZeroDivisionError: division by zero")
    assert explain_fault(fault, "", LIMITS, None, None).message == (
        "Importing the policy failed: ZeroDivisionError: division by zero."
    )


def test_a_fault_of_an_unknown_code_is_the_end_of_the_policys_process() -> None:
    failure = explain_fault(make_unplaced_fault("shrug", "?"), "", LIMITS, 3, 4)
    assert (failure.code, failure.seed, failure.step) == ("died", 3, 4)
    assert "a reply that policybook does not know" in failure.message
