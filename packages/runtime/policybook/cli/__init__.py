"""The console command `policybook`: `lab`, `run NOTEBOOK`, `verify FILE`, `doctor`."""

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
    from policybook.cli.diagnose import diagnose

    return diagnose()
