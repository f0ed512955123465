"""Accounts and orders as a rule sees them, made by hand."""

from datetime import datetime

from tradekit import Account, Order, OrderKind, Position

NOW = "2024-03-15T14:30:00+00:00"


def at(text=NOW):
    """Return a time in UTC nanoseconds."""
    return round(datetime.fromisoformat(text).timestamp() * 1000) * 10**6


def account(held=None, orders=(), prices=None, *, equity=100_000.0, cash=None, time=NOW, age_s=0.0):
    """Return an account that holds units by symbol, at prices by symbol."""
    prices = {"ACME": 100.0} if prices is None else prices
    positions = {name: Position(name, units, prices[name], prices[name]) for name, units in (held or {}).items()}
    cash = equity - sum(position.value for position in positions.values()) if cash is None else cash
    now = at(time)
    return Account(now, "USD", cash, equity, positions, tuple(orders), prices, dict.fromkeys(prices, now - round(age_s * 1e9)))


def limit(number, quantity, price, symbol="ACME"):
    """Return a limit order."""
    return Order(number, symbol, quantity, OrderKind.LIMIT, limit=price)


def market(number, quantity, symbol="ACME"):
    """Return a market order."""
    return Order(number, symbol, quantity)


def answer(rule, order, seen):
    """Return the kind of a verdict in a word."""
    return rule.check(order, seen).kind.name.lower()
