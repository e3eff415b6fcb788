"""The policy's side of an evaluation: what runs in the process of unread code.

Everything here is imported by the zygote, so it uses the standard library and NumPy only.
"""
