"""Whether what a model sees, and how well it does, is still as it was when it was trained."""
