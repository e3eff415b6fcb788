"""A policy's fault in one or two sentences for people: what happened, and what is allowed."""

from __future__ import annotations

from policybook.process_limit import THREAD_REFUSED
from policybook.protocol.messages import PolicyFailureCodeJson
from policybook.rollout.blocks import Limits
from policybook.rollout.failures import PolicyFailure
from policybook.sandbox.messages import FaultReport

PLACE_END = 1 << 31

MISSING_MODULE = "ModuleNotFoundError"
"""How the text of a fault begins whose import found no module; one that is not declared says so itself."""

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
        "import_failed": f"Importing the policy failed: {text}.{hint or _explain_imports(text, limits)}",
        "raised": f"The policy raised {text}.{hint}",
        "step_timeout": f"`act` had used {text} when it was ended; "
        f"one call may take {step_ms:g} ms (`policy: {{step: …}}`).",
        "import_timeout": f"Importing the policy had used {text} when it was ended; "
        f"it may take {import_ms:g} ms (`policy: {{import: …}}`).",
        "invalid_action": f"{text}. Allowed is {allowed}.",
        "refused_action": f"`act` returned {text}. The environment takes other actions there.",
        "memory": f"The policy needed more memory than it may use, {memory:g} MB.",
        "died": f"The policy's process ended while it was playing: {text}.",
    }
    code = next((known for known in sentences if known == fault["code"]), None)
    if code is None:
        code = "died"
        sentences[code] = "The policy's process was ended: it sent a reply that policybook does not know."
    if code in WHOLE_TEXT:
        seed = step = None
    return PolicyFailure(code, sentences[code], line, column, seed, step)


def _explain_imports(text: str, limits: Limits) -> str:
    """Returns what may be imported, where a module was missing; else nothing."""
    if not text.startswith(MISSING_MODULE):
        return ""
    *names, last = ["the standard library", "NumPy", *limits.imports]
    return (
        f" Policies may import {', '.join(names)} and {last}; "
        "declare installed packages with `policy: {imports: [NAME]}`."
    )


def _read_place(value: object) -> int | None:
    """Returns a line or column, None for what no text can have: the policy's process may send anything."""
    return value if type(value) is int and 0 < value < PLACE_END else None


def _clean_text(value: object) -> str:
    text = str(value)[:600]
    return "".join(character if character.isprintable() else " " for character in text).rstrip(".")
