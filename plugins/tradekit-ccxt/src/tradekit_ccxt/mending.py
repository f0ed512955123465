"""What ccxt leaves out or gets wrong at an exchange, mended in a client."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tradekit_ccxt.bybit import mend_bybit
from tradekit_ccxt.kraken import mend_kraken
from tradekit_ccxt.okx import mend_okx

__all__ = ["mend"]

_MENDS: Mapping[str, Callable[[Any], None]] = {"bybit": mend_bybit, "kraken": mend_kraken, "okx": mend_okx}


def mend(client: Any) -> None:
    """Mend a client, if something is known that its exchange needs."""
    found = _MENDS.get(str(client.id))
    if found is not None:
        found(client)
