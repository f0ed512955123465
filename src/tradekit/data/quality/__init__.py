"""The quality of market data: what can't be, what is doubtful, what is missing, and what a run makes of it."""
