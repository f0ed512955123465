"""A run on live data, gone through the backtest: where the two part, and why."""
