"""The tuner: CMA-ES over a policy's marked constants; the author decides the structure."""

from policybook.tuner.constant_space import ConstantSpace
from policybook.tuner.tuner import Generation, Tuned, TunerOptions, tune

__all__ = ["ConstantSpace", "Generation", "Tuned", "TunerOptions", "tune"]
