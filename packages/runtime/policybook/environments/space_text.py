"""A space as text for people: characters that an environment has chosen are escaped, and bounded."""

from __future__ import annotations

from typing import Any

from gymnasium.spaces import Dict, Space, Text, Tuple

MAX_SHOWN_CHARACTERS = 100
"""Of a larger set of characters so many are shown."""


def format_space(space: Space[Any]) -> str:
    """Returns what `repr` does, with the characters of a Text space as a bounded literal."""
    if isinstance(space, Text):
        return f"Text({space.min_length}, {space.max_length}, charset={format_characters(space)})"
    if isinstance(space, Tuple):
        return f"Tuple({', '.join(map(format_space, space.spaces))})"
    if isinstance(space, Dict):
        parts = [f"{name!r}: {format_space(part)}" for name, part in space.spaces.items()]
        return f"Dict({', '.join(parts)})"
    shown = repr(space)
    return "".join(
        each if each.isprintable() or each == "\n" else each.encode("unicode_escape").decode()
        for each in shown
    )


def format_characters(space: Text) -> str:
    """Returns the characters of a space as a literal; of many the first, with how many there are."""
    characters = space.characters
    if len(characters) <= MAX_SHOWN_CHARACTERS:
        return repr(characters)
    return f"{characters[:MAX_SHOWN_CHARACTERS]!r}… ({len(characters):,} characters)"
