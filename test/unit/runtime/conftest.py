"""Makes the stand-ins for the evaluator's processes importable."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "fixtures" / "evaluator"))
