"""From an intent to what ccxt is given, and from what it gives back to orders and trades. All numbers go as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tradekit import Abilities, Intent, OrderKind, OrderRefused, OrderStatus, VenueError, VenueFill, VenueOrder, VenuePayment
from tradekit_ccxt.markets import Rules, decimal
from tradekit_ccxt.profiles import Profile

__all__ = ["Request", "fill", "order", "payment", "request", "wallet"]

_MS = 1_000_000
_WITH_LIMIT = (OrderKind.LIMIT, OrderKind.STOP_LIMIT, OrderKind.TAKE_PROFIT_LIMIT)
_STOPS = {
    OrderKind.STOP: "stopLossPrice",
    OrderKind.STOP_LIMIT: "stopLossPrice",
    OrderKind.TAKE_PROFIT: "takeProfitPrice",
    OrderKind.TAKE_PROFIT_LIMIT: "takeProfitPrice",
}
_STATUSES = {
    "open": OrderStatus.OPEN,
    "closed": OrderStatus.FILLED,
    "canceled": OrderStatus.CANCELLED,
    "canceling": OrderStatus.OPEN,
    "expired": OrderStatus.EXPIRED,
    "rejected": OrderStatus.REJECTED,
}


@dataclass(frozen=True, slots=True)
class Request:
    """The arguments of `create_order`."""

    symbol: str
    type: str
    side: str
    amount: str
    price: str | None
    params: Mapping[str, Any]
    client_id: str
    """Our id as the exchange is told it."""


def request(intent: Intent, rules: Rules, abilities: Abilities, profile: Profile) -> Request:
    """Return what ccxt is given for an intent; raise `OrderRefused` for what the exchange does not take."""
    _check(intent, abilities)
    is_buy = intent.quantity > 0
    size = rules.size(abs(intent.quantity))
    limit = _price(intent, "limit", intent.limit, intent.kind in _WITH_LIMIT, rules)
    stop = _price(intent, "stop", intent.stop, intent.kind in _STOPS, rules)
    _check_size(intent, size, limit, rules)
    client_id = profile.prefix + intent.client_id
    params: dict[str, Any] = {profile.create: client_id}
    if stop is not None:
        params[_STOPS[intent.kind]] = _text(stop)
    if intent.post_only:
        params["postOnly"] = True
    elif limit is not None and intent.time_in_force != "gtc":
        params["timeInForce"] = intent.time_in_force.upper()
    if intent.reduce_only:
        params["reduceOnly"] = True
    price = None if limit is None else _text(limit)
    side = "buy" if is_buy else "sell"
    return Request(intent.symbol, "market" if limit is None else "limit", side, _text(size), price, params, client_id)


def _check(intent: Intent, abilities: Abilities) -> None:
    asked = (
        (intent.kind not in abilities.kinds, f"{intent.kind.text} orders"),
        (intent.time_in_force not in abilities.time_in_force, f"time in force {intent.time_in_force!r}"),
        (intent.post_only and not abilities.post_only, "post-only orders"),
        (intent.reduce_only and not abilities.reduce_only, "reduce-only orders"),
    )
    for is_missing, what in asked:
        if is_missing:
            raise OrderRefused(f"{intent.client_id}: {what} in {intent.symbol!r} were not recorded to work there; nothing was sent")


def _price(intent: Intent, name: str, value: Decimal | None, is_wanted: bool, rules: Rules) -> Decimal | None:
    if (value is not None) != is_wanted:
        has = "needs" if is_wanted else "has no"
        raise OrderRefused(
            f"{intent.client_id}: a {intent.kind.text} order {has} {name} price, and {value!r} was given; nothing was sent"
        )
    if value is None:
        return None
    snapped = rules.price(value, intent.quantity > 0)
    if snapped <= 0:
        raise OrderRefused(
            f"{intent.client_id}: the {name} price {value} is no price on the grid of {rules.tick}; nothing was sent"
        )
    return snapped


def _check_size(intent: Intent, size: Decimal, limit: Decimal | None, rules: Rules) -> None:
    least = rules.least if rules.least is not None else Decimal(0)
    if size <= 0 or size < least:
        smallest = max(least, rules.lot or Decimal(0))
        what = f"{abs(intent.quantity)} {intent.symbol} is less than the smallest order"
        raise OrderRefused(f"{intent.client_id}: {what}, {smallest}; nothing was sent")
    if rules.most is not None and 0 < rules.most < size:
        raise OrderRefused(
            f"{intent.client_id}: {size} {intent.symbol} is more than the largest order, {rules.most}; nothing was sent"
        )
    if (
        limit is not None
        and rules.min_notional is not None
        and not intent.reduce_only
        and size * rules.contract * limit < rules.min_notional
    ):
        what = f"{size} {intent.symbol} at {limit} is worth less than the smallest order"
        raise OrderRefused(f"{intent.client_id}: {what}, {rules.min_notional}; nothing was sent")


def _text(number: Decimal) -> str:
    return format(number, "f")


def order(found: Mapping[str, Any], profile: Profile, asked: Intent | None = None) -> VenueOrder:
    """Return an order as ccxt gives it. Of one that was just sent, what the answer leaves out is taken from the intent.

    Raises `VenueError` for an answer that makes no sense.
    """
    venue_id, client_id = str(found.get("id") or ""), str(found.get("clientOrderId") or "").removeprefix(profile.prefix)
    if not venue_id:
        raise VenueError(f"an order came without its id: {_shown(found)}", is_passing=True)
    if asked is not None and client_id not in ("", asked.client_id):
        raise VenueError(f"the answer to {asked.client_id!r} is about the order {client_id!r}", is_passing=True)
    try:
        filled = decimal(found.get("filled")) or Decimal(0)
        amount = decimal(found.get("amount"))
    except ValueError as error:
        raise VenueError(f"order {venue_id!r} has a size that can't be read: {error}", is_passing=True) from None
    sign = _sign(found, asked)
    quantity = sign * amount if amount is not None else (asked.quantity if asked is not None else sign * filled)
    return VenueOrder(
        venue_id=venue_id,
        client_id=client_id or (asked.client_id if asked is not None else ""),
        symbol=str(found.get("symbol") or (asked.symbol if asked is not None else "")),
        status=_status(found, filled, abs(quantity), asked),
        quantity=quantity,
        filled=sign * filled,
        time=int(found.get("lastUpdateTimestamp") or found.get("timestamp") or 0) * _MS,
    )


def _sign(found: Mapping[str, Any], asked: Intent | None) -> int:
    side = found.get("side")
    if side not in ("buy", "sell"):
        if asked is None:
            raise VenueError(f"an order came without its side: {_shown(found)}", is_passing=True)
        return 1 if asked.quantity > 0 else -1
    return 1 if side == "buy" else -1


def _status(found: Mapping[str, Any], filled: Decimal, amount: Decimal, asked: Intent | None) -> OrderStatus:
    said = found.get("status")
    if said is None and asked is not None:
        return OrderStatus.OPEN  # some exchanges only say that they have it
    if said not in _STATUSES:
        raise VenueError(f"an order came with the status {said!r}: {_shown(found)}", is_passing=True)
    status = _STATUSES[said]
    # Some call an order closed that was filled in part and ended.
    is_short = status is OrderStatus.FILLED and found.get("filled") is not None and filled < amount
    return OrderStatus.CANCELLED if is_short else status


def fill(found: Mapping[str, Any], profile: Profile) -> VenueFill:
    """Return a trade of ours as ccxt gives it; raise `VenueError` for one that can't be read."""
    try:
        quantity, price = decimal(found["amount"]), decimal(found["price"])
        time = int(found["timestamp"])
        trade_id, side = str(found["id"] or ""), found["side"]
        fee, currency = _fee(found)
        if profile.turned_fee and profile.turned_fee in (found.get("info") or {}):
            fee = -fee
    except (KeyError, TypeError, ValueError) as error:
        raise VenueError(f"a trade can't be read ({error}): {_shown(found)}", is_passing=True) from None
    if quantity is None or price is None or not trade_id or side not in ("buy", "sell"):
        raise VenueError(f"a trade came without its id, its side, its size or its price: {_shown(found)}", is_passing=True)
    return VenueFill(
        trade_id=trade_id,
        venue_id=str(found.get("order") or ""),
        client_id=str(found.get("clientOrderId") or "").removeprefix(profile.prefix),
        symbol=str(found["symbol"]),
        time=time * _MS,
        quantity=quantity if side == "buy" else -quantity,
        price=price,
        fee=fee,
        fee_currency=currency,
        is_maker=found.get("takerOrMaker") == "maker",
    )


def payment(found: Mapping[str, Any], kind: Any, symbol: str) -> VenuePayment:
    """Return money that came or went without a trade as ccxt gives it; raise `VenueError` for what can't be read."""
    try:
        amount, time, currency = decimal(found["amount"]), int(found["timestamp"]), str(found["currency"])
    except (KeyError, TypeError, ValueError) as error:
        raise VenueError(f"a payment can't be read ({error}): {_shown(found)}", is_passing=True) from None
    if amount is None or not found.get("id"):
        raise VenueError(f"a payment came without its id or its amount: {_shown(found)}", is_passing=True)
    # At some exchanges ccxt gives the sign as well as the direction.
    signed = -abs(amount) if found.get("direction") == "out" else amount
    return VenuePayment(str(found["id"]), symbol, time * _MS, signed, currency, kind)


def wallet(balance: Mapping[str, Any], profile: Profile) -> dict[str, Decimal]:
    """Return the money that positions are held against, by currency, where it is recorded how the exchange tells of it."""
    if not profile.wallet:
        return {}
    rows = _rows(balance.get("info"), profile.wallets)
    found = {str(row.get(profile.wallet_currency)): decimal(row.get(profile.wallet)) for row in rows}
    return {name: amount for name, amount in found.items() if amount}


def _rows(said: Any, path: Sequence[str | int]) -> list[Mapping[str, Any]]:
    """Return the rows at a place of an answer; a list that has no names is taken for those rows itself."""
    for step in path:
        if isinstance(said, list) and isinstance(step, str):
            break
        is_there = isinstance(step, int) and isinstance(said, list) and step < len(said)
        said = said[step] if is_there else said.get(step) if isinstance(said, dict) else None
    return said or []


def _fee(found: Mapping[str, Any]) -> tuple[Decimal, str]:
    """Return what a trade cost and in which currency. ccxt has one fee or several, and each of them in both places."""
    parts = found.get("fees") or [found.get("fee") or {}]
    paid = [(cost, str(part.get("currency") or "")) for part in parts if (cost := decimal(part.get("cost")))]
    currencies = {currency for _, currency in paid}
    if len(currencies) > 1:
        raise ValueError(f"its fee is in several currencies: {', '.join(sorted(currencies))}")
    return sum((cost for cost, _ in paid), Decimal(0)), next(iter(currencies), "")


def _shown(found: Mapping[str, Any]) -> str:
    """Return what matters of an answer, for a message."""
    names = ("id", "clientOrderId", "symbol", "side", "amount", "price", "status", "order", "timestamp")
    return repr({name: found[name] for name in names if found.get(name) is not None})
