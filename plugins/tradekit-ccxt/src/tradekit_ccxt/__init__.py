"""Market data and live trading on every exchange that ccxt knows, as plugins of tradekit."""
