"""The commands about market data, one to a module."""
