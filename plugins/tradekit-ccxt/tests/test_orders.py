from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from tradekit_ccxt.markets import Rules
from tradekit_ccxt.orders import fill, order, payment, request, wallet
from tradekit_ccxt.profiles import Profile

from tradekit import Abilities, Intent, OrderKind, OrderRefused, OrderStatus, VenueError, VenueFill, VenuePayment

RULES = Rules(Decimal("0.01"), Decimal("0.001"), Decimal("0.01"), Decimal(50), Decimal(5))
ABLE = Abilities(frozenset(OrderKind), frozenset({"gtc", "ioc", "fok"}), post_only=True, reduce_only=True)
GATE = Profile(prefix="t-")
LIMIT = Intent("tk1", "BTC/USDT", Decimal(-1), OrderKind.LIMIT, Decimal("100.5"))
FOUND = {
    "id": "7",
    "clientOrderId": "t-tk1",
    "symbol": "BTC/USDT",
    "side": "sell",
    "amount": "1.50",
    "filled": "0.5",
    "status": "open",
    "timestamp": 1000,
    "lastUpdateTimestamp": 2000,
}
TRADE = {
    "id": "9",
    "order": "7",
    "symbol": "BTC/USDT",
    "side": "sell",
    "amount": "0.12345678901234567890",
    "price": "100.10",
    "timestamp": 1500,
    "takerOrMaker": "maker",
    "fee": {"cost": "0.000000000000000001", "currency": "BNB"},
}


def test_request_carries_all_numbers_as_they_are_written() -> None:
    found = request(replace(LIMIT, quantity=Decimal("-1.500"), post_only=True), RULES, ABLE, GATE)
    assert (found.type, found.side, found.amount, found.price) == ("limit", "sell", "1.500", "100.5")
    assert dict(found.params) == {"clientOrderId": "t-tk1", "postOnly": True}
    assert found.client_id == "t-tk1"


def test_request_never_writes_an_exponent() -> None:
    free = replace(RULES, tick=None, lot=None, least=None, min_notional=None)
    found = request(replace(LIMIT, quantity=Decimal("1E-7"), limit=Decimal("1E+3")), free, ABLE, GATE)
    assert (found.amount, found.price) == ("0.0000001", "1000")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"kind": OrderKind.STOP, "limit": None, "stop": Decimal(9)}, r"stop orders in 'BTC/USDT' were not recorded to work there"),
        ({"time_in_force": "fok"}, r"time in force 'fok' in 'BTC/USDT' were not recorded"),
        ({"post_only": True}, r"post-only orders in 'BTC/USDT' were not recorded"),
        ({"reduce_only": True}, r"reduce-only orders in 'BTC/USDT' were not recorded"),
    ],
)
def test_request_of_what_the_exchange_does_not_take_is_refused(changes: dict[str, Any], said: str) -> None:
    plain = Abilities()
    with pytest.raises(OrderRefused, match=rf"^tk1: {said}.*; nothing was sent$"):
        request(replace(LIMIT, **changes), RULES, plain, GATE)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"quantity": Decimal("0.009")}, r"0\.009 BTC/USDT is less than the smallest order, 0\.01"),
        ({"quantity": Decimal("0.0001")}, r"0\.0001 BTC/USDT is less than the smallest order, 0\.01"),
        ({"quantity": Decimal("50.001")}, r"50\.001 BTC/USDT is more than the largest order, 50"),
        ({"quantity": Decimal("0.01")}, r"0\.010? BTC/USDT at 100\.5 is worth less than the smallest order, 5"),
        ({"limit": None}, r"a limit order needs limit price, and None was given"),
        ({"kind": OrderKind.MARKET}, r"a market order has no limit price, and Decimal\('100\.5'\) was given"),
        ({"quantity": Decimal(1), "limit": Decimal("0.001")}, r"the limit price 0\.001 is no price on the grid of 0\.01"),
    ],
)
def test_request_that_the_exchange_would_refuse_is_refused_before_it_is_sent(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(OrderRefused, match=rf"^tk1: {said}; nothing was sent$"):
        request(replace(LIMIT, **changes), RULES, ABLE, GATE)


def test_order_is_read_with_signs_and_our_own_id() -> None:
    found = order(FOUND, GATE)
    assert (found.venue_id, found.client_id, found.status) == ("7", "tk1", OrderStatus.OPEN)
    assert (str(found.quantity), str(found.filled), found.time) == ("-1.50", "-0.5", 2_000_000_000)


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"status": "closed", "filled": "1.50"}, OrderStatus.FILLED),
        ({"status": "closed", "filled": "0.5"}, OrderStatus.CANCELLED),
        ({"status": "closed", "filled": None}, OrderStatus.FILLED),
        ({"status": "canceled"}, OrderStatus.CANCELLED),
        ({"status": "expired"}, OrderStatus.EXPIRED),
        ({"status": "rejected"}, OrderStatus.REJECTED),
    ],
)
def test_order_has_the_status_that_it_is_in(changes: dict[str, Any], status: OrderStatus) -> None:
    assert order({**FOUND, **changes}, GATE).status is status


def test_answer_to_an_order_takes_from_the_intent_what_it_leaves_out() -> None:
    found = order({"id": "7"}, Profile(), LIMIT)
    assert (found.client_id, found.symbol, found.status, found.quantity, found.filled) == (
        ("tk1", "BTC/USDT", OrderStatus.OPEN, Decimal(-1), 0)
    )


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({**FOUND, "id": None}, "an order came without its id"),
        ({**FOUND, "clientOrderId": "t-other"}, "the answer to 'tk1' is about the order 'other'"),
        ({**FOUND, "amount": "much"}, "order '7' has a size that can't be read: 'much' is no number"),
        ({**FOUND, "status": "odd"}, "an order came with the status 'odd'"),
    ],
)
def test_answer_that_makes_no_sense_leaves_open_what_became_of_the_order(found: dict[str, Any], said: str) -> None:
    with pytest.raises(VenueError, match=said) as raised:
        order(found, GATE, LIMIT)
    assert not isinstance(raised.value, OrderRefused)


def test_order_that_was_not_just_sent_must_say_everything() -> None:
    for missing in ("side", "status"):
        with pytest.raises(VenueError, match=missing):
            order({**FOUND, missing: None}, GATE)


def test_trade_is_read_exactly() -> None:
    assert fill(TRADE, GATE) == VenueFill(
        trade_id="9",
        venue_id="7",
        client_id="",
        symbol="BTC/USDT",
        time=1_500_000_000,
        quantity=Decimal("-0.12345678901234567890"),
        price=Decimal("100.10"),
        fee=Decimal("0.000000000000000001"),
        fee_currency="BNB",
        is_maker=True,
    )


@pytest.mark.parametrize(
    ("changes", "fee", "currency"),
    [
        ({"fee": None}, "0", ""),
        ({"fee": {"cost": None, "currency": None}}, "0", ""),
        ({"fee": {"cost": "-0.02", "currency": "USDT"}}, "-0.02", "USDT"),
        ({"fee": None, "fees": [{"cost": "0.1", "currency": "GT"}, {"cost": "0", "currency": "USDT"}]}, "0.1", "GT"),
        ({"fees": [{"cost": "0.1", "currency": "BNB"}, {"cost": "0.2", "currency": "BNB"}]}, "0.3", "BNB"),
    ],
)
def test_fee_of_a_trade_is_added_up_once(changes: dict[str, Any], fee: str, currency: str) -> None:
    found = fill({**TRADE, **changes}, GATE)
    assert (found.fee, found.fee_currency) == (Decimal(fee), currency)


@pytest.mark.parametrize(("name", "fee"), [("fillFee", "0.02"), ("fee", "-0.02")])
def test_fee_that_ccxt_leaves_as_a_stream_tells_it_is_turned(name: str, fee: str) -> None:
    told = {**TRADE, "fee": {"cost": "-0.02", "currency": "USDT"}, "info": {name: "-0.02"}}
    assert fill(told, Profile(turned_fee="fillFee")).fee == Decimal(fee)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"amount": None}, "without its id, its side, its size or its price"),
        ({"side": None}, "without its id, its side, its size or its price"),
        ({"id": None}, "without its id, its side, its size or its price"),
        ({"price": "x"}, "a trade can't be read"),
        ({"timestamp": None}, "a trade can't be read"),
        ({"fees": [{"cost": "1", "currency": "A"}, {"cost": "1", "currency": "B"}]}, "its fee is in several currencies: A, B"),
    ],
)
def test_trade_that_can_not_be_read_is_an_error(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(VenueError, match=said):
        fill({**TRADE, **changes}, GATE)


def test_smallest_value_of_an_order_counts_what_is_in_a_contract() -> None:
    small = replace(RULES, contract=Decimal("0.01"), lot=Decimal(1), least=Decimal(1))
    with pytest.raises(OrderRefused, match=r"4 BTC/USDT at 100\.50? is worth less than the smallest order, 5"):
        request(replace(LIMIT, quantity=Decimal(-4)), small, ABLE, GATE)
    assert request(replace(LIMIT, quantity=Decimal(-5)), small, ABLE, GATE).amount == "5"
    assert request(replace(LIMIT, quantity=Decimal(-1), reduce_only=True), small, ABLE, GATE).amount == "1"


@pytest.mark.parametrize(
    ("direction", "amount", "sign"),
    [("in", "0.12345678", 1), ("out", "0.12345678", -1), ("out", "-0.12345678", -1), (None, "-0.12345678", -1)],
)
def test_payment_is_read_exactly_with_its_sign(direction: str | None, amount: str, sign: int) -> None:
    found = {"id": "7", "timestamp": 1500, "amount": amount, "currency": "USDT", "direction": direction}
    expected = VenuePayment("7", "BTC/USDT:USDT", 1_500_000_000, sign * Decimal("0.12345678"), "USDT", "liquidation fee")
    assert payment(found, "liquidation fee", "BTC/USDT:USDT") == expected


@pytest.mark.parametrize("wrong", [{"amount": "much"}, {"timestamp": None}, {"id": None}, {"amount": None}])
def test_payment_that_can_not_be_read_is_an_error(wrong: dict[str, Any]) -> None:
    found = {"id": "7", "timestamp": 1500, "amount": "1", "currency": "USDT", "direction": "in", **wrong}
    with pytest.raises(VenueError, match=r"^a payment (can't be read|came without its id or its amount)"):
        payment(found, "funding", "BTC/USDT:USDT")


def test_wallet_is_what_the_exchange_calls_so() -> None:
    balance = {"info": {"assets": [{"asset": "USDT", "walletBalance": "9.5", "marginBalance": "11"}, {"asset": "BNB"}]}}
    assert wallet(balance, Profile(wallet="walletBalance")) == {"USDT": Decimal("9.5")}
    assert wallet(balance, Profile()) == {}
    assert wallet({"info": balance["info"]["assets"]}, Profile(wallet="walletBalance")) == {"USDT": Decimal("9.5")}


def test_wallet_is_found_wherever_the_exchange_has_it() -> None:
    profile = Profile(wallet="cashBal", wallets=("data", 0, "details"), wallet_currency="ccy")
    details = [{"ccy": "USDT", "cashBal": "9.5", "eq": "11"}, {"ccy": "BTC", "cashBal": "0"}]
    assert wallet({"info": {"data": [{"details": details}]}}, profile) == {"USDT": Decimal("9.5")}
    for empty in ({}, {"data": []}, {"data": [{}]}, None):
        assert wallet({"info": empty}, profile) == {}
