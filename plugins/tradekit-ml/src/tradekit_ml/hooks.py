"""What this package adds to tradekit."""

TRADEKIT_API = 1
