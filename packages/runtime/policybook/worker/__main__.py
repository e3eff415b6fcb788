"""`python -m policybook.worker DESCRIPTOR PARENT CORE` starts one worker of the evaluator."""

from __future__ import annotations

from policybook.worker.worker import main

if __name__ == "__main__":
    main()
