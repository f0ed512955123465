"""The dialect of Binance's spot market."""
