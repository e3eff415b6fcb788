"""`python -m policybook.notebook.workbench -f FILE` starts ipykernel with a socket option and comms, quickly.

ipykernel publishes through a socket that holds 1,000 messages and drops what comes beyond, in silence. A loop
of prints fills that whenever the machine is busy with something else; without the limit nothing is lost.

A ninth of ipykernel's start goes into looking for garbage among modules that are being imported, where there
is none: the collector rests until the first cell can come.
"""

import gc
import os
import sys
from typing import Any

if __name__ == "__main__":
    gc.disable()
    # As ipykernel_launcher does: the module search path starts with what the kernel itself puts there.
    if sys.path[0] in ("", os.getcwd()):
        del sys.path[0]

    from policybook.sandbox.confine.parent import die_with_kernel

    die_with_kernel()

    import comm
    from ipykernel.kernelapp import IPKernelApp

    from policybook.notebook.workbench.comms import WorkbenchComm

    class WorkbenchApp(IPKernelApp):
        """An IPKernelApp whose sockets never drop what they are to send."""

        def _bind_socket(self, s: Any, port: int) -> Any:
            s.sndhwm = 0  # before binding: connections inherit what held then
            return super()._bind_socket(s, port)  # type: ignore[no-untyped-call]

        def init_code(self) -> None:
            """Takes up garbage collection and goes on to the first step that may run the user's code.

            That step runs files of the profile's `startup` folder.
            """
            # All that lives moves to the oldest generation, where a collection would have brought it by now.
            gc.freeze()
            gc.unfreeze()
            gc.enable()
            super().init_code()  # type: ignore[no-untyped-call]

    comm.create_comm = WorkbenchComm
    WorkbenchApp.launch_instance()
