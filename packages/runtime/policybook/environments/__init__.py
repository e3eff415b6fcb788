"""Makes environments from their specifications in any process, simulators of cells among them."""
