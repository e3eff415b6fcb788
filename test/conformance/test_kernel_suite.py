"""jupyter_kernel_test's own checks, as they are."""

from collections.abc import Iterator
from typing import ClassVar

import jupyter_kernel_test
import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager
from kernel_harness import Client, RunningKernel


class TestSuite(jupyter_kernel_test.KernelTests):
    """Every check of it; their samples are what the suite leaves to a kernel."""

    kc: BlockingKernelClient
    km: KernelManager

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def attach_suite(cls, kernel: RunningKernel, client: Client) -> None:
        cls.kc, cls.km = client.raw, kernel.manager

    language_name = "python"
    file_extension = ".py"
    code_hello_world = "print('hello, world')"
    code_stderr = "import sys; print('oops', file=sys.stderr)"
    completion_samples: ClassVar = [{"text": "zi", "matches": {"zip"}}]
    complete_code_samples: ClassVar = ["1", "print('hello, world')", "def f(x):\n  return x*2\n\n\n"]
    incomplete_code_samples: ClassVar = ["print('''hello", "def f(x):\n  x*2"]
    invalid_code_samples: ClassVar = ["import = 7q"]
    code_page_something = "zip?"
    code_generate_error = "raise ValueError()"
    code_execute_result: ClassVar = [{"code": "1+2+3", "result": "6"}]
    code_display_data: ClassVar = [
        {
            "code": "from IPython.display import HTML, display; display(HTML('<b>test</b>'))",
            "mime": "text/html",
        },
    ]
    code_history_pattern = "1?2*"
    supported_history_operations = ("tail", "range", "search")
    code_inspect_sample = "zip"
    code_clear_output = "from IPython.display import clear_output; clear_output()"

    @classmethod
    def setUpClass(cls) -> None:
        """The kernel is the fixture's."""

    @classmethod
    def tearDownClass(cls) -> None:
        """The fixture ends it."""


class TestWelcome(jupyter_kernel_test.IopubWelcomeTests):
    kc: BlockingKernelClient
    support_iopub_welcome = True

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def attach_newcomer(cls, kernel: RunningKernel) -> Iterator[None]:
        """A client that has not been welcomed yet."""
        cls.kc = kernel.manager.blocking_client()
        yield
        cls.kc.stop_channels()

    @classmethod
    def setUpClass(cls) -> None:
        """The kernel is the fixture's."""

    @classmethod
    def tearDownClass(cls) -> None:
        """The fixture ends it."""
