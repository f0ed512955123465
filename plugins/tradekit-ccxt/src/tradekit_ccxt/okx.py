"""What ccxt leaves out or gets wrong at OKX, mended in a client."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["mend_okx"]

_LONG_BARS_S = 6 * 3600
"""From this length on, OKX has bars of two time zones."""
_RECENT_BILLS_MS = (7 * 24 - 1) * 3_600_000
"""For how long OKX has entries of its ledger outside its archive, less an hour."""
_NOTHING_TO_REDUCE = ("51023", "51169", "51170")
"""What OKX answers to an order that may only reduce a position which is not there."""


def mend_okx(client: Any) -> None:
    """Stamp log-ins to streams by the exchange's time, as requests are, and let streams give the bars of UTC that requests give.

    Else a clock that is half a minute off would keep the account's stream closed, and days would begin in Hong Kong. The volume of
    bars is counted as orders and trades are, of perpetuals in contracts: ccxt has it in the base currency. And an order that was
    refused because there is nothing to reduce is known for a refused one.
    """
    count = client.parse_ohlcv
    client.parse_ohlcv = lambda row, market=None: [*count(row, market)[:5], client.safe_number(row, 5)]
    _ask_the_whole_ledger(client)
    known = client.exceptions["exact"]
    known |= dict.fromkeys(_NOTHING_TO_REDUCE, known["51205"])
    client.seconds = lambda: client.nonce() // 1000
    client.timeframes = {
        name: f"{there}utc" if client.parse_timeframe(name) >= _LONG_BARS_S else there for name, there in client.timeframes.items()
    }
    client.options["fetchOHLCV"] = {"timezone": "in the name"}


def _ask_the_whole_ledger(client: Any) -> None:
    """Ask OKX for entries of its ledger from a time on and by their type, and for those of more than a week ago in its archive.

    ccxt leaves out the time, takes the type for one of a market, and asks for the last week only.
    """

    async def fetch_ledger(code: str, since: int, limit: int, params: Mapping[str, Any]) -> Any:
        asked = {("end" if name == "until" else name): value for name, value in params.items()}
        asked |= {"instType": "SWAP", "ccy": client.currency(code)["id"], "begin": since, "limit": limit}
        is_recent = since >= client.nonce() - _RECENT_BILLS_MS
        answer = await (client.private_get_account_bills if is_recent else client.private_get_account_bills_archive)(asked)
        return client.parse_ledger(client.safe_list(answer, "data", []), client.currency(code))

    client.fetch_ledger = fetch_ledger
