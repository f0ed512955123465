"""Reading, checking and aligning market data."""
