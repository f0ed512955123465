"""A tamper-evident audit log, checks before a trade and surveillance after it, as a plugin of tradekit."""
