"""The dialect of OKX, version 5 of its API."""
