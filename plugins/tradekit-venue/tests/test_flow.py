from decimal import Decimal

from tradekit_venue.clock import Clock
from tradekit_venue.engine.candles import HOUR, Candle
from tradekit_venue.engine.events import CandleMoved
from tradekit_venue.engine.market import Market
from tradekit_venue.engine.order import Kind, NewOrder, Side, Status
from tradekit_venue.recording import Print, Recording, prints_of
from tradekit_venue.venue import Venue

D = Decimal
MARKET = Market("BTC", "USDT", tick=D(1), lot=D("0.1"), min_notional=D(1))
BARS = [Candle(hour * HOUR, (hour + 1) * HOUR, *map(D, prices)) for hour, prices in enumerate([
    (100, 110, 90, 105, 8), (105, 120, 104, 106, 8), (106, 107, 80, 81, 8),
])]  # fmt: skip


def replaying(bars=BARS, history=1, level_size=1):
    venue = Venue(Clock(history * HOUR))
    prints = (one for bar in bars[history:] for one in prints_of(bar, MARKET.lot))
    venue.replay(Recording(MARKET, history * HOUR, len(bars) * HOUR, "1h", tuple(bars[:history]), prints, D(level_size)))
    account = venue.add_account("anna", {"BTC": D(100), "USDT": D(100_000)}, "key", "secret")
    return venue, account, venue.exchange.listings["BTC/USDT"]


def put(venue, account, side, quantity, price=0, kind=Kind.LIMIT):
    return venue.exchange.place(account, "BTC/USDT", NewOrder(Side(side), kind, D(quantity), D(price)))


def test_prints_of_a_bar_go_over_its_low_first_if_it_rose_and_share_its_volume() -> None:
    rose, fell = prints_of(BARS[0], D("0.1")), prints_of(BARS[2], D("0.1"))
    assert [(one.time, int(one.price)) for one in rose] == [(0, 100), (HOUR // 3, 90), (HOUR * 2 // 3, 110), (HOUR - 1, 105)]
    assert [int(one.price) for one in fell] == [106, 107, 80, 81]
    assert sum(one.quantity for one in rose) == 8


def test_replayed_candles_are_those_that_were_recorded_whatever_accounts_do() -> None:
    venue, account, listing = replaying()
    put(venue, account, "BUY", 3, 95)
    put(venue, account, "BUY", 4, kind=Kind.MARKET)
    venue.advance(2 * HOUR)
    assert [(c.open, c.high, c.low, c.close, c.volume) for c in listing.candles.of("1h")] == [
        (bar.open, bar.high, bar.low, bar.close, bar.volume) for bar in BARS
    ]
    assert account.open == {}


def test_recorded_trade_fills_what_rests_at_its_price_or_better_the_best_first_at_its_own_limit() -> None:
    venue, account, listing = replaying()
    orders = [put(venue, account, "BUY", 1, price) for price in (85, 95, 80)]
    venue.advance(2 * HOUR)
    # Two units are traded at the low of 80: the better two orders are filled, and nothing is left for the third.
    assert [order.status for order in orders] == [Status.FILLED, Status.FILLED, Status.NEW]
    assert [(int(t.price), t.maker is not None) for t in listing.tape][-4:] == [(107, False), (95, True), (85, True), (81, False)]


def test_market_order_takes_what_the_replayed_market_offers_around_its_price() -> None:
    venue, account, listing = replaying(level_size=2)
    assert [[int(price) for price, _ in side.depth()] for side in (listing.book.bids, listing.book.asks)] == [
        [104, 103, 102, 101, 100],
        [106, 107, 108, 109, 110],
    ]
    order = put(venue, account, "BUY", 3, kind=Kind.MARKET)
    assert [(int(t.price), t.quantity) for t in order.fills] == [(106, 2), (107, 1)]


def test_offers_of_the_replayed_market_never_cross_what_rests() -> None:
    venue, account, listing = replaying()
    put(venue, account, "BUY", 50, 104)
    venue.advance(2 * HOUR)
    assert listing.last == D(81)
    assert (listing.book.bids.best, listing.book.asks.best) == (D(104), D(105))


def test_final_candles_are_told_before_the_next_one_begins() -> None:
    venue, _, _ = replaying()
    told = []
    venue.exchange.listeners.append(
        lambda event: (
            told.append((venue.clock.now(), event.is_final, event.candle.open_time)) if isinstance(event, CandleMoved) else None
        )
    )
    venue.advance(2 * HOUR)
    assert [one for one in told if one[1]] == [(2 * HOUR, True, HOUR), (3 * HOUR, True, 2 * HOUR)]
    assert told.index((2 * HOUR, True, HOUR)) < told.index((2 * HOUR, False, 2 * HOUR))


def test_recorded_side_says_who_took() -> None:
    venue = Venue(Clock(0))
    prints = iter([Print(10, D(100), D(1), Side.SELL), Print(20, D(100), D(1), Side.BUY)])
    venue.replay(Recording(MARKET, 0, 30, "1m", (), prints, D(1)))
    venue.advance(30)
    assert [trade.taker_side for trade in venue.exchange.listings["BTC/USDT"].tape] == [Side.SELL, Side.BUY]
