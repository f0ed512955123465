"""Statistics of a finished run."""
