"""How fast grading is, on the machine at hand, as ratios of things that run in turn: `make benchmark`."""
