"""Names that a user has given to coordinates, as identifiers of a policy's text."""

from __future__ import annotations

import builtins
import keyword
import re
import unicodedata
from collections.abc import Collection, Sequence

RESERVED = frozenset(
    [
        *(name for name in dir(builtins) if name.islower()),
        *keyword.kwlist,
        *keyword.softkwlist,
        *("act", "observation", "np", "math", "self"),
    ]
)
"""What a policy's text calls or may not assign: no coordinate may take these from it."""


def make_identifiers(names: Sequence[str] | None, count: int) -> tuple[str, ...]:
    """Makes distinct Python identifiers for `count` coordinates.

    They are the user's words where these are usable, else o0, o1 and so on. They differ as Python compares
    identifiers, and in capitals, in which constants are called after them.
    """
    chosen: list[str] = []
    for i in range(count):
        word = _make_word(names[i]) if names and i < len(names) else ""
        chosen.append(make_free_name(word or f"o{i}", chosen))
    return tuple(chosen)


def make_free_name(name: str, taken: Collection[str]) -> str:
    """Returns the name, or with underscores behind it, as one that neither is taken nor means something."""
    capitals = {_fold(other.upper()) for other in taken}
    while name in RESERVED or name in taken or _fold(name.upper()) in capitals:
        name += "_"
    return name


def _make_word(name: str) -> str:
    """Returns a name in lower case, as Python reads it; empty where nothing of it can be an identifier."""
    word = re.sub(r"\W+", "_", _fold(_fold(name.strip()).lower())).strip("_")
    word = f"o{word}" if word[:1].isdigit() else word
    return word if word.isidentifier() else ""


def _fold(name: str) -> str:
    """Returns a name in the form in which Python compares identifiers."""
    return unicodedata.normalize("NFKC", name)
