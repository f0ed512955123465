from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from tradekit_ccxt.markets import Rules, decimal, instrument, market_of, rules

from tradekit import DataError

RULES = Rules(Decimal("0.05"), Decimal("0.001"), None, None, None)


def client(markets: list[dict[str, Any]], precision_mode: int = 4) -> Any:
    return SimpleNamespace(id="okx", precisionMode=precision_mode, markets={market["symbol"]: market for market in markets})


SPOT = {
    "symbol": "BTC/USDT",
    "spot": True,
    "base": "BTC",
    "quote": "USDT",
    "precision": {"price": "0.01", "amount": "0.00001"},
    "limits": {"amount": {"min": "0.0001"}, "cost": {"min": "5"}},
}
SWAP = {
    "symbol": "BTC/USDT:USDT",
    "swap": True,
    "linear": True,
    "base": "BTC",
    "quote": "USDT",
    "settle": "USDT",
    "contractSize": "0.01",
    "precision": {"price": "0.1", "amount": "1"},
    "limits": {},
}
INVERSE = {**SWAP, "symbol": "BTC/USD:BTC", "linear": False, "settle": "BTC"}


@pytest.mark.parametrize(
    ("price", "is_buy", "expected"),
    [("100.07", True, "100.05"), ("100.07", False, "100.10"), ("100.05", True, "100.05"), ("100.05", False, "100.05")],
)
def test_price_goes_to_the_side_that_is_never_worse(price: str, is_buy: bool, expected: str) -> None:
    assert RULES.price(Decimal(price), is_buy) == Decimal(expected)


def test_size_never_grows() -> None:
    assert RULES.size(Decimal("0.0019999")) == Decimal("0.001")
    assert RULES.size(Decimal("0.0009")) == 0
    assert str(RULES.size(Decimal("0.001"))) == "0.001"


def test_numbers_without_a_grid_stay_as_they_are() -> None:
    free = Rules(None, None, None, None, None)
    assert (free.price(Decimal("1.23456789"), True), free.size(Decimal("7.7"))) == (Decimal("1.23456789"), Decimal("7.7"))


def test_instrument_of_spot_and_of_a_perpetual_have_what_the_exchange_says() -> None:
    spot = instrument(client([SPOT]), SPOT)
    assert (spot.kind, spot.tick, spot.lot, spot.min_notional, spot.currency, spot.base) == (
        ("spot", 0.01, 0.00001, 5.0, "USDT", "BTC")
    )
    swap = instrument(client([SWAP]), SWAP)
    assert (swap.kind, swap.multiplier, swap.lot, swap.currency) == ("perpetual", 0.01, 1.0, "USDT")
    assert swap.min_notional is None


@pytest.mark.parametrize(("mode", "precision", "expected"), [(2, "3", "0.001"), (4, "0.5", "0.5"), (3, "5", None), (4, None, None)])
def test_step_is_what_the_precision_means_at_the_exchange(mode: int, precision: str | None, expected: str | None) -> None:
    found = rules(client([], mode), {"precision": {"price": precision}})
    assert found.tick == (None if expected is None else Decimal(expected))


def test_market_of_another_kind_is_refused_with_its_twin() -> None:
    known = client([SPOT, SWAP, INVERSE])
    assert market_of(known, "BTC/USDT", "spot") is SPOT
    with pytest.raises(DataError, match=r"^okx has no swap instrument 'BTC/USDT'; did you mean 'BTC/USDT:USDT'\?$"):
        market_of(known, "BTC/USDT", "swap")
    with pytest.raises(DataError, match=r"^okx has no swap instrument 'BTC/USD:BTC'; did you mean 'BTC/USDT:USDT'\?$"):
        market_of(known, "BTC/USD:BTC", "swap")
    with pytest.raises(DataError, match=r"^okx has no spot instrument 'ZZZ'; it has 1, by names such as 'BTC/USDT'$"):
        market_of(known, "ZZZ", "spot")


def test_decimal_is_exact_and_takes_nothing_that_is_no_number() -> None:
    assert decimal("0.12345678901234567890") == Decimal("0.12345678901234567890")
    assert (decimal(None), decimal("")) == (None, None)
    for wrong in ("x", "nan", "Infinity", {}):
        with pytest.raises(ValueError, match="is no number"):
            decimal(wrong)
