"""What entries in TypeScript print, run with the real engine by `engine-figures.mjs`."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from policybook.launcher import find_node

ROOT = Path(__file__).parents[3]


def engine(entry: str, *arguments: object, tree: Path | None = None) -> Any:
    """What an entry prints as its last line; `tree` is another checkout whose engine runs it."""
    program = ROOT / "packages" / "tooling" / "bench" / "engine-figures.mjs"
    elsewhere = [] if tree is None else ["--tree", str(tree)]
    command = [find_node(os.environ), str(program), *elsewhere, entry, *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])
