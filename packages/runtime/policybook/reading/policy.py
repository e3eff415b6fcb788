"""A policy of a run or a comparison: its text, and the text as something to call."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any


class ChangedPolicyError(ValueError):
    """The file of a policy holds another text than its run or comparison wrote, of which its scores are."""


class Policy:
    """One candidate's text. Calling it runs the text in this Python, as trusted code: read it first.

    `sha256` is that of the recorded text. Raises ChangedPolicyError where the file holds another, and
    FileNotFoundError where it is gone.
    """

    def __init__(self, path: Path, sha256: str, candidate: int | None = None) -> None:
        self.path = path
        self.candidate = candidate
        self.source = _read_recorded_text(path, sha256)
        self._act: Callable[[Any], Any] | None = None

    def reset(self, seed: int | None = None, spaces: Any = None) -> None:
        """Begins an episode: the module runs in a new namespace, which holds nothing of the one before."""
        module = ModuleType("policy")
        module.__file__ = str(self.path)
        exec(compile(self.source, str(self.path), "exec"), module.__dict__)  # noqa: S102 (what calling it means)
        self._act = module.__dict__.get("act")
        if self._act is None:
            policy = module.__dict__["Policy"]()
            if hasattr(policy, "reset"):
                taken = inspect.signature(policy.reset).parameters
                offered = {"seed": seed, "spaces": spaces}
                policy.reset(**{name: value for name, value in offered.items() if name in taken})
            self._act = policy.act

    def act(self, observation: Any, **further: Any) -> Any:
        """Returns the policy's action; what it remembers lasts until `reset`.

        `further`: declared `info` and `reward` by their names, of which it gets those it has parameters for.
        """
        if self._act is None:
            self.reset()
        assert self._act is not None  # noqa: S101 (`reset` has just made it)
        taken = inspect.signature(self._act).parameters if further else {}
        return self._act(observation, **{name: value for name, value in further.items() if name in taken})

    __call__ = act

    def __repr__(self) -> str:
        return self.source

    def _repr_markdown_(self) -> str:
        return f"```python\n{self.source.rstrip()}\n```"


def _read_recorded_text(path: Path, sha256: str) -> str:
    try:
        # Line ends become LF, with which the record's hash is taken.
        text = path.read_text(encoding="utf-8", errors="surrogateescape")
    except FileNotFoundError as error:
        message = (
            f"{path} is missing, which the record names; put it back from a copy or from version control"
        )
        raise FileNotFoundError(message) from error
    if hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest() != sha256:
        advice = "undo the change, and keep yours in a file of another name"
        raise ChangedPolicyError(f"{path} was changed after it was recorded: {advice}")
    return text
