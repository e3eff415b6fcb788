"""The console command `policybook`: `lab`, `run NOTEBOOK`, `verify FILE`, `mcp RUN`, `key`, `doctor`."""

import argparse
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one subcommand and returns the process's exit code."""
    parser = argparse.ArgumentParser(prog="policybook", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)

    lab = commands.add_parser("lab", help="open JupyterLab, on a notebook or folder if one is given")
    lab.add_argument("path", nargs="?", help="notebook or folder")
    lab.add_argument("options", nargs=argparse.REMAINDER, help="passed on to jupyter lab")

    run = commands.add_parser("run", help="execute a notebook in place through the policybook kernel")
    run.add_argument("notebook")
    run.add_argument("--output", help="write the executed notebook here instead")

    verify = commands.add_parser(
        "verify", help="play the audit of an exported program again, then fresh seeds; runs the program"
    )
    verify.add_argument("file")
    verify.add_argument("--episodes", type=int, help="how many fresh seeds; as many as claimed by default")

    mcp = commands.add_parser(
        "mcp", help="let an agent be the author of a run, by the Model Context Protocol over stdio"
    )
    mcp.add_argument("run", help="a run whose cell says `author: mcp`")
    mcp.add_argument("--wait", type=float, default=30.0, help="seconds to wait for the run; 30 by default")
    mcp.add_argument(
        "--address", action="store_true", help="print the address and token for a client that speaks HTTP"
    )

    key = commands.add_parser("key", help="keep keys of model servers in the system's keyring")
    key.add_argument("action", choices=("set", "list", "delete"))
    key.add_argument("name", nargs="?", help="the key's name, such as OPENAI_API_KEY")

    commands.add_parser("doctor", help="check what a notebook needs: Node, kernel, evaluator, packages")

    chosen = parser.parse_args(arguments)
    if chosen.command == "lab":
        from policybook.cli.lab import open_lab

        return open_lab(chosen.path, chosen.options)
    if chosen.command == "run":
        from policybook.cli.run_notebook import run_notebook

        return run_notebook(chosen.notebook, chosen.output or chosen.notebook)
    if chosen.command == "verify":
        from policybook.cli.verify_program import verify_program

        return verify_program(chosen.file, chosen.episodes)
    if chosen.command == "mcp":
        from policybook.cli.mcp_bridge import serve_stdio

        return serve_stdio(chosen.run, chosen.wait, chosen.address)
    if chosen.command == "key":
        from policybook.cli.keys import change_keys

        return change_keys(chosen.action, chosen.name)
    from policybook.cli.diagnose import diagnose

    return diagnose()
