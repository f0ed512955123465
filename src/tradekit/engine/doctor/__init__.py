"""What may be wrong with an installation, one module a group of checks."""
