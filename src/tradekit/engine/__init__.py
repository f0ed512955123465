"""From a run file to a result."""
