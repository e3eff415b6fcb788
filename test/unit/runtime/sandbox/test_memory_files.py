"""Files in memory behave as files on disk do when they are read."""

from __future__ import annotations

import json
import subprocess
import sys

PROGRAM = """
import csv, json
from policybook.sandbox.memory_files import lay_out
lay_out({"a.csv": b'"x\\r\\ny",1\\r\\n', "b.txt": b"a\\xffb"}, "/nowhere/policy.py")
rows = list(csv.reader(open("/nowhere/a.csv", newline="")))
print(json.dumps([rows, open("/nowhere/b.txt", encoding="utf-8", errors="replace").read()]))
"""


def test_line_ends_and_errors_of_a_file_are_treated_as_the_caller_says() -> None:
    # It runs in a process of its own, because `open` is replaced there.
    output = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, check=True, text=True
    ).stdout
    assert json.loads(output) == [[["x\r\ny", "1"]], "a\N{REPLACEMENT CHARACTER}b"]
