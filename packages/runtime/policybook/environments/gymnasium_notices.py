"""What Gymnasium says of an environment by its own logger: a note for people, and no output of it."""

from __future__ import annotations

import contextlib
import re
import warnings
from collections.abc import Iterator
from typing import Any

from gymnasium import logger

MAX_NOTICES = 5
MAX_NOTICE_CHARACTERS = 300

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_MARK = "WARN: "
"""With this Gymnasium's logger begins a warning."""


def silence_notices() -> None:
    """Has Gymnasium's logger give no warning: every process that plays would give the same one."""
    logger.min_level = logger.ERROR


@contextlib.contextmanager
def collect_notices() -> Iterator[list[str]]:
    """Yields the list of what Gymnasium's logger warns of meanwhile, each once and without colours."""
    notices: list[str] = []
    with warnings.catch_warnings():
        warnings.filterwarnings("always", f".*{_MARK}")
        show = warnings.showwarning

        def take(message: Warning | str, *place: Any, **more: Any) -> None:
            text = _COLOUR.sub("", str(message))
            if not text.startswith(_MARK):
                show(message, *place, **more)
                return
            notice = " ".join(text.removeprefix(_MARK).split())[:MAX_NOTICE_CHARACTERS]
            if notice not in notices and len(notices) < MAX_NOTICES:
                notices.append(notice)

        warnings.showwarning = take
        level, logger.min_level = logger.min_level, logger.WARN
        try:
            yield notices
        finally:
            logger.min_level = level
