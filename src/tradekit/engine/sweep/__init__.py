"""Run one run file with many settings: what to try, trying it, keeping it, and what came of it."""
