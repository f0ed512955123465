"""The ordered record of a run: what the simulator logged, as tables and as events."""
