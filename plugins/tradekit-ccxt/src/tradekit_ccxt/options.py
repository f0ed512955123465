"""What data and trading have in common: which exchange, which of its markets, and where it is reached."""

from __future__ import annotations

import ipaddress
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import model_validator

import tradekit
from tradekit import Field

__all__ = ["ExchangeOptions"]


class ExchangeOptions(tradekit.Options):
    """Which exchange, which of its markets, and where it is reached."""

    exchange: str = Field(description="the exchange, by its name in ccxt, such as 'binance' or 'kraken'")
    market: Literal["spot", "swap"] = Field("spot", description="what is traded there: spot, or linear perpetuals (swap)")
    sandbox: bool = Field(False, description="use the exchange's place for practice, if it has one")
    timeout_s: float = Field(10.0, gt=0, description="seconds within which an answer must be there")
    url: str | None = Field(
        None,
        description="a server that stands for the exchange, such as 'http://127.0.0.1:8080': all requests go there, with the host "
        "that they were for as the first part of the path",
    )
    remote: bool = Field(False, description="allow a url on another machine, which then sees keys and orders")

    @model_validator(mode="after")
    def _stays_here(self) -> Self:
        if self.url is None:
            return self
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query:
            raise ValueError(f"url must be a bare address such as 'http://127.0.0.1:8080', not {self.url!r}")
        if not self.remote and not _is_this_machine(parts.hostname):
            raise ValueError(
                f"url {self.url!r} is on another machine, which would see keys and orders; to allow it, set remote = true"
            )
        return self


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
