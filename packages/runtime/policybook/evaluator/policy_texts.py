"""Policies' texts that the kernel has registered, so that requests for episodes name them by their hashes."""

from __future__ import annotations

from collections import OrderedDict

from policybook.rollout.failures import RequestFailedError

MAX_CHARACTERS = 64_000_000
"""Characters of all texts together; those that were used longest ago are forgotten first."""


class PolicyTexts:
    """The registered texts by their hashes; the one that was registered last is always held."""

    def __init__(self, max_characters: int = MAX_CHARACTERS) -> None:
        self.max_characters = max_characters
        self.texts: OrderedDict[str, str] = OrderedDict()
        self.characters = 0

    def register(self, text_hash: str, source: str) -> None:
        """Holds a text under the hash that the kernel gives it."""
        self.characters += len(source) - len(self.texts.pop(text_hash, ""))
        self.texts[text_hash] = source
        while self.characters > self.max_characters and len(self.texts) > 1:
            self.characters -= len(self.texts.popitem(last=False)[1])

    def find(self, text_hash: str) -> str:
        """Returns a text; raises unknown_policy {hash}, upon which the kernel registers it once more."""
        source = self.texts.get(text_hash)
        if source is None:
            message = f"The evaluator holds no policy of the hash {text_hash}."
            raise RequestFailedError("unknown_policy", message, {"hash": text_hash})
        self.texts.move_to_end(text_hash)
        return source
