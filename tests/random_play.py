"""A run made up from a seed: bars with holes and jumps, costs, rules of all kinds, and orders of all kinds.

As a script it plays the seeds up to its argument and prints what came of each, to the bit.
"""

from __future__ import annotations

import hashlib
import sys
from functools import cache
from typing import Any

import numpy as np

from stage import Played, check, limit, play
from tradekit.analysis.trades import Ends, FillColumns, round_trips
from tradekit.errors import OrderError
from tradekit.model.account import Account
from tradekit.model.bars import Bars
from tradekit.model.fills import FillRules
from tradekit.model.instrument import Instrument
from tradekit.model.order import Order, OrderKind
from tradekit.model.risk import LimitKind, Verdict
from tradekit.simulator.context import Context, View
from tradekit.simulator.costs import Impact, Tiers
from tradekit.simulator.moves import Moves
from tradekit.simulator.setup import Rule, Setup
from tradekit.simulator.venue import Venue

HOUR = 3_600_000_000_000

Random = np.random.Generator


def random_bars(rng: Random, rows: int, size: int) -> Bars:
    """Return bars of prices in cents, some of which jump, and some of which are missing."""
    moves = rng.normal(0, 0.02, (rows, size)) + rng.normal(0, 0.1, (rows, size)) * (rng.random((rows, size)) < 0.05)
    close = np.round(rng.uniform(5, 200, size) * np.exp(np.cumsum(moves, axis=0)), 2) + 0.01
    before = np.concatenate((close[:1], close[:-1]))
    opened = np.where(
        rng.random((rows, size)) < 0.5, before, np.round(before * np.exp(rng.normal(0, 0.01, (rows, size))), 2) + 0.01
    )
    reach = np.abs(rng.normal(0, 0.01, (2, rows, size)))
    high = np.maximum(np.maximum(opened, close), np.round(np.maximum(opened, close) * (1 + reach[0]), 2))
    low = np.maximum(np.minimum(np.minimum(opened, close), np.round(np.minimum(opened, close) * (1 - reach[1]), 2)), 0.01)
    is_hole = rng.random((rows, size)) < rng.choice([0.0, 0.3])
    is_hole[np.arange(rows), rng.integers(0, size, rows)] = False
    prices = [np.where(is_hole, np.nan, column) for column in (opened, high, low, close, rng.uniform(0, 1e6, (rows, size)))]
    times = np.arange(rows, dtype=np.int64) * (5 * HOUR)
    return Bars(tuple("XYZ"[:size]), times, times + 5 * HOUR, *prices)


def random_costs(rng: Random, rows: int, size: int) -> dict[str, Any]:
    """Return some costs of each sort, as `costs_of` of the stage takes them."""
    days = (rows * 5 + 23) // 24
    tiers = Tiers(
        np.array([0.0, 2_000.0, 50_000.0]),
        rng.uniform(0, 0.002, (3, 3, size)) * np.array([1.0, 1.0, 0.0])[:, np.newaxis],
        rng.random(size) < 0.8,
        np.zeros(size, dtype=np.bool_),
        float(rng.choice([0.0, 3_000.0])),
    )
    impacts = [
        Impact(rng.uniform(0, 0.1, (1, size)), 2.0),
        Impact(rng.uniform(0, 0.1, (1, size)), 0.6),
        Impact(rng.uniform(0, 0.05, (days, size)), 0.5, rng.choice([np.nan, 0.0, 1e3, 1e6], (days, size))),
    ]
    some = {
        "maker_rate": -0.0001,
        "taker_rate": 0.0002,
        "minimum": 1.0,
        "half_spread": 0.01,
        "row_slippage_rate": rng.uniform(0, 0.001, (rows, size)),
        "row_half_spread": rng.uniform(0, 0.05, (rows, size)),
        "tiers": [tiers],
        "impacts": [impact for impact in impacts if rng.random() < 0.5],
    }
    return {name: value for name, value in some.items() if rng.random() < 0.3}


def random_rules(rng: Random) -> list[Rule]:
    """Return some rules, sizing among them or not."""
    action = ["clip", "reject"][rng.integers(2)]
    some = [
        limit(LimitKind.MAX_WEIGHT, rng.uniform(0.1, 1.0), action),
        limit(LimitKind.MAX_LEVERAGE, rng.uniform(0.2, 2.0), action),
        limit(LimitKind.MAX_ORDER_VALUE, rng.uniform(100, 50_000), action),
        limit(LimitKind.MAX_DRAWDOWN, rng.uniform(0.01, 0.3), "halt"),
        limit(LimitKind.MAX_DRAWDOWN, rng.uniform(0.01, 0.3), "flatten"),
        check(opinion),
    ]
    sizing = [limit(LimitKind.FRACTION_SIZE, rng.uniform(0.1, 2)), limit(LimitKind.VOLATILITY_SIZE, 0.2, cap=1.5), None, None]
    found = [rule for rule in some if rng.random() < 0.3]
    chosen = sizing[rng.integers(len(sizing))]
    return found if chosen is None else [chosen, *found]


def opinion(order: Order, account: Account) -> Any:
    """Judge an order by its number and what the account shows, in every way that a rule can, and some that it can't."""
    kind = order.id % 11
    numbers = {"open": float(len(account.open_orders)), "equity": account.equity}
    if kind == 3:
        return Verdict.resize(order.quantity / 2, "too much", numbers)
    if kind == 5:
        return Verdict.reject("not that", numbers)
    if kind == 4:
        return Verdict.resize(order.quantity * (order.id % 4), "more or less", numbers)
    if kind == 7:
        raise RuntimeError("no idea")
    if kind == 8:
        return None
    if order.id % 97 == 90:
        return Verdict.halt("enough", numbers)
    return Verdict.accept("fine", numbers)


def ask(rng: Random, ctx: Context, view: View, has_sizing: bool) -> None:
    """Ask for something."""
    near = round(float(ctx.equity / 100 / (view.close if view.close == view.close else 1.0)), 2) + 0.01
    sizes = [near, near * 10, near * 3.3333, 1e6, 0.001, abs(view.position), abs(view.position) / 3, abs(view.position) * 2]
    size = float(sizes[rng.integers(len(sizes))])
    price = (view.close if view.close == view.close else 50.0) * float(np.exp(rng.normal(0, 0.02)))
    how = int(rng.integers(10))
    side = view.buy if rng.random() < 0.5 else view.sell
    try:
        if how == 0:
            view.target(weight=float(rng.choice([-1.0, -0.3, 0.0, 0.2, 0.7, 1.0])))
        elif how == 1:
            view.target(quantity=float(rng.choice([-1.0, 0.0, 1.0])) * size)
        elif how == 2:
            view.exit()
        elif how == 3:
            view.cancel()
        elif how == 4 and view.open_orders:
            view.cancel(view.open_orders[0])
        elif how == 5 and has_sizing:
            side()
        elif how <= 6:
            side(size)
        elif how <= 8:
            side(size, limit=price)
        else:
            side(size, stop=price)
    except OrderError:
        pass  # a size of 0, when nothing is held


@cache
def random_play(seed: int, rows: int = 60) -> Played:
    """Play the run of a seed."""
    rng = np.random.default_rng(seed)
    size = int(rng.integers(1, 4))
    bars = random_bars(rng, rows, size)
    facts = {"tick": [None, 0.01], "lot": [None, 0.001, 1.0], "min_notional": [None, 50.0]}
    instruments = [
        Instrument(symbol, **{name: options[rng.integers(len(options))] for name, options in facts.items()})
        for symbol in bars.symbols
    ]
    rules = random_rules(rng)
    has_sizing = bool(rules) and any(limit.kind.is_sizing for limit in rules[0].limits)
    pace = rng.uniform(0.05, 0.6)

    def on_bar(ctx: Context) -> None:
        for view in ctx:
            while rng.random() < pace:
                ask(rng, ctx, view, has_sizing)

    return play(
        bars,
        on_bar,
        instruments,
        capital=float(rng.choice([1_000.0, 100_000.0, 99_999.99])),
        is_margin=bool(rng.random() < 0.6),
        leverage=float(rng.choice([1.0, 3.0])),
        rules=rules,
        fee_rate=float(rng.choice([0.0, 0.001, 0.00075])),
        fee_per_unit=float(rng.choice([0.0, 0.0, 0.005])),
        slippage_rate=float(rng.choice([0.0, 0.0005])),
        **random_costs(np.random.default_rng((seed, 1)), rows, size),
        fills=FillRules(
            "cut" if rng.random() < 0.7 else "reject", "touch" if rng.random() < 0.5 else "through", participation=None
        ),
        warmup=int(rng.choice([0, 3])),
        volatility=np.where(np.arange(rows) < 5, np.nan, np.abs(rng.normal(0.3, 0.2, (size, rows)))),
    )


def fingerprint(run: Played) -> str:
    """Return a hash of all that a run left, to the bit."""
    found = hashlib.sha256(run.simulation.equity_curve().tobytes())
    for columns in (run.simulation.log.columns(), run.simulation.book.columns(), trades(run)):
        for name, column in columns.items():
            found.update(name.encode() + column.tobytes())
    found.update(repr(sorted(run.simulation.log.words().items())).encode())
    found.update(np.array(quotes(run.setup)).tobytes())
    return found.hexdigest()


def trades(run: Played) -> dict[str, Any]:
    """Return what the fills of a run make, one array a column, for one currency."""
    log, size = run.simulation.log.columns(), len(run.setup.instruments)
    moves = Moves(log, size).columns()
    fills = FillColumns(
        log["time"][moves.pop("entry")],
        gain=moves["closed"] * (moves["price"] - moves["average"]),
        **{name: moves[name] for name in ("instrument", "quantity", "price", "fee", "slippage", "split")},
    )
    trips = round_trips(fills, Ends(run.simulation.ledger.marks()))
    return {name: np.ascontiguousarray(getattr(trips, name)) for name in trips.__dataclass_fields__}


def quotes(setup: Setup) -> list[float]:
    """Return what a venue says to parts of orders, of which a run may have none."""
    rng, venue, found = np.random.default_rng(len(setup.bars)), Venue(setup), []
    for row in range(len(setup.bars)):
        venue.new_row(row)
        for i in range(len(setup.instruments)):
            quantity, price, before = (float(number) for number in rng.uniform((-1e4, 1.0, 0.0), (1e4, 200.0, 1e4)))
            is_maker = bool(rng.random() < 0.5)
            venue.traded(i, quantity * price / 100)
            found.append(venue.fee(i, quantity, price, is_maker, venue.raw_fee(i, before, price, not is_maker)))
            found.append(venue.slipped(i, quantity, price, float(setup.bars.volume[row, i]), before))
            found.append(venue.most_fee(i, quantity, price) + venue.most_fee_of_one(i, price) + venue.least_fee(i))
    return found


def assert_book_adds_up(run: Played) -> None:
    """Compare the sums that the book keeps with its open orders; compiled, they can't be seen from Python."""
    book = run.simulation.book
    units, orders = np.zeros_like(book.units), np.zeros_like(book.orders)
    for number in book.open_numbers():
        column = 2 * (book.kind[number] == OrderKind.MARKET) + (book.quantity[number] > 0)
        units[book.instrument[number], column] += abs(book.quantity[number])
        orders[book.instrument[number], column] += 1
    assert (orders == book.orders).all()
    assert (np.abs(units - book.units) <= 1e-9 * units).all()


if __name__ == "__main__":
    from tradekit.simulator.build import is_compiled

    sys.stdout.write("compiled\n" if is_compiled() else "uncompiled\n")
    for number in range(int(sys.argv[1])):
        played = random_play(number)
        if not is_compiled():
            assert_book_adds_up(played)
        sys.stdout.write(fingerprint(played) + "\n")
