"""Recorded neural agents: a trained network without the library that trained it, and as a policy's text."""
