"""The dialect of Kraken's spot market: REST as of version 0, streams as of version 2."""
