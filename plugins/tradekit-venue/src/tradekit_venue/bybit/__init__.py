"""The dialect of Bybit: version 5 of its API, as it is at spot."""
