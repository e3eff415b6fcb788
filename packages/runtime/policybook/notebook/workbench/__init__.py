"""The IPython extension of the workbench: policybook's magics, and the recording of what cells declare.

Every start of a kernel loads it, so that it imports only what IPython has loaded already.
"""

from typing import TYPE_CHECKING

from policybook.notebook.workbench.magics import (
    CELL_MAGICS,
    LINE_MAGICS,
    explain_unknown_magics,
    keep_declarations,
    make_cell_magic,
    make_line_magic,
)
from policybook.notebook.workbench.outputs import keep_streams

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def load_ipython_extension(shell: "InteractiveShell") -> None:
    """Registers the magics; IPython calls it once."""
    magics = shell.magics_manager.magics
    for name in CELL_MAGICS:
        magics["cell"][name] = make_cell_magic(shell, name)
    for name in LINE_MAGICS:
        magics["line"][name] = make_line_magic(shell, name)
    shell.input_transformers_cleanup.append(keep_declarations)
    explain_unknown_magics(shell)
    keep_streams()
