"""`python -m policybook.workbench -f FILE`: ipykernel, but for one socket option and the way comms take.

ipykernel publishes through a socket that holds 1,000 messages and drops what comes beyond, in silence. A loop
of prints fills that whenever the machine is busy with something else; without the limit nothing is lost.
"""

import os
import sys
from typing import Any

if __name__ == "__main__":
    # As ipykernel_launcher does: the module search path starts with what the kernel itself puts there.
    if sys.path[0] in ("", os.getcwd()):
        del sys.path[0]

    import comm
    from ipykernel.kernelapp import IPKernelApp

    from policybook.workbench.comms import WorkbenchComm

    class WorkbenchApp(IPKernelApp):
        """An IPKernelApp whose sockets never drop what they are to send."""

        def _bind_socket(self, s: Any, port: int) -> Any:
            s.sndhwm = 0  # before binding: connections inherit what held then
            return super()._bind_socket(s, port)  # type: ignore[no-untyped-call]

    comm.create_comm = WorkbenchComm
    WorkbenchApp.launch_instance()
