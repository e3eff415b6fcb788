"""An author for policybook: writes the best policy so far with one of its constants moved a little.

A cell starts it by `author: {kind: command, run: python "$POLICYBOOK_NOTEBOOK/commands/move_constants.py"}`.
"""

import json
import os
import re
from pathlib import Path

CONSTANT = re.compile(r"^(?P<name>[A-Z_]+) = (?P<value>-?\d+(\.\d+)?)", re.MULTILINE)
FACTORS = (-1.0, 0.5, 1.5)


def main() -> None:
    """Reads what has been tried, and writes the next policy."""
    history = json.loads(Path(os.environ["POLICYBOOK_HISTORY"]).read_text(encoding="utf-8"))
    best = next(each for each in history if each["isBest"])
    text = Path(os.environ["POLICYBOOK_FOLDER"], best["policy"]).read_text(encoding="utf-8")
    constants = list(CONSTANT.finditer(text))
    tried = len(history) - 1
    constant = constants[tried % len(constants)]
    factor = FACTORS[tried // len(constants) % len(FACTORS)]
    moved = text[: constant.start("value")] + f"{float(constant['value']) * factor:g}"
    policy = Path(os.environ["POLICYBOOK_POLICY"])
    policy.write_text(moved + text[constant.end("value") :], encoding="utf-8")


if __name__ == "__main__":
    main()
