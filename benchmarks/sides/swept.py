"""The pairs of windows that every side of the sweep tries."""

__all__ = ["FAST", "PAIRS", "SLOW"]

FAST, SLOW = "10:200:10", "220:1200:20"
"""As `--param` has them."""
PAIRS = [(fast, slow) for fast in range(10, 201, 10) for slow in range(220, 1201, 20)]
"""The same as numbers: 1,000."""
