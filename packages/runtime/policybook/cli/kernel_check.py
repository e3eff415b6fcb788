"""Whether the kernel starts and runs a cell, as Jupyter would have it do."""

import os

from policybook.doctor.installation import Finding

REMEDY = "run it with POLICYBOOK_LOG=debug and read the server's log"


def check_kernel() -> Finding:
    """Starts the kernel, runs a Python cell in it and returns what was found."""
    from jupyter_client.manager import start_new_kernel

    try:
        manager, client = start_new_kernel(kernel_name="policybook", env=dict(os.environ), startup_timeout=60)
    except Exception as error:  # noqa: BLE001 - whatever goes wrong is the finding
        return Finding(False, "a notebook", f"the kernel does not start: {error}", REMEDY)
    try:
        reply = client.execute_interactive("6 * 7", timeout=60, output_hook=lambda _: None)
    except TimeoutError as error:
        return Finding(False, "a notebook", f"the kernel does not answer: {error}", REMEDY)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    is_fine = reply["content"]["status"] == "ok"
    return Finding(is_fine, "a notebook", "the kernel starts and runs a Python cell", REMEDY)
