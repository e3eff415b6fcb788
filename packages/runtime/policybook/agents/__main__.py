"""`python -m policybook.agents MODEL.zip AGENT.npz --environment ID`: records a model of Stable-Baselines3.

Needs the extra `rl`; what it writes needs NumPy only. `--normalize FILE` takes the statistics of a
VecNormalize, which is a pickle: record only what you trained.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from policybook.agents.agent_file import AgentError, save
from policybook.agents.stable_baselines3 import ALGORITHMS, INSTALL, load_model, record


def main() -> int:
    """Records one model and returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m policybook.agents", description=__doc__)
    parser.add_argument("model", type=Path, help="what model.save() wrote")
    parser.add_argument("agent", type=Path, help="the .npz to write")
    parser.add_argument("--environment", required=True, help="the id that it was trained in")
    parser.add_argument("--algorithm", choices=ALGORITHMS, default="ppo")
    parser.add_argument("--normalize", type=Path, help="what VecNormalize.save() wrote")
    chosen = parser.parse_args()
    try:
        model = load_model(chosen.model, chosen.algorithm, chosen.environment, chosen.normalize)
        agent = record(model, chosen.environment, training={"steps": int(model.num_timesteps)})
    except ModuleNotFoundError as error:
        sys.stderr.write(f"{error.name} is not installed: {INSTALL}\n")
        return 1
    except AgentError as error:
        sys.stderr.write(f"{chosen.model}: {error}\n")
        return 1
    chosen.agent.write_bytes(save(agent))
    network = "-".join(map(str, agent.sizes))
    sys.stdout.write(f"{chosen.agent}: {agent.algorithm}, {network}, {agent.weights:,} weights\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
