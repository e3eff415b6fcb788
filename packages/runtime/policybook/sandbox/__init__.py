"""The policy's side of an evaluation: what runs in the process of code that nobody has read.

Everything here is imported by the zygote, so it uses the standard library and NumPy only.
"""
