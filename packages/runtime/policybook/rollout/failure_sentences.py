"""A policy's fault in one or two sentences for people: what happened, and what is allowed."""

from __future__ import annotations

from policybook.process_limit import THREAD_REFUSED
from policybook.protocol.messages import PolicyFailureCodeJson
from policybook.rollout.blocks import Limits
from policybook.rollout.failures import PolicyFailure
from policybook.sandbox.messages import FaultReport

PLACE_END = 1 << 31

WHOLE_TEXT = ("import_failed", "import_timeout", "no_act", "syntax_error")
"""Failures of the text as a whole: they name no seed and no step, wherever they show."""


def explain_fault(
    fault: FaultReport, allowed: str, limits: Limits, seed: int | None, step: int | None
) -> PolicyFailure:
    """Returns the failure that a fault of the policy's process means; `allowed` says what actions may be."""
    text = _clean_text(fault["text"])
    line, column = _read_place(fault["line"]), _read_place(fault["column"])
    hint = (
        " A policy has one thread and no processes of its own: it has to do its work in `act` itself."
        if THREAD_REFUSED in text
        else ""
    )
    step_ms, import_ms, memory = limits.step_ms, limits.import_ms, limits.memory_mb
    sentences: dict[PolicyFailureCodeJson, str] = {
        "syntax_error": f"The policy does not compile: {text}.",
        "no_act": f"The policy has no `act`: {text}. "
        "Define `act(observation)`, or `class Policy` with `act(self, observation)`.",
        "import_failed": f"Importing the policy failed: {text}."
        f"{hint or ' The standard library and NumPy are allowed.'}",
        "raised": f"The policy raised {text}.{hint}",
        "step_timeout": f"`act` had used {text} when it was ended; "
        f"one call may take {step_ms:g} ms (`policy: {{step: …}}`).",
        "import_timeout": f"Importing the policy had used {text} when it was ended; "
        f"it may take {import_ms:g} ms (`policy: {{import: …}}`).",
        "invalid_action": f"{text}. Allowed is {allowed}.",
        "memory": f"The policy needed more memory than it may use, {memory:g} MB.",
        "died": f"The policy's process ended while it was playing: {text}.",
    }
    code = next((known for known in sentences if known == fault["code"]), None)
    if code is None:
        code, no_answer = "died", "it answered what is no answer"
        sentences[code] = f"The policy's process ended while it was playing: {no_answer}."
    if code in WHOLE_TEXT:
        seed = step = None
    return PolicyFailure(code, sentences[code], line, column, seed, step)


def _read_place(value: object) -> int | None:
    """Returns a line or column, None for what no text can have: the policy's process may send anything."""
    return value if type(value) is int and 0 < value < PLACE_END else None


def _clean_text(value: object) -> str:
    text = str(value)[:600]
    return "".join(character if character.isprintable() else " " for character in text).rstrip(".")
