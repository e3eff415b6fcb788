"""What an export adds behind a policy: a simulator where there is one, `predict`, and a `main` that plays."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Mapping
from typing import Any

from policybook.source.dependencies import find_plugins
from policybook.source.environment_text import (
    AS_ACTION,
    PlayedEnvironment,
    write_make,
    write_search_path,
)
from policybook.source.simulator_text import SimulatorText

OWN_SEED = (
    'int.from_bytes(hashlib.pbkdf2_hmac("sha256", str(seed).encode(), '
    'b"policybook policy", 1000, 4), "little")'
)
"""What the evaluator gives a policy where it gives an environment `seed` (`derive_policy_seed`)."""

_PREDICT = '''\
def {predict}(observation, state=None, episode_start=None, deterministic=True{further}):
    """As a Stable-Baselines3 model: the action, and the state to hand over at the next step."""
'''

_FAULT = '''\
class {fault}(Exception):
    """The environment has failed in an episode; the policy is not to blame."""
'''

_MAKE = '''\
def {make}({render}):
    """The environment that the policy was scored in."""
{imports}{made}    return env
'''

_PLAY = '''\
def {play}(seed{render}):
    """The return of one episode; raises {fault} where the environment fails in it."""
{imports}    env = {make}({rendered})
    total, over, step = 0.0, False, 0
    try:
        observation, {info} = env.reset(seed=seed)
    except Exception as error:
        raise {fault}(f"in reset: {{type(error).__name__}}: {{error}}") from error
{begin}    {first}while not over:
        action, state = {predict}(observation, state{further})
        action = {action}
        try:
            observation, reward, terminated, truncated, {info} = env.step(action)
            total, over, step = total + float(reward), terminated or truncated, step + 1
        except Exception as error:
            raise {fault}(f"in step {{step + 1}}: {{type(error).__name__}}: {{error}}") from error
    env.close()
    return total
'''

_MAIN = '''\
def {main}():
    """Plays episodes and prints their returns."""
    import argparse
    import statistics

    parser = argparse.ArgumentParser(description={main}.__doc__)
    parser.add_argument("--episodes", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0, help="the first episode's; the others count on")
    {render}options = parser.parse_args()
    returns = []
    for seed in range(options.seed, options.seed + options.episodes):
        try:
            returns.append({played})
        except {fault} as fault:
            print(f"seed {{seed}}: the environment failed {{fault}}")
        else:
            print(f"seed {{seed}}: {{returns[-1]:.2f}}")
    if not returns:
        raise SystemExit("no episode was played to its end")
    print(f"mean {{statistics.fmean(returns):.2f}} ± {{statistics.pstdev(returns):.2f}}")


if __name__ == "__main__":
    {main}()
'''


def write_player(
    tree: ast.Module, environment: Mapping[str, Any], played: PlayedEnvironment, *, is_random: bool
) -> str:
    """Returns the added part, whose names keep out of the policy's way.

    `is_random` says whether the policy draws from the generators that the evaluator seeds for each episode
    (`draws_random`); the program then seeds them as the evaluator does.
    """
    taken = _find_taken_names(tree)
    roles = (
        "predict",
        "play",
        "main",
        "begin",
        "as_action",
        "find_modules",
        "make_environment",
        "EnvironmentFault",
    )
    names = {name: _choose_free_name(name, taken) for name in roles}
    simulator = SimulatorText.from_environment(environment, taken) if environment.get("simulator") else None
    reset = _find_reset_parameters(tree)
    parts = [write_search_path(played.folders, names["find_modules"])] if played.folders else []
    parts += [simulator.text] if simulator else []
    if played.needs_as_action:
        parts.append(AS_ACTION.format(as_action=names["as_action"]))
    parts.append(_write_begin(names["begin"], reset) if reset is not None else "")
    further = _find_extra_arguments(tree, environment)
    parts.append(_write_predict(tree, names, environment.get("observe"), reset, further))
    can_render = simulator is None or simulator.can_render
    default = repr((environment.get("kwargs") or {}).get("render_mode"))
    parts.append(_FAULT.format(fault=names["EnvironmentFault"]))
    parts.append(
        _MAKE.format(
            make=names["make_environment"],
            imports=_write_imports(*_list_environment_imports(environment, simulator, played)),
            render="render_mode=None" if can_render else "",
            made=_indent(write_make(environment, simulator, played), 4),
        )
    )
    parts.append(
        _PLAY.format(
            play=names["play"],
            predict=names["predict"],
            fault=names["EnvironmentFault"],
            make=names["make_environment"],
            imports=_write_imports(*_list_play_imports(tree, is_random=is_random)),
            render=f", render_mode={default}" if can_render else "",
            rendered="render_mode" if can_render else "",
            action=f"{names['as_action']}(env.action_space, action)"
            if played.needs_as_action
            else "env.action_space.dtype.type(action)",
            begin=_indent(_write_episode_begin(tree, names, reset, is_random=is_random), 4),
            info="info" if set(further) - {"reward"} else "_",
            first="reward = 0.0\n    " if "reward" in further else "",
            further="".join(f", {name}={_write_extra_argument(name)}" for name in further),
        )
    )
    shown = '{play}(seed, "human") if options.render else {play}(seed)' if can_render else "{play}(seed)"
    parts.append(
        _MAIN.format(
            main=names["main"],
            fault=names["EnvironmentFault"],
            render='parser.add_argument("--render", action="store_true")\n    ' if can_render else "",
            played=shown.format(play=names["play"]),
        )
    )
    return "\n\n".join(part for part in parts if part)


def choose_verified_names(tree: ast.Module) -> dict[str, str]:
    """Returns the names that `Claim` has of an export of this policy: `play`, `make` and `fault`."""
    taken = _find_taken_names(tree)
    roles = {"play": "play", "make": "make_environment", "fault": "EnvironmentFault"}
    return {role: _choose_free_name(name, taken) for role, name in roles.items()}


def _write_predict(
    tree: ast.Module,
    names: Mapping[str, str],
    observe: list[int] | None,
    reset: list[str] | None,
    further: list[str],
) -> str:
    defaults = "".join(f", {name}={'0.0' if name == 'reward' else None}" for name in further)
    head = _PREDICT.format(predict=names["predict"], further=f", *{defaults}" if further else "")
    shown = "observation" if observe is None else f"observation[{observe}]"
    shown += "".join(f", {name}={name}" for name in further)
    if not _is_class(tree):
        return head + f"    return act({shown}), state\n"
    new = "Policy()" if reset is None else f"{names['begin']}()"
    fresh = f"    if state is None or episode_start:\n        state = {new}\n"
    return head + fresh + f"    return state.act({shown}), state\n"


def _write_begin(name: str, reset: list[str]) -> str:
    accepted = ", ".join(f"{parameter}={parameter}" for parameter in reset)
    return (
        f"def {name}(seed=0, spaces=None):\n"
        f'    """A policy at the beginning of an episode."""\n'
        f"    policy = Policy()\n    policy.reset({accepted})\n    return policy\n"
    )


def _write_episode_begin(
    tree: ast.Module, names: Mapping[str, str], reset: list[str] | None, *, is_random: bool
) -> list[str]:
    """Returns what happens before an episode's first step, as when it was scored."""
    lines = []
    if _needs_own_seed(tree, is_random=is_random):
        lines.append(f"own = {OWN_SEED}")
    if is_random:
        lines += ["random.seed(own)", "numpy.random.seed(own)"]
    if _keeps_state(tree):
        fresh = [names["predict"], names["begin"]] if reset is not None else [names["predict"]]
        lines.append("fresh = runpy.run_path(__file__)  # memory never crosses episodes")
        lines += [f'{name} = fresh["{name}"]' for name in fresh]
    if reset is None:
        return [*lines, "state = None"]
    spaces = "SimpleNamespace(observation=env.observation_space, action=env.action_space)"
    own = "own" if _needs_own_seed(tree, is_random=is_random) else "None"
    return [*lines, f"state = {names['begin']}({own}, {spaces})"]


def _needs_own_seed(tree: ast.Module, *, is_random: bool) -> bool:
    return is_random or "seed" in (_find_reset_parameters(tree) or [])


def _list_play_imports(tree: ast.Module, *, is_random: bool) -> tuple[list[str], list[str]]:
    """Returns the modules of the standard library and the others that playing an episode takes."""
    standard = [
        *(["import hashlib"] if _needs_own_seed(tree, is_random=is_random) else []),
        *(["import random"] if is_random else []),
        *(["import runpy"] if _keeps_state(tree) else []),
        *(["from types import SimpleNamespace"] if _find_reset_parameters(tree) is not None else []),
    ]
    return standard, ["import numpy"] if is_random else []


def _list_environment_imports(
    environment: Mapping[str, Any], simulator: SimulatorText | None, played: PlayedEnvironment
) -> tuple[list[str], list[str]]:
    """Returns what making the environment takes: nothing of the standard library, and the other modules."""
    others = sorted(find_plugins(environment))
    if simulator is None or environment.get("maxEpisodeSteps") is not None or played.step_limit is not None:
        others.append("gymnasium")
    return [], [f"import {module}" for module in others]


def _write_imports(standard: list[str], others: list[str]) -> str:
    """Returns the lines at the beginning of a function, with the blank line that stands below them."""
    lines = [*standard, *([""] if standard and others else []), *others]
    return _indent([*lines, ""], 4) if lines else ""


def _is_class(tree: ast.Module) -> bool:
    """Says whether the policy is a class; as in scoring, a function `act` goes before a class `Policy`."""
    defined = _find_defined_names(tree)
    return "act" not in defined and "Policy" in defined


def _find_taken_names(tree: ast.Module) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} | _find_defined_names(tree)


def _find_defined_names(tree: ast.Module) -> set[str]:
    """Returns the names of the module's functions, classes, constants and imports."""
    names = set()
    for statement in tree.body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(statement.name)
            continue
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                names.add(node.id)
            elif isinstance(node, ast.FunctionDef | ast.ClassDef):
                names.add(node.name)
            elif isinstance(node, ast.alias):
                names.add((node.asname or node.name).split(".")[0])
    return names


def _find_reset_parameters(tree: ast.Module) -> list[str] | None:
    """Returns those of `seed` and `spaces` that `reset` takes, or None where there is no `reset`."""
    if not _is_class(tree):
        return None
    classes = [part for part in tree.body if isinstance(part, ast.ClassDef) and part.name == "Policy"]
    for method in [part for kind in classes for part in kind.body if isinstance(part, ast.FunctionDef)]:
        if method.name == "reset":
            parameters = [*method.args.posonlyargs, *method.args.args, *method.args.kwonlyargs]
            taken = {parameter.arg for parameter in parameters}
            return [name for name in ("seed", "spaces") if name in taken or method.args.kwarg is not None]
    return None


def _find_extra_arguments(tree: ast.Module, environment: Mapping[str, Any]) -> list[str]:
    """Returns which of the declared further arguments `act` takes."""
    declared = [*(["reward"] if environment.get("reward") else []), *(environment.get("info") or [])]
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name == "act":
            taken = {argument.arg for argument in [*node.args.args, *node.args.kwonlyargs]}
            return declared if node.args.kwarg is not None else [name for name in declared if name in taken]
    return []


def _write_extra_argument(name: str) -> str:
    return "float(reward)" if name == "reward" else f'info.get("{name}")'


def _keeps_state(tree: ast.Module) -> bool:
    """Says whether an episode could leave something behind in the module.

    That is in what is mutable there, in a global name, in an attribute of a function or class, in a default.
    """
    kept: list[ast.expr | None] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Global):
            return True
        if (
            isinstance(node, ast.Attribute)
            and isinstance(node.ctx, ast.Store)
            and ast.unparse(node.value) != "self"
        ):
            return True
        if isinstance(node, ast.Module | ast.ClassDef):
            kept += [part.value for part in node.body if isinstance(part, ast.Assign | ast.AnnAssign)]
        elif isinstance(node, ast.arguments):
            kept += [*node.defaults, *node.kw_defaults]
    mutable = (ast.List, ast.Dict, ast.Set, ast.Call, ast.ListComp, ast.DictComp, ast.SetComp)
    return any(isinstance(part, mutable) for value in kept if value is not None for part in ast.walk(value))


def _choose_free_name(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    return name


def _indent(lines: list[str], by: int) -> str:
    return textwrap.indent("".join(line + "\n" for line in lines), " " * by)
