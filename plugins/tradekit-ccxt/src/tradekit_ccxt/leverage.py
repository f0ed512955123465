"""Leverage, margin and position mode of perpetuals: set as they are asked for, and read back before anything is sent."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from tradekit import ConfigError, Instrument, VenueError
from tradekit_ccxt.library import Client, errors
from tradekit_ccxt.link import Link
from tradekit_ccxt.markets import decimal
from tradekit_ccxt.pacing import Priority
from tradekit_ccxt.profiles import Profile

__all__ = ["Terms", "margined", "on_margin", "one_way", "terms"]

_log = logging.getLogger("tradekit.ccxt")


@dataclass(frozen=True, slots=True)
class Terms:
    """On which terms positions in an instrument are held; `None` where the exchange does not say."""

    leverage: int | None
    margin: str | None
    maintenance: float | None


async def one_way(client: Client, symbol: str) -> None:
    """Raise `ConfigError` for an account that holds long and short positions side by side: sizes here are net."""
    if client.has.get("fetchPositionMode") is not True:
        return
    mode = await client.fetch_position_mode(symbol)
    if mode.get("hedged"):
        raise ConfigError(
            f"the account at {client.id} is in hedge mode, with long and short positions side by side; close them, set the account "
            "to one-way mode at the exchange, and run again"
        )


async def terms(
    client: Client, symbols: Sequence[str], wanted: tuple[int | None, str | None], may_trade: bool, margin_in_orders: bool = False
) -> dict[str, Terms]:
    """Set leverage and margin mode where they are wanted and may be, and return what the exchange says then.

    With `margin_in_orders` there is no margin mode to be set.
    Raises `ConfigError` where it refuses, or says something else than was asked for.
    """
    leverage, margin = wanted
    found: dict[str, Terms] = {}
    tiers = await _tiers(client, symbols)
    for symbol in symbols:
        if may_trade:
            await _set(client, symbol, leverage, None if margin_in_orders else margin)
        one = await _leverage(client, symbol)
        there = one.get("longLeverage")
        found[symbol] = Terms(None if there is None else int(there), one.get("marginMode"), _maintenance(tiers.get(symbol)))
        if may_trade:
            _check(client.id, symbol, found[symbol], wanted)
    return found


async def _tiers(client: Client, symbols: Sequence[str]) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """Return which margin goes with which size, by the instrument: asked for all at once, or one by one."""
    if client.has.get("fetchLeverageTiers"):
        found: Mapping[str, Sequence[Mapping[str, Any]]] = await client.fetch_leverage_tiers(list(symbols))
        return found
    return {symbol: await client.fetch_market_leverage_tiers(symbol) for symbol in symbols}


async def _leverage(client: Client, symbol: str) -> Mapping[str, Any]:
    """Return the leverage of an instrument, and its margin mode."""
    if client.has.get("fetchLeverages"):
        said = await client.fetch_leverages([symbol])
        return said.get(symbol) or {}
    one: Mapping[str, Any] = await client.fetch_leverage(symbol)
    return one


async def _set(client: Client, symbol: str, leverage: int | None, margin: str | None) -> None:
    try:
        if margin is not None:
            with suppress(errors().MarginModeAlreadySet):
                await client.set_margin_mode(margin, symbol)
        if leverage is not None:
            await client.set_leverage(leverage, symbol)
    except errors().ExchangeError as error:
        wanted = (f"{margin} margin" if margin else "", f"a leverage of {leverage}" if leverage else "")
        raise ConfigError(
            f"{client.id} refuses {' and '.join(filter(None, wanted))} for {symbol!r}: "
            f"{str(error).removeprefix(client.id).strip()}; ask for what it allows, or leave execution.leverage and "
            "execution.margin out to trade with what is set there"
        ) from None


def _check(exchange: str, symbol: str, found: Terms, wanted: tuple[int | None, str | None]) -> None:
    for name, asked, there in (("leverage", wanted[0], found.leverage), ("margin", wanted[1], found.margin)):
        if asked is not None and asked != there:
            what = f"{exchange} was asked for {name} {asked!r} of {symbol!r}, and says that it is {there!r}"
            raise ConfigError(f"{what}; set it there, or leave execution.{name} out")


def _maintenance(tiers: Sequence[Mapping[str, Any]] | None) -> float | None:
    """Return the margin that the smallest positions need, as a share of their value; larger ones may need more."""
    rate = decimal(tiers[0].get("maintenanceMarginRate")) if tiers else None
    return None if rate is None else float(rate)


def margined(instrument: Instrument, found: Terms | None) -> Instrument:
    """Return an instrument with the margin that its positions need."""
    if found is None:
        return instrument
    if not found.leverage:
        raise VenueError(f"the exchange does not say with which leverage {instrument.symbol!r} is traded")
    return replace(instrument, initial_margin=1.0 / found.leverage, maintenance_margin=found.maintenance)


async def on_margin(link: Link, options: Any, profile: Profile, found: Sequence[Instrument], may_trade: bool) -> list[Instrument]:
    """Return perpetuals with the margin that they need, after leverage and margin mode have been set as they are asked for.

    Raises `ConfigError` for an account in hedge mode, and for what the exchange refuses or nobody has recorded.
    """
    client, symbols = link.client, [one.symbol for one in found]
    for symbol in symbols if profile.has_own_modes else symbols[:1]:
        await link.do(link.errand(Priority.RECONCILE), "tell its position mode", partial(one_way, client, symbol))
    wanted = (options.leverage, options.margin)
    if may_trade and not profile.payments:
        _log.warning("nobody has recorded how %s tells of funding: the journal's money goes without it", client.id)
    if not profile.has_leverage:
        if wanted != (None, None):
            raise ConfigError(
                f"nobody has recorded how {options.exchange!r} is told leverage and margin mode; set them there, and leave "
                "execution.leverage and execution.margin out"
            )
        return list(found)
    if profile.margin_in_orders and options.margin not in (None, "cross"):
        raise ConfigError(
            f"nobody has recorded {options.margin} margin at {options.exchange!r}, where each order says its margin mode; "
            "trade on crossed margin, and leave execution.margin out"
        )
    errand, in_orders = link.errand(Priority.NEW, options.recv_window_s), profile.margin_in_orders
    said = await link.do(errand, "tell its leverage", lambda: terms(client, symbols, wanted, may_trade, in_orders))
    return [margined(one, said.get(one.symbol)) for one in found]
