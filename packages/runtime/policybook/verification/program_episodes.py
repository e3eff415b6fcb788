"""Episodes of an exported program, played in a Python process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

_PLAYER = Path(__file__).with_name("player_process.py")


class MissingPackageError(Exception):
    """The program needs a package that is not installed."""


class BrokenProgramError(Exception):
    """The program cannot be loaded, or its process died."""


def play_seeds(program: Path, play: str, seeds: Sequence[int], worst: float) -> Iterator[float]:
    """Yields each seed's return as it is known; an episode that the policy fails in counts as `worst`."""
    command = [sys.executable, "-I", "-W", "ignore", str(_PLAYER), str(program.resolve()), play]
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
    )
    assert process.stdin is not None  # noqa: S101 (made as pipes)
    assert process.stdout is not None  # noqa: S101
    count = 0
    try:
        process.stdin.write(json.dumps(list(seeds)))
        process.stdin.close()
        for line in process.stdout:
            reply = json.loads(line)
            if "missing" in reply:
                raise MissingPackageError(reply["missing"])
            if "broken" in reply:
                raise BrokenProgramError(reply["broken"])
            count += 1
            yield reply.get("return", worst)
    except BrokenPipeError as error:
        raise BrokenProgramError("its process ended before it began") from error
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    if count < len(seeds):
        raise BrokenProgramError(f"its process ended after {count} of {len(seeds)} episodes")
