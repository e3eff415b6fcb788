"""CMA-ES over a policy's marked constants: structure is the author's, numbers are the tuner's."""

from policybook.tuner.coordinates import Coordinates
from policybook.tuner.tuner import Generation, Tuned, tune

__all__ = ["Coordinates", "Generation", "Tuned", "tune"]
