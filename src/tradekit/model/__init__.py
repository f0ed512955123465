"""The words that every part of tradekit shares: frozen values without behaviour of their own."""
