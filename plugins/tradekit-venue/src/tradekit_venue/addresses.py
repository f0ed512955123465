"""How a client finds the venue: its addresses, with the venue's before each."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["at_venue"]


def at_venue(addresses: Any, url: str) -> Any:
    """Return addresses that lead to a venue, in dictionaries and lists as they were.

    The old host stays as the first part of the path: clients tell the kind of a message by it, and the venue leaves it out.

    >>> at_venue({"ws": "wss://stream.binance.com:9443/ws", "rest": ["https://api.binance.com/api/v3"]}, "http://127.0.0.1:8000")
    {'ws': 'ws://127.0.0.1:8000/stream.binance.com:9443/ws', 'rest': ['http://127.0.0.1:8000/api.binance.com/api/v3']}
    """
    if isinstance(addresses, dict):
        return {name: at_venue(value, url) for name, value in addresses.items()}
    if isinstance(addresses, list):
        return [at_venue(value, url) for value in addresses]
    if isinstance(addresses, str):
        return re.sub(r"^(http|ws)s?://", lambda found: f"{found[1]}://{url.partition('://')[2]}/", addresses)
    return addresses
