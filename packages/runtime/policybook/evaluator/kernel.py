"""The evaluator as a Jupyter kernel: it runs no code; requests come on the comm `policybook.evaluator`."""

from __future__ import annotations

from typing import Any

from ipykernel.comm.manager import CommManager
from ipykernel.kernelbase import Kernel

from policybook.evaluator.comm_server import CommServer
from policybook.protocol.messages import KernelFrame

COMM_TARGET = "policybook.evaluator"


class EvaluatorKernel(Kernel):
    """Its handlers only enqueue: workers step environments, and jobs run in processes of their own."""

    implementation = "policybook-evaluator"
    implementation_version = "1"
    banner = "policybook evaluator"
    language_info = {"name": "none", "mimetype": "text/plain", "file_extension": ".txt"}  # noqa: RUF012 (traitlets)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)  # type: ignore[no-untyped-call]
        self.requests = CommServer()
        self.comm_manager = CommManager(parent=self, kernel=self)  # type: ignore[no-untyped-call]
        self.comm_manager.register_target(COMM_TARGET, self._on_open)
        for name in ("comm_open", "comm_msg", "comm_close"):
            self.shell_handlers[name] = getattr(self.comm_manager, name)

    def pre_handler_hook(self) -> None:
        """Leaves interrupts ignored, where other kernels arm them around a handler."""

    def post_handler_hook(self) -> None:
        """Leaves interrupts ignored, as `pre_handler_hook` does."""

    async def interrupt_request(self, stream: Any, ident: Any, parent: Any) -> None:
        """Replies and interrupts nothing: what is to stop is cancelled by its key."""
        if self.session is not None:
            self.session.send(stream, "interrupt_reply", {"status": "ok"}, parent, ident=ident)

    async def do_execute(self, *_: Any, **__: Any) -> dict[str, Any]:
        """Refuses code."""
        return {
            "status": "error",
            "execution_count": self.execution_count,
            "ename": "NotSupported",
            "evalue": "the evaluator runs no code",
            "traceback": [],
        }

    async def do_shutdown(self, restart: bool) -> dict[str, Any]:
        """Ends every worker at once: nothing that they do is worth the wait."""
        self.io_loop.add_callback(self.requests.close)
        return {"status": "ok", "restart": restart}

    async def _progressively_terminate_all_children(self) -> None:
        """Does nothing: `do_shutdown` has ended the workers."""

    def _on_open(self, comm: Any, _message: Any) -> None:
        def receive(message: Any) -> None:
            frame: KernelFrame = message["content"]["data"]
            self.requests.receive(comm.send, frame)

        comm.on_msg(receive)
        comm.on_close(lambda _: self.requests.forget(comm.send))
