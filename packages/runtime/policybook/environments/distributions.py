"""The packages that modules are from, as `pip` calls them."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path

DISTRIBUTION_NAMES = {
    "ale_py": "ale-py",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
    "cv2": "opencv-python",
    "PIL": "pillow",
}
"""Module -> its package, where the two names differ."""


def find_distribution(module: str) -> importlib.metadata.Distribution | None:
    """Returns the package that a top-level module is from, None where none of its name is installed."""
    try:
        return importlib.metadata.distribution(DISTRIBUTION_NAMES.get(module, module))
    except (importlib.metadata.PackageNotFoundError, ValueError):
        return None


def find_metadata_file(distribution: importlib.metadata.Distribution) -> str | None:
    """Returns the file that states a package's version, and that another version takes away."""
    name = distribution.metadata["Name"]
    for spelling in (name, name.replace("-", "_"), name.lower().replace("-", "_")):
        path = Path(str(distribution.locate_file(f"{spelling}-{distribution.version}.dist-info/METADATA")))
        if path.is_file():
            return str(path)
    return None
