"""Pictures: grids of samples, curves, and the figures of the notebooks."""
