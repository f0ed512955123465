"""The cost models that come with the kernel."""

import csv
import gzip
import math
import statistics
from datetime import date, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
from pydantic import ValidationError

import tradekit
from tradekit import ConfigError, CostKind, Instrument, Strategy
from tradekit.builtin.costs import Fee, HalfSpread, Slippage, SquareRootImpact, VolumeShare

TWO = (Instrument("A"), Instrument("B"))


class Once(Strategy):
    """Buy on the first bar and sell on the third."""

    name = "once"
    quantity = 5.0

    def on_bar(self, ctx):
        if ctx.index == 0:
            ctx.buy(self.quantity)
        elif ctx.index == 2:
            ctx.sell(self.quantity)


def terms(model):
    return {term.kind: term.values.tolist() for term in model.terms(TWO)}


def fills(lab, cost, *overrides, quantity=5.0, **bars):
    """Return price and fee of each fill of a run with one cost model."""
    lab.give([100.0] * 4, **bars)
    strategy = type("Some", (Once,), {"__doc__": "Buy some.", "quantity": quantity})
    table = lab.run(strategy, f"execution.costs=[{cost}]", "account.capital=1e6", *overrides).result.fills
    return list(zip(table["price"].to_pylist(), table["fee"].to_pylist(), strict=True))


def test_fee_terms_are_a_rate_and_an_amount_for_each_instrument():
    found = terms(Fee(Fee.Options(bps=10, per_unit=0.005)))
    assert found == {CostKind.FEE_RATE: [pytest.approx(0.001)] * 2, CostKind.FEE_PER_UNIT: [0.005, 0.005]}


def test_fee_terms_of_makers_and_takers_are_apart():
    found = terms(Fee(Fee.Options(bps=10, maker_bps=-1, minimum=2)))
    assert found[CostKind.TAKER_RATE] == [pytest.approx(0.001)] * 2
    assert found[CostKind.MAKER_RATE] == [pytest.approx(-0.0001)] * 2
    assert found[CostKind.FEE_MINIMUM] == [2.0, 2.0]
    assert CostKind.FEE_RATE not in found


def test_fee_terms_of_tiers_have_their_volume_and_currency():
    options = {"bps": 10, "currency": "BNB", "tiers": [{"volume": 1e6, "bps": 8}], "past_volume": 500}
    found = Fee(Fee.Options(**options)).terms(TWO)
    rates = [term for term in found if term.kind is CostKind.FEE_RATE]
    assert [(term.from_volume, term.values[0]) for term in rates] == [(0.0, pytest.approx(0.001)), (1e6, pytest.approx(0.0008))]
    assert {term.currency for term in found if term.kind is not CostKind.PAST_VOLUME} == {"BNB"}
    (past,) = (term for term in found if term.kind is CostKind.PAST_VOLUME)
    assert past.values.sum() == 500


def test_slippage_terms_are_a_rate_for_each_instrument():
    assert terms(Slippage(Slippage.Options(bps=5))) == {CostKind.SLIPPAGE_RATE: [pytest.approx(0.0005)] * 2}


def test_half_spread_terms_are_half_of_it_in_bps_in_money_or_in_ticks():
    assert terms(HalfSpread(HalfSpread.Options(bps=5))) == {CostKind.SLIPPAGE_RATE: [pytest.approx(0.00025)] * 2}
    assert terms(HalfSpread(HalfSpread.Options(spread=0.02))) == {CostKind.HALF_SPREAD: [0.01] * 2}
    (found,) = HalfSpread(HalfSpread.Options(ticks=3)).terms([Instrument("A", tick=0.5), Instrument("B", tick=2.0)])
    assert (found.kind, found.values.tolist()) == (CostKind.HALF_SPREAD, [0.75, 3.0])


def test_half_spread_in_ticks_needs_the_tick():
    with pytest.raises(ConfigError) as error:
        HalfSpread(HalfSpread.Options(ticks=1)).terms([Instrument("A", tick=0.5), Instrument("B")])
    expected = "a spread of 1 ticks needs the tick of 'B', which is not known; give it in [[instrument]], or the spread in bps"
    assert str(error.value) == expected


@pytest.mark.parametrize(
    "model",
    [
        Fee(Fee.Options(bps=10, maker_bps=1, minimum=1)),
        Slippage(Slippage.Options(bps=5)),
        HalfSpread(HalfSpread.Options(spread=1)),
        VolumeShare(),
        SquareRootImpact(),
    ],
)
def test_terms_are_float64(model):
    assert all(term.values.dtype == np.float64 for term in model.terms(TWO))


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"bps": 10}, "Each fill pays a fee of 10 bps of its value."),
        ({"per_unit": 0.005}, "Each fill pays a fee of 0.005 for each unit."),
        ({"bps": 2.5, "per_unit": 1}, "Each fill pays a fee of 2.5 bps of its value and 1 for each unit."),
        ({"bps": 0}, "Fills pay no fee."),
        ({"bps": 4, "maker_bps": -1}, "Each fill pays a fee of 4 bps (-1 bps as a maker) of its value."),
        ({"per_unit": 0.005, "minimum": 1}, "Each fill pays a fee of 0.005 for each unit, at least 1 an order."),
        ({"minimum": 5}, "Each order that fills pays a fee of 5."),
        ({"minimum": 5, "currency": "EUR"}, "Each order that fills pays a fee of 5, taken in EUR."),
        ({"bps": 10, "currency": "BNB"}, "Each fill pays a fee of 10 bps of its value, taken in BNB."),
        ({"bps": 10, "currency": "base"}, "Each fill pays a fee of 10 bps of its value, taken in units received where it buys."),
        (
            {
                "bps": 10,
                "maker_bps": 8,
                "tiers": [{"volume": 1e6, "bps": 8, "maker_bps": 6}, {"volume": 2e6, "bps": 7, "maker_bps": 5}],
            },
            "Each fill pays a fee of 10 bps (8 bps as a maker) of its value; "
            "from 1,000,000 traded in 30 days, 8 bps (6 bps as a maker); "
            "from 2,000,000 traded in 30 days, 7 bps (5 bps as a maker).",
        ),
    ],
)
def test_fee_describe_says_the_figures(options, sentence):
    assert Fee(Fee.Options(**options)).describe() == sentence


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        (
            Slippage(Slippage.Options(bps=5)),
            "Orders that take fill 5 bps worse than the reference price, limit orders never beyond their limit.",
        ),
        (HalfSpread(HalfSpread.Options(bps=5)), "Market and stop orders pay half of a spread of 5 bps; limit orders don't."),
        (HalfSpread(HalfSpread.Options(spread=0.01)), "Market and stop orders pay half of a spread of 0.01; limit orders don't."),
        (HalfSpread(HalfSpread.Options(ticks=2)), "Market and stop orders pay half of a spread of 2 ticks; limit orders don't."),
        (VolumeShare(), "Market and stop orders fill worse by 0.1 x the square of their share of the bar's volume."),
        (
            SquareRootImpact(),
            "Market and stop orders fill worse by 1 x volatility of a day x the square root of the order's share in a day's volume "
            "(both of the 20 days before, or of fewer at the beginning).",
        ),
    ],
)
def test_slippage_describe_says_the_figures(model, sentence):
    assert model.describe() == sentence


@pytest.mark.parametrize(
    ("cls", "options", "said"),
    [
        (Fee, {}, r"a fee needs bps, per_unit or minimum; a run without costs has costs = \[\]"),
        (Fee, {"currency": "BNB"}, "a fee needs bps, per_unit or minimum"),
        (
            Fee,
            {"bps": 1, "maker_bps": -2},
            r"bps \+ maker_bps must be 0 or more: no venue pays makers 2 bps of the 1 that takers pay",
        ),
        (
            Fee,
            {"bps": 9, "maker_bps": 0, "tiers": [{"volume": 1, "bps": 1, "maker_bps": -2}]},
            r"bps \+ maker_bps must be 0 or more",
        ),
        (Fee, {"bps": 1, "past_volume": 5}, "past_volume counts for tiers, and there are none"),
        (
            Fee,
            {"bps": 9, "tiers": [{"volume": 2, "bps": 1}, {"volume": 2, "bps": 0}]},
            "tiers must be in the order of their volume, each once",
        ),
        (
            Fee,
            {"bps": 9, "maker_bps": 2, "tiers": [{"volume": 2, "bps": 1}]},
            "either the fee and all of its tiers have maker_bps, or",
        ),
        (Fee, {"bps": 9, "tiers": [{"volume": 2, "bps": 1, "maker_bps": 1}]}, "either the fee and all of its tiers have maker_bps"),
        (HalfSpread, {}, r"a spread is given in one of bps, spread \(in money\) and ticks"),
        (HalfSpread, {"bps": 1, "ticks": 1}, "a spread is given in one of bps"),
    ],
)
def test_options_that_contradict_each_other_are_refused(cls, options, said):
    with pytest.raises(ValidationError, match=said):
        cls.Options(**options)


@pytest.mark.parametrize(
    ("cls", "options"),
    [
        (Fee, {"bps": -1}),
        (Fee, {"per_unit": -1}),
        (Fee, {"minimum": -1}),
        (Fee, {"bps": 1, "currency": "a b"}),
        (Fee, {"bps": 9, "tiers": [{"volume": 0, "bps": 1}]}),
        (Slippage, {"bps": 10_000}),
        (Slippage, {}),
        (HalfSpread, {"spread": -1}),
        (VolumeShare, {"impact": -0.1}),
        (SquareRootImpact, {"coefficient": -1}),
        (SquareRootImpact, {"window": 1}),
    ],
)
def test_costs_out_of_range_are_refused(cls, options):
    with pytest.raises(ValidationError):
        cls.Options(**options)


def test_fee_of_a_run_is_per_unit_with_a_minimum(lab):
    cost = "{model='fee', per_unit=0.0075, minimum=1.0}"
    assert fills(lab, cost, quantity=10.0) == [(100.0, 1.0)] * 2
    assert fills(lab, cost, "execution.participation='none'", quantity=1000.0) == [(100.0, 7.5)] * 2


def test_fee_of_a_run_follows_its_tiers(lab):
    cost = "{model='fee', bps=10, tiers=[{volume=400, bps=4}]}"
    assert fills(lab, cost) == [(100.0, pytest.approx(0.5)), (100.0, pytest.approx(0.2))]


def test_fee_of_a_run_in_a_currency_without_a_rate_is_refused(lab):
    with pytest.raises(
        ConfigError, match=r"cost model 'fee' takes fees for 'X' in 'BNB'; allowed: 'quote', 'base', 'USD'; another"
    ):
        fills(lab, "{model='fee', bps=10, currency='BNB'}")


def test_half_spread_of_a_run_is_paid_on_both_sides(lab):
    found = fills(lab, "{model='half-spread', ticks=2}", "instrument=[{symbol='X', tick=0.5}]")
    assert [price for price, _ in found] == [100.5, 99.5]


def test_volume_share_of_a_run_is_the_square_of_the_share(lab):
    found = fills(lab, "{model='volume-share'}", quantity=25.0)  # of 1000: a share of 2.5 %
    assert [price for price, _ in found] == pytest.approx([100 * (1 + 0.1 * 0.025**2), 100 * (1 - 0.1 * 0.025**2)], rel=1e-15)


def test_square_root_impact_of_a_run_begins_pessimistic(lab):
    found = fills(lab, "{model='square-root-impact', coefficient=0.5}", quantity=10.0)
    # on the second day a volume of 1000 is known, and on no day a volatility but at last one of 0
    assert [price for price, _ in found] == pytest.approx([100 * (1 + 0.5 * 0.05 * 0.1), 100.0], rel=1e-15)


def test_square_root_impact_on_real_hours_is_that_of_the_formula(examples, tmp_path):
    with gzip.open(examples / "data" / "BTC-USDT-1h.csv.gz", "rt", newline="") as file:
        rows = list(csv.DictReader(file))
    days = {}
    for row in rows:
        day = datetime.fromisoformat(row["date"]).date()
        days[day] = (float(row["close"]), days.get(day, (0.0, 0.0))[1] + float(row["volume"]))
    opens = {datetime.fromisoformat(row["date"]): float(row["open"]) for row in rows}
    costs = "execution.costs=[{model='square-root-impact', coefficient=0.5}]"
    result = tradekit.run(examples / "quickstart.toml", [costs, "instrument=[]"], tmp_path)
    found = [fill for fill in result.fills.to_pylist() if fill["time"].date() >= date(2022, 1, 22)]
    assert len(found) > 50
    for fill in found:
        before = [days[fill["time"].date() - timedelta(days=back)] for back in range(21, 0, -1)]
        sigma = statistics.stdev(math.log(b[0] / a[0]) for a, b in pairwise(before))
        share = abs(fill["quantity"]) / statistics.mean(one[1] for one in before[1:])
        side = math.copysign(1.0, fill["quantity"])
        reference = opens[fill["time"].to_pydatetime()]
        assert fill["price"] == pytest.approx(reference * (1 + side * 0.5 * sigma * math.sqrt(share)), rel=1e-12)
