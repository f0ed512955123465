"""Checks before a trade: risk rules of the kernel, each modelled on a rule of law or of a venue."""
