"""Reading runs from their folders alone, in any Python, without the kernel."""
