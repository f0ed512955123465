from contextlib import suppress
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tradekit_venue.clock import Clock
from tradekit_venue.engine.account import Account, Rates
from tradekit_venue.engine.events import BalancesMoved, BookMoved, Executed, Printed
from tradekit_venue.engine.exchange import Exchange
from tradekit_venue.engine.flow import Flow
from tradekit_venue.engine.market import Market
from tradekit_venue.engine.order import Force, Kind, NewOrder, Reason, RejectError, Side, Status

D = Decimal
SYMBOL = "BTC/USDT"
MARKET = Market("BTC", "USDT", tick=D("0.1"), lot=D("0.01"), min_notional=D(1), lowest=D("0.01"), highest=D(100))
NAMES = ("anna", "bert", "carl")


def exchange(**rates):
    made = Exchange(Clock(1_000))
    made.list_market(MARKET)
    for name in NAMES:
        made.add_account(Account(name, {"BTC": D(100), "USDT": D(10_000), "BNB": D(1)}, Rates(**rates)))
    return made


def put(at, name, side, quantity, price="0", kind=Kind.LIMIT, **more):
    asked = NewOrder(Side(side), Kind(kind), D(quantity), D(price), **more)
    return at.place(at.accounts[name], SYMBOL, asked)


def reason(act):
    with pytest.raises(RejectError) as error:
        act()
    return error.value.reason


def book(at):
    sides = at.listings[SYMBOL].book
    return [[(str(price), str(size)) for price, size in side.depth()] for side in (sides.bids, sides.asks)]


def test_match_takes_the_best_price_first_and_the_older_order_at_one_price() -> None:
    at = exchange()
    later = [put(at, *one) for one in (("bert", "SELL", "1", "11"), ("anna", "SELL", "1", "10"), ("bert", "SELL", "1", "10"))]
    taker = put(at, "carl", "BUY", "1.5", "11")
    assert [(trade.maker, str(trade.price), str(trade.quantity)) for trade in taker.fills] == [
        (later[1], "10", "1"),
        (later[2], "10", "0.5"),
    ]
    assert (taker.status, later[2].status, later[0].status) == (Status.FILLED, Status.PARTIALLY_FILLED, Status.NEW)
    assert book(at) == [[], [("10", "0.5"), ("11", "1")]]


def test_taker_pays_the_price_that_rested_and_gets_the_rest_of_its_money_back() -> None:
    at = exchange(maker=D("0.001"), taker=D("0.002"))
    put(at, "anna", "SELL", "1", "10")
    put(at, "bert", "BUY", "1", "12")
    anna, bert = at.accounts["anna"], at.accounts["bert"]
    assert (bert.free["USDT"], bert.locked["USDT"], bert.free["BTC"]) == (D(9_990), 0, D("100.998"))
    assert (anna.free["USDT"], anna.free["BTC"], at.collector.free["BTC"]) == (D("10009.99"), D(99), D("0.002"))


def test_fees_come_from_a_third_currency_while_there_is_enough_of_it() -> None:
    at = exchange(taker=D("0.01"), asset="BNB", price=D(1), discount=D("0.25"))
    put(at, "anna", "SELL", "20", "10")
    first = put(at, "bert", "BUY", "10", "10")
    assert (first.fills[0].taker_fee.asset, first.fills[0].taker_fee.amount) == ("BNB", D("0.75"))
    second = put(at, "bert", "BUY", "10", "10")
    assert (second.fills[0].taker_fee.asset, second.fills[0].taker_fee.amount) == ("BTC", D("0.1"))


def test_market_order_takes_what_there_is_and_expires_with_the_rest() -> None:
    at = exchange()
    put(at, "anna", "SELL", "1", "10")
    order = put(at, "bert", "BUY", "3", kind=Kind.MARKET)
    assert (order.status, str(order.filled), at.accounts["bert"].locked["USDT"]) == (Status.EXPIRED, "1", 0)


def test_market_order_by_value_buys_as_many_lots_as_the_money_does() -> None:
    at = exchange()
    put(at, "anna", "SELL", "1", "10")
    put(at, "anna", "SELL", "5", "11")
    order = put(at, "bert", "BUY", "0", kind=Kind.MARKET, value=D(20))
    assert (order.status, str(order.filled), str(order.paid)) == (Status.FILLED, "1.90", "19.90")


@pytest.mark.parametrize(("force", "filled"), [(Force.IOC, "1"), (Force.FOK, "0")])
def test_order_that_does_not_stay_expires_with_what_it_could_not_take(force, filled) -> None:
    at = exchange()
    put(at, "anna", "SELL", "1", "10")
    order = put(at, "bert", "BUY", "2", "10", force=force)
    assert (order.status, str(order.filled), at.accounts["bert"].locked["USDT"]) == (Status.EXPIRED, filled, 0)


def test_stop_waits_off_the_book_until_the_price_reaches_it() -> None:
    at = exchange()
    put(at, "anna", "BUY", "1", "10")
    put(at, "bert", "SELL", "0.5", "10")
    stop = put(at, "carl", "SELL", "1", "8", Kind.STOP_LOSS_LIMIT, trigger=D(9))
    target = put(at, "carl", "SELL", "1", kind=Kind.TAKE_PROFIT, trigger=D(11))
    assert (stop.is_working, target.is_working, book(at)) == (False, False, [[("10", "0.5")], []])
    put(at, "anna", "BUY", "1", "9")
    put(at, "bert", "SELL", "0.7", "9")
    assert (stop.is_working, stop.status, str(stop.filled), target.status) == (True, Status.PARTIALLY_FILLED, "0.8", Status.NEW)
    assert book(at) == [[], [("8", "0.2")]]


def test_stop_whose_money_is_gone_expires_when_it_is_reached() -> None:
    at = exchange()
    put(at, "anna", "SELL", "1", "10")
    put(at, "bert", "BUY", "1", "10")
    stop = put(at, "carl", "BUY", "500", kind=Kind.STOP_LOSS, trigger=D(20))
    put(at, "anna", "SELL", "60", "400")
    put(at, "bert", "BUY", "0.1", "400")
    assert (stop.status, str(stop.filled), at.accounts["carl"].free["USDT"]) == (Status.EXPIRED, "0", D(10_000))


def test_refused_orders_change_nothing_and_say_why() -> None:
    at = exchange()
    put(at, "anna", "SELL", "1", "10", client_id="mine")
    put(at, "bert", "BUY", "0.5", "10")
    before = (at.accounts["bert"].free.copy(), book(at))
    assert reason(lambda: put(at, "bert", "BUY", "1", "10.05")) is Reason.PRICE
    assert reason(lambda: put(at, "bert", "BUY", "0.015", "10")) is Reason.LOT
    assert reason(lambda: put(at, "bert", "BUY", "0.02", "10")) is Reason.NOTIONAL
    assert reason(lambda: put(at, "bert", "BUY", "1", "1001")) is Reason.PERCENT
    assert reason(lambda: put(at, "bert", "BUY", "1000.01", "10")) is Reason.FUNDS
    assert reason(lambda: put(at, "bert", "SELL", "101", "12")) is Reason.FUNDS
    assert reason(lambda: put(at, "anna", "SELL", "1", "12", client_id="mine")) is Reason.DUPLICATE
    assert reason(lambda: put(at, "bert", "BUY", "1", "10", Kind.LIMIT_MAKER)) is Reason.WOULD_TAKE
    assert reason(lambda: put(at, "bert", "BUY", "1", kind=Kind.STOP_LOSS, trigger=D(9))) is Reason.WOULD_TRIGGER
    assert reason(lambda: put(at, "bert", "SELL", "0", kind=Kind.MARKET, value=D(20))) is Reason.NO_LIQUIDITY
    assert (at.accounts["bert"].free, book(at)) == before
    at.listings[SYMBOL].is_open = False
    assert reason(lambda: put(at, "bert", "BUY", "1", "9")) is Reason.CLOSED


def test_client_id_is_free_again_after_its_order_is_done() -> None:
    at = exchange()
    put(at, "anna", "SELL", "1", "10", client_id="mine")
    put(at, "bert", "BUY", "1", "10")
    again = put(at, "anna", "SELL", "1", "10", client_id="mine")
    at.cancel(again)
    assert put(at, "anna", "SELL", "1", "10", client_id="mine").status is Status.NEW
    assert reason(lambda: at.cancel(again)) is Reason.UNKNOWN


def test_split_makes_several_fills_of_the_next_match_only() -> None:
    at = exchange()
    put(at, "anna", "SELL", "1", "10")
    put(at, "anna", "SELL", "1", "10")
    at.parts = 3
    order = put(at, "bert", "BUY", "2", "10")
    assert [str(trade.quantity) for trade in order.fills] == ["0.33", "0.33", "0.34", "1.00"]


def test_market_whose_money_could_not_be_exact_is_refused() -> None:
    with pytest.raises(ValueError, match=r"together they may have at most 8 decimals"):
        Market("A", "B", tick=D("0.00001"), lot=D("0.00001"))
    with pytest.raises(ValueError, match=r"the lot of 'A/B' is 0; it must be above 0"):
        Market("A", "B", lot=D(0))


orders = st.tuples(
    st.sampled_from(NAMES),
    st.sampled_from(Side),
    st.sampled_from(Kind),
    st.sampled_from(Force),
    st.integers(1, 400),
    st.integers(80, 120),
    st.integers(80, 120),
)
actions = st.one_of(
    orders, st.integers(0, 30), st.tuples(st.integers(80, 120), st.integers(1, 500), st.sampled_from([None, *Side]))
)


def act(at, flow, placed, action):
    if isinstance(action, int):
        if action < len(placed) and placed[action].status.is_open:
            at.cancel(placed[action])
    elif len(action) == 3:
        flow.print(D(action[0]) / 10, D(action[1]) / 100, action[2])
    else:
        name, side, kind, force, quantity, price, trigger = action
        limit = D(price) / 10 if kind.has_limit else D(0)
        asked = NewOrder(side, kind, D(quantity) / 100, limit, D(trigger) / 10 if kind.has_trigger else D(0), force)
        with suppress(RejectError):
            placed.append(at.place(at.accounts[name], SYMBOL, asked))


@settings(max_examples=80, deadline=None, derandomize=True)
@given(st.lists(actions, max_size=40), st.booleans(), st.integers(1, 3))
def test_exchange_keeps_money_priority_and_an_uncrossed_book_whatever_happens(steps, is_replayed, parts) -> None:
    at = exchange(maker=D("0.001"), taker=D("0.002"), asset="BNB", price=D(3))
    listing = at.listings[SYMBOL]
    flow = Flow(at, listing, D(1)) if is_replayed else None
    levels, trades, placed = {}, [], []
    owned = {asset: sum(account.total(asset) for account in at.accounts.values()) for asset in ("BTC", "USDT", "BNB")}

    def listen(event):
        if isinstance(event, BookMoved):
            for side, moved in ((Side.BUY, event.bids), (Side.SELL, event.asks)):
                levels.update({(side, price): size for price, size in moved})
        elif isinstance(event, Printed) and event.trade.maker is not None:
            maker, queue = event.trade.maker, listing.book.of(event.trade.maker.side)
            trades.append(event.trade)
            # Whoever is filled is the first of the best price.
            assert (queue.first(), queue.best) == (maker, event.trade.price)
        elif isinstance(event, Executed | BalancesMoved):
            account = event.order.account if isinstance(event, Executed) else event.account
            assert all(account.free[asset] >= 0 and account.locked[asset] >= 0 for asset in account.assets())

    at.listeners.append(listen)
    for step in steps:
        if flow is None and isinstance(step, tuple) and len(step) == 3:
            continue
        at.parts = parts
        act(at, flow, placed, step)
        best = [listing.book.bids.best, listing.book.asks.best]
        assert None in best or best[0] < best[1]
        for asset, before in owned.items():
            assert sum(account.total(asset) for account in at.accounts.values()) == before
        for side in Side:
            assert dict(listing.book.of(side).depth()) == {
                price: size for (own, price), size in levels.items() if own is side and size
            }
    for order in placed:
        assert 0 <= order.filled <= order.quantity
        assert order.filled == sum(trade.quantity for trade in order.fills)
        assert order.status.is_open or order.locked == 0
    for name in NAMES:
        account = at.accounts[name]
        for asset in ("BTC", "USDT"):
            assert account.locked[asset] == sum(order.locked for order in account.open.values() if order.gives == asset)
    assert [earlier.id < later.id for earlier, later in pairwise(trades)] == [True] * max(0, len(trades) - 1)
