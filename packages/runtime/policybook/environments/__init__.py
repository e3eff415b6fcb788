"""Environments as any process makes them from a specification, the simulators of cells included."""
