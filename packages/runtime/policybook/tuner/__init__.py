"""CMA-ES over a policy's marked constants: structure is the author's, numbers are the tuner's."""

from policybook.tuner.constant_space import ConstantSpace
from policybook.tuner.tuner import Generation, Tuned, TunerOptions, tune

__all__ = ["ConstantSpace", "Generation", "Tuned", "TunerOptions", "tune"]
