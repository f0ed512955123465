"""Statistics of a finished run, and splits of labels into training and test."""
