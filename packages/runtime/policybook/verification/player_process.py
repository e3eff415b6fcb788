"""Plays seeds with a program's own `play`, in a Python of its own that knows nothing of policybook.

`python -I player_process.py PROGRAM PLAY`: a JSON list of seeds on stdin; on stdout a JSON object a line, for
each seed `{"return": …}` or `{"failed": …}`, or once `{"missing": …}` or `{"broken": …}`.
"""

import json
import os
import runpy
import sys
from typing import Any


def main(program: str, name: str) -> None:
    """Plays the seeds and replies on the true stdout; what the program prints goes elsewhere."""
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def send_reply(**fields: Any) -> None:
        replies.write(json.dumps(fields) + "\n")
        replies.flush()

    seeds = json.load(sys.stdin)
    try:
        play = runpy.run_path(program, run_name="policybook_verified")[name]
    except ImportError as error:
        return send_reply(missing=str(error))
    except BaseException as error:  # noqa: BLE001 - whatever a program does when it is loaded
        return send_reply(broken=f"{type(error).__name__}: {error}")
    for seed in seeds:
        try:
            send_reply(**{"return": play(seed)})
        except ImportError as error:
            return send_reply(missing=str(error))
        except Exception as error:  # noqa: BLE001 - whatever a policy does
            # Gymnasium's word for a package that an environment needs; it may not be importable here.
            if type(error).__name__ == "DependencyNotInstalled":
                return send_reply(missing=str(error))
            send_reply(failed=f"{type(error).__name__}: {error}")
    return None


if __name__ == "__main__":
    main(*sys.argv[1:])
