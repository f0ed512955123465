"""The other future of ticks: the past is the same to the bit, and what comes after could have come."""

import itertools

import numpy as np
import pytest

from tick_markets import SECOND, give_ticks
from tradekit import BookUpdates, Quotes, Strategy, Trades, bars_of_trades
from tradekit.data.quality.ticks import doubts_of_book, doubts_of_quotes
from tradekit.data.sound import is_sound
from tradekit.engine.lookahead.ticks import OtherTicks
from tradekit.engine.market import load_market
from tradekit.model.bars import Series
from tradekit.model.tape import Tape, TickKind

KINDS = (("trades",), ("quotes",), ("trades", "quotes"), ("book",), ("trades", "book"))
PRICES = ("open", "high", "low", "close", "volume")


class Idle(Strategy):
    """Do nothing."""

    name = "idle"

    def on_bar(self, ctx):
        """Look on."""


def loaded(lab, kinds, *overrides):
    return load_market(lab.compose(Idle, f"data.ticks = {list(kinds)}", "account.kind = 'margin'", *overrides))


def parts(tape: Tape, i: int):
    """Return trades, quotes and book of an instrument on a tape; making them checks what they hold."""
    found = []
    for kind in TickKind:
        at = np.flatnonzero((tape.instrument == i) & (tape.kind == kind))
        time, place = tape.time[at], tape.place[at]
        if kind is TickKind.BOOK:
            starts, counts = tape.update[place], np.diff(tape.update)[place]
            rows = np.concatenate(
                [np.zeros(0, int), *(np.arange(start, start + n) for start, n in zip(starts, counts, strict=True))]
            )
            columns = {name: column[rows] for name, column in tape.book.items()}
            found.append(BookUpdates(np.repeat(time, counts), np.repeat(np.arange(len(at)), counts), **columns))
        elif kind is TickKind.QUOTE:
            found.append(Quotes(time, **{name: column[place] for name, column in tape.quotes.items()}))
        else:
            found.append(Trades(time, **{name: column[place] for name, column in tape.trades.items()}))
    return found


def rows_until(ticks, moment):
    return int(np.searchsorted(ticks.time, moment, "right"))


def on_tick(prices):
    known = prices[~np.isnan(prices)]
    return np.array_equal(known, np.round(np.rint(known * 10) / 10, 1)) and (known > 0).all()


@pytest.mark.proof("lookahead")
def test_other_ticks_keep_the_past_and_are_a_market_after_it(lab, matrix):
    for seed in matrix.seeds(4, 200):
        kinds = KINDS[seed % len(KINDS)]
        market = loaded(give_ticks(lab, seed, ("X", "Y")[: 1 + seed % 2], 12), kinds)
        moment = int(np.random.default_rng(seed).choice(np.concatenate((market.tape.time, market.bars.close_time))[:-1]))
        other = OtherTicks(market).after(moment, seed)
        for i in range(len(market.bars.symbols)):
            for first, second in zip(parts(market.tape, i), parts(other.tape, i), strict=True):
                _hold_same(first, second, moment)
                _hold_market(second)
                if rows_until(first, moment) < len(first):
                    _hold_other(first, second, moment)
        _hold_bars(market, other, moment, "trades" in kinds)


def test_bars_of_so_many_trades_hold_so_many_of_the_others(lab):
    market = loaded(give_ticks(lab, 3), ["trades"], "data.interval = '7 trades'")
    moment = int(market.tape.time[len(market.tape) // 2])
    other = OtherTicks(market).after(moment)
    made, row = bars_of_trades(parts(other.tape, 0)[0], "7 trades"), int(np.searchsorted(market.bars.close_time, moment, "right"))
    assert (other.bars.close[row:] != market.bars.close[row:]).all()
    for name in ("open_time", "close_time"):
        assert getattr(other.bars, name).tolist() == getattr(made, name).tolist()
    for name in PRICES:
        np.testing.assert_allclose(getattr(other.bars, name)[:, 0], getattr(made, name), rtol=1e-12)


def test_bars_without_trades_stand_still_at_the_close_before(lab):
    give_ticks(lab, 3)
    trades = lab.known["trades"]["X"]
    kept = (trades.time < 4 * SECOND) | (trades.time >= 7 * SECOND)
    columns = (getattr(trades, name)[kept] for name in ("time", "price", "size"))
    lab.known["trades"]["X"] = Trades(*columns, side=trades.side[kept])
    market = loaded(lab, ["trades"], "data.policy.gaps = 'fill'")
    other = OtherTicks(market).after(2 * SECOND).bars
    before = int(np.searchsorted(other.close_time, 4 * SECOND))
    assert other.close[before, 0] != market.bars.close[before, 0]
    assert other.close[before : before + 4, 0].tolist() == [other.close[before, 0]] * 4
    assert other.volume[before + 1 : before + 4, 0].tolist() == [0, 0, 0]


def _hold_same(first, second, moment):
    rows = rows_until(first, moment)
    assert rows_until(second, moment) == rows
    names = [name for name in first.__dataclass_fields__ if name not in ("origin", "stored")]
    for name in names:
        assert getattr(first, name)[:rows].tobytes() == getattr(second, name)[:rows].tobytes(), name


def _hold_market(ticks):
    if isinstance(ticks, BookUpdates):
        assert not list(doubts_of_book(ticks))
    if isinstance(ticks, Quotes):
        assert not [finding for finding in doubts_of_quotes(ticks) if finding.check in ("crossed", "one-sided")]
    for name in ("price", "bid", "ask"):
        if name in ticks.__dataclass_fields__:
            assert on_tick(getattr(ticks, name))


def _hold_other(first, second, moment):
    rows = rows_until(first, moment)
    if isinstance(first, BookUpdates):
        assert np.unique(first.sequence).tolist() == np.unique(second.sequence).tolist()
        first, second = (best_prices(book, moment) for book in (first, second))
        assert first[0] != second[0]
    else:
        price = "price" if isinstance(first, Trades) else "bid"
        assert (getattr(first, price)[rows:] != getattr(second, price)[rows:]).any()
        assert len(first) < rows + 10 or (first.time[rows:] != second.time[rows:]).any()


def best_prices(book, moment):
    """Return the best bid after each update that comes after a moment."""
    found, bids = [], {}
    for _, grouped in itertools.groupby(range(len(book)), key=lambda k: int(book.sequence[k])):
        rows = list(grouped)
        bids = {} if book.is_snapshot[rows[0]] else bids
        bids |= {float(book.price[k]): float(book.size[k]) for k in rows if book.side[k] > 0}
        if book.time[rows[0]] > moment:
            found.append(max(price for price, size in bids.items() if size))
    return found


def _hold_bars(market, other, moment, are_made):
    bars, made = market.bars, other.bars
    kept = int(np.searchsorted(bars.close_time, moment, "right"))
    for name in PRICES:
        assert getattr(bars, name)[:kept].tobytes() == getattr(made, name)[:kept].tobytes()
    assert np.array_equal(bars.exists, made.exists)
    for i in range(len(bars.symbols)):
        own = made.exists[:, i]
        series = Series(bars.open_time[own], bars.close_time[own], *(getattr(made, name)[own, i] for name in PRICES))
        assert is_sound(series)
        if are_made:
            again = bars_of_trades(parts(other.tape, i)[0], "1s")
            for name in PRICES:
                np.testing.assert_allclose(getattr(series, name), getattr(again, name), rtol=1e-12)
