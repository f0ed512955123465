"""Perpetuals at the venue: positions, margin, funding and liquidation, exact, and zero-sum."""

from decimal import Decimal

import pytest
from tradekit_venue.clock import Clock
from tradekit_venue.engine.order import Force, Kind, NewOrder, Reason, RejectError, Side, Status
from tradekit_venue.engine.perpetual import FUNDING_EVERY_MS, Holding, Perpetual
from tradekit_venue.venue import Venue

START = 1_700_000_000_000
SYMBOL = "BTC/USDT:USDT"
MONEY = Decimal(10_000)


@pytest.fixture
def venue():
    made = Venue(Clock(START), dialect="binance-usdm")
    made.add_market(Perpetual("BTC", "USDT", tick=Decimal("0.1"), lot=Decimal("0.001")))
    for name in ("anna", "bert"):
        made.add_account(name, {"USDT": MONEY}, f"key-of-{name}", f"secret-of-{name}")
    return made


def place(venue, name, side, quantity, price=None, **more):
    kind = Kind.MARKET if price is None else Kind.LIMIT
    asked = NewOrder(side, kind, Decimal(quantity), Decimal(price or 0), **more)
    return venue.exchange.place(venue.exchange.accounts[name], SYMBOL, asked)


def held(venue, name):
    return venue.exchange.accounts[name].holding(SYMBOL)


def total(venue):
    """Return all money that there is, with what open positions are worth."""
    accounts = venue.exchange.accounts.values()
    return sum(venue.exchange.margin.equity(one, "USDT") for one in accounts)


@pytest.mark.parametrize(
    ("trades", "quantity", "entry", "gain"),
    [
        ([("2", "100"), ("1", "130")], "3", "110", "0"),
        ([("2", "100"), ("-1", "130")], "1", "100", "30"),
        ([("2", "100"), ("-2", "90")], "0", "0", "-20"),
        ([("2", "100"), ("-5", "110")], "-3", "110", "20"),
        ([("-2", "100"), ("1", "90")], "-1", "100", "10"),
    ],
)
def test_position_moves_with_trades_and_realises_profit_against_its_average(trades, quantity, entry, gain):
    one = Holding()
    gains = sum(one.trade(Decimal(units), Decimal(price)) for units, price in trades)
    assert (one.quantity, one.entry, gains) == (Decimal(quantity), Decimal(entry), Decimal(gain))


def test_trade_moves_the_fee_and_the_profit_through_the_wallets(venue):
    before = total(venue)
    place(venue, "bert", Side.SELL, "1", "10000")
    place(venue, "anna", Side.BUY, "1")
    place(venue, "bert", Side.BUY, "1", "10100")
    place(venue, "anna", Side.SELL, "1")
    anna = venue.exchange.accounts["anna"]
    assert anna.free["USDT"] == MONEY + 100 - Decimal("0.001") * 20_100
    kinds = [(one.kind, one.amount) for one in anna.incomes]
    assert kinds == [("COMMISSION", Decimal(-10)), ("REALIZED_PNL", Decimal(100)), ("COMMISSION", Decimal("-10.1"))]
    assert total(venue) == before


def test_order_beyond_the_margin_is_refused_and_one_that_reduces_never_is(venue):
    place(venue, "bert", Side.SELL, "10", "10000")
    with pytest.raises(RejectError) as error:
        place(venue, "anna", Side.BUY, "25")
    assert error.value.reason is Reason.MARGIN
    place(venue, "anna", Side.BUY, "10")
    place(venue, "bert", Side.BUY, "10", "9990")
    assert place(venue, "anna", Side.SELL, "10").status is Status.FILLED


def test_leverage_says_how_much_margin_an_order_needs(venue):
    held(venue, "anna").leverage = 1
    place(venue, "bert", Side.SELL, "2", "10000")
    with pytest.raises(RejectError):
        place(venue, "anna", Side.BUY, "1")
    held(venue, "anna").leverage = 2
    assert place(venue, "anna", Side.BUY, "1").status is Status.FILLED


def test_open_orders_count_against_the_margin(venue):
    place(venue, "anna", Side.BUY, "15", "10000")
    with pytest.raises(RejectError):
        place(venue, "anna", Side.BUY, "10", "9999")


def test_reduce_only_order_is_refused_without_a_position_and_ends_with_it(venue):
    with pytest.raises(RejectError) as error:
        place(venue, "anna", Side.SELL, "1", "10000", is_reduce_only=True)
    assert error.value.reason is Reason.REDUCE_ONLY
    place(venue, "bert", Side.SELL, "2", "10000")
    place(venue, "anna", Side.BUY, "2")
    rests = place(venue, "anna", Side.SELL, "5", "10100", is_reduce_only=True)
    place(venue, "bert", Side.BUY, "5", "10100")
    assert (rests.status, rests.filled, held(venue, "anna").quantity) == (Status.EXPIRED, 2, 0)


def test_reduce_only_order_that_rests_goes_when_the_position_does(venue):
    place(venue, "bert", Side.SELL, "2", "10000")
    place(venue, "anna", Side.BUY, "2")
    rests = place(venue, "anna", Side.SELL, "2", "11000", is_reduce_only=True)
    place(venue, "bert", Side.BUY, "2", "9990")
    place(venue, "anna", Side.SELL, "2")
    assert rests.status is Status.EXPIRED
    assert not venue.exchange.listings[SYMBOL].book.asks.has(rests)


def test_fill_or_kill_that_only_reduces_takes_no_more_than_the_position(venue):
    place(venue, "bert", Side.SELL, "1", "10000")
    place(venue, "anna", Side.BUY, "1")
    place(venue, "bert", Side.BUY, "3", "9990")
    place(venue, "anna", Side.SELL, "3", "9990", force=Force.FOK, is_reduce_only=True)
    assert held(venue, "anna").quantity == 0


def test_funding_is_paid_every_eight_hours_by_the_venues_clock(venue):
    place(venue, "bert", Side.SELL, "1", "10000")
    place(venue, "anna", Side.BUY, "1")
    before, due = total(venue), (START // FUNDING_EVERY_MS + 1) * FUNDING_EVERY_MS
    venue.exchange.listings[SYMBOL].funding[due + FUNDING_EVERY_MS] = Decimal("-0.0003")
    venue.advance(due - START - 1)
    assert [one.kind for one in venue.exchange.accounts["anna"].incomes] == ["COMMISSION"]
    venue.advance(1 + FUNDING_EVERY_MS)
    paid = [(one.time, one.amount) for one in venue.exchange.accounts["anna"].incomes if one.kind == "FUNDING_FEE"]
    assert paid == [(due, Decimal(-1)), (due + FUNDING_EVERY_MS, Decimal(3))]
    assert total(venue) == before


def test_account_that_lacks_margin_is_closed_out_and_insurance_pays_what_it_owes(venue):
    place(venue, "bert", Side.SELL, "15", "10000")
    place(venue, "anna", Side.BUY, "15")
    rests = place(venue, "anna", Side.BUY, "0.01", "9000")
    before = total(venue)
    venue.exchange.listings[SYMBOL].last = Decimal(9300)
    venue.carry.close_out(SYMBOL)
    anna = venue.exchange.accounts["anna"]
    assert (rests.status, held(venue, "anna").quantity, anna.free["USDT"]) == (Status.CANCELED, 0, 0)
    assert list(anna.orders.values())[-1].client_id.startswith("autoclose-")
    assert [one.kind for one in anna.incomes][-1] == "INSURANCE_CLEAR"
    assert total(venue) == before


def test_account_with_margin_enough_is_left_alone(venue):
    place(venue, "bert", Side.SELL, "15", "10000")
    place(venue, "anna", Side.BUY, "15")
    venue.exchange.listings[SYMBOL].last = Decimal(9450)
    venue.carry.close_out(SYMBOL)
    assert held(venue, "anna").quantity == 15
