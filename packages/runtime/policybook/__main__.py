"""`python -m policybook` is the command `policybook`, for a Python whose programs are not on the path."""

import sys

from policybook.cli import main

if __name__ == "__main__":
    sys.exit(main())
