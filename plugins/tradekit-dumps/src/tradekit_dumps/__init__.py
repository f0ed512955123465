"""Recorded feeds of exchanges, and archives that exchanges and vendors give out, as data sources of tradekit."""
