"""Which state a market is in, told from what has been seen of it until then."""
