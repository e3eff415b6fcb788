"""`policybook lab`: JupyterLab, with a plain answer where it is missing."""

import importlib.util
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path


def open_lab(path: str | None, options: Sequence[str]) -> int:
    """Runs JupyterLab in the folder of `path` until it ends; `options` go to `jupyter lab` as they are."""
    if importlib.util.find_spec("jupyterlab") is None:
        sys.stderr.write('policybook: JupyterLab is not installed here; pip install "policybook[lab]"\n')
        return 1
    command = [sys.executable, "-m", "jupyterlab", *options]
    if path is not None:
        target = Path(path).resolve()
        if not target.exists():
            sys.stderr.write(f"policybook: there is no {target}\n")
            return 1
        os.chdir(target if target.is_dir() else target.parent)
        if target.is_file():
            command.append(target.name)
    if hasattr(os, "geteuid") and os.geteuid() == 0 and not any("allow-root" in option for option in options):
        command.append("--allow-root")
    return subprocess.run(command, check=False).returncode
