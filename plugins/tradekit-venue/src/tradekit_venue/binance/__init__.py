"""What the dialects of Binance have in common."""
