"""jupyter_kernel_test's own checks, as they are."""

from typing import ClassVar

import jupyter_kernel_test
import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from kernel_harness import Client, RunningKernel


@pytest.fixture(scope="class", autouse=True)
def attach(request: pytest.FixtureRequest, kernel: RunningKernel, client: Client) -> None:
    request.cls.kc = client.raw
    request.cls.km = kernel.manager


class TestSuite(jupyter_kernel_test.KernelTests):
    """History by range is left out: IPython calls the running session 0, where the suite wants its number."""

    kc: BlockingKernelClient
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
    supported_history_operations = ("tail", "search")
    code_inspect_sample = "zip"
    code_clear_output = "from IPython.display import clear_output; clear_output()"

    @classmethod
    def setUpClass(cls) -> None:
        """The kernel is the fixture's."""

    @classmethod
    def tearDownClass(cls) -> None:
        """The fixture ends it."""
