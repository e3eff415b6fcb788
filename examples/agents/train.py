"""Trains an agent of this folder with rl-zoo's settings: `python examples/agents/train.py ppo-lunarlander`.

Needs `pip install "policybook[rl,box2d]"`. What training cost is written into the file and printed.
"""

import sys
from pathlib import Path

import gymnasium
from policybook.agents.agent_file import save
from policybook.agents.stable_baselines3 import train

RECIPES = {
    "ppo-cartpole": {
        "environment": "CartPole-v1",
        "algorithm": "ppo",
        "steps": 100_000,
        "settings": {
            "n_envs": 8,
            "n_steps": 32,
            "batch_size": 256,
            "gae_lambda": 0.8,
            "gamma": 0.98,
            "n_epochs": 20,
            "ent_coef": 0.0,
            "learning_rate": "lin_0.001",
            "clip_range": "lin_0.2",
        },
    },
    "ppo-lunarlander": {
        "environment": "LunarLander-v3",
        "algorithm": "ppo",
        "steps": 1_000_000,
        "settings": {
            "n_envs": 16,
            "n_steps": 1024,
            "batch_size": 64,
            "gae_lambda": 0.98,
            "gamma": 0.999,
            "n_epochs": 4,
            "ent_coef": 0.01,
        },
    },
}


def main(name: str, seed: int) -> None:
    """Train one recipe and write its file beside this one."""
    recipe = dict(RECIPES[name])
    environment = recipe.pop("environment")
    told = 0

    def progress(steps: int) -> None:
        nonlocal told
        if steps - told >= 50_000:
            told = steps
            print(f"{name}: {steps:,} of {recipe['steps']:,} steps", flush=True)

    agent = train(lambda: gymnasium.make(environment), environment, seed=seed, progress=progress, **recipe)
    path = Path(__file__).with_name(f"{name}.npz")
    path.write_bytes(save(agent))
    print(f"{path.name}: {path.stat().st_size:,} bytes, {agent.weights:,} weights, trained: {agent.training}")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 0)
