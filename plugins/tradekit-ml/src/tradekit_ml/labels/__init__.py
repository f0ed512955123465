"""What a model learns: labels that say from when to when they reach, and how much each counts."""
