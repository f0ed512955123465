"""Accounts that do something, made by hand: a script of orders, fills and cancellations, and a market maker."""

import random

import numpy as np
from tradekit_compliance.surveillance.activity import Activity, Message, Session
from tradekit_compliance.surveillance.market import Market

from tradekit import Series

START = 1_710_513_000 * 10**9  # 2024-03-15 14:30 UTC
SECOND = 10**9
MINUTE = 60 * SECOND
CLOSE = START + 330 * MINUTE  # 20:00 UTC, 16:00 in New York


class Script:
    """Writes down what an account does; times are seconds from the start."""

    def __init__(self, name="A", settings=None, begin=START):
        self.name = name
        self.begin = begin
        self.messages = []
        self.orders = 0
        self.sessions = [Session(0, begin, settings or {})]
        self.is_live = False

    def add(self, kind, at, **facts):
        """Write down anything, and return its number."""
        number = len(self.messages) + 1
        self.messages.append(Message(number, self.begin + round(at * SECOND), kind, **facts))
        return number

    def order(self, at, quantity, price, symbol="ACME"):
        """Enter an order and return its number."""
        self.orders += 1
        self.add("order", at, order=self.orders, symbol=symbol, quantity=quantity, price=price)
        return self.orders

    def fill(self, at, order, quantity, price, symbol="ACME"):
        """Fill an order."""
        return self.add("fill", at, order=order, symbol=symbol, quantity=quantity, price=price)

    def cancel(self, at, order, quantity, symbol="ACME"):
        """Cancel an order."""
        return self.add("cancel", at, order=order, symbol=symbol, quantity=quantity)

    def trade(self, at, quantity, price, symbol="ACME"):
        """Enter an order that is filled at once."""
        number = self.order(at, quantity, price, symbol)
        return self.fill(at, number, quantity, price, symbol)

    def done(self):
        """Return what was written down."""
        told = sorted(self.messages, key=lambda one: (one.time, one.number))
        return Activity(self.name, tuple(told), tuple(self.sessions), self.is_live)


def series(closes, step_s=60, begin=START, volume=1000.0):
    """Return bars whose closes are given; each opens where the last closed."""
    closes = np.asarray(closes, dtype=np.float64)
    opens = np.concatenate((closes[:1], closes[:-1]))
    times = begin + np.arange(len(closes), dtype=np.int64) * step_s * SECOND
    high, low = np.maximum(opens, closes), np.minimum(opens, closes)
    volumes = np.full(len(closes), volume) if np.isscalar(volume) else np.asarray(volume, dtype=np.float64)
    return Series(times, times + step_s * SECOND, opens, high, low, closes, volumes)


def market_maker(prints, seed=1, levels=3, name="MM", begin=START, settings=None):
    """Return what a market maker does on trades of a market: `prints` are (seconds, price, who takes: +1 buys, -1 sells).

    It shows the same size at `levels` prices on either side, quotes anew after each fill and whenever the price has moved, half a
    second to two seconds after it, and cancels all that it showed; so nearly all its orders are cancelled, and shown shortly.
    """
    draw = random.Random(seed)  # noqa: S311 - a seeded market
    script = Script(name, settings, begin)
    alive, centre, requote = {}, None, None
    for at, price, side in prints:
        if requote is not None and at >= requote:
            for order, (quantity, _) in alive.items():
                script.cancel(requote, order, quantity)
            alive, centre, requote = {}, price, None
            for level in range(1, levels + 1):
                for way in (1, -1):
                    quote = round(price * (1 - way * 0.0002 * level), 2)
                    alive[script.order(at, way * 10.0, quote)] = (way * 10.0, quote)
        for order, (quantity, quote) in list(alive.items()):
            is_hit = quantity * side < 0 and (price <= quote if quantity > 0 else price >= quote)
            if is_hit:
                script.fill(at, order, quantity, quote)
                del alive[order]
                requote = requote or at + draw.uniform(0.1, 1.0)
        if centre is None or abs(price / centre - 1) > 0.0002:
            requote = requote or at + draw.uniform(0.1, 1.0)
    return script.done()


def walk(count, seed=1, price=100.0, step=0.0002):
    """Return made-up trades of a market, some a second: a random walk on a grid of a cent."""
    draw = random.Random(seed)  # noqa: S311 - a seeded market
    at, found = 0.0, []
    for _ in range(count):
        at += draw.expovariate(2.0)
        price *= 1 + draw.gauss(0, step)
        found.append((at, round(price, 2), draw.choice((1, -1))))
    return found


def closing(move=0.01, size=1000.0, at=-300, position=5000.0, days=8):
    """A session that an account moves up in its last minutes, after quiet ones; bars are of a minute."""
    draw = np.random.default_rng(1)
    closes = []
    for day in range(days):
        quiet = 100.0 * np.cumprod(1 + draw.normal(0, 0.0002, 390))
        if day == days - 1:
            quiet[-10:] = quiet[-11] * np.linspace(1, 1 + move, 10)
        closes.append(quiet)
    begin = CLOSE - 390 * MINUTE
    bars = [series(closes[k], begin=begin - (days - 1 - k) * 1440 * MINUTE, volume=400.0) for k in range(days)]
    whole = type(bars[0])(*(np.concatenate([getattr(one, name) for one in bars]) for name in bars[0].__slots__[:7]))
    script = Script(begin=CLOSE)
    script.trade(-3600 * 3, position, 100.0)
    script.trade(at, size, 100.5)
    return script.done(), Market({"ACME": whole}, MINUTE)
