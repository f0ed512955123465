"""From the terms of cost models to the arrays that the simulator charges by."""

from dataclasses import dataclass

import numpy as np
import pytest

from tradekit import Bars, ConfigError, CostKind, CostModel, CostTerm, DataError, Instrument, PluginError
from tradekit.engine.costing import costs_of

DAY = 86_400_000_000_000
HOLE = np.nan
CLOSES = np.array([[10.0, 20.0], [11.0, HOLE], [12.0, 22.0], [13.0, 23.0], [14.0, 24.0]])


class Terms(CostModel):
    """Charge what a test says."""

    name = "terms"

    def __init__(self, *terms, name="terms"):
        super().__init__()
        self.answer, self.name = terms, name

    def terms(self, instruments):
        return self.answer

    def describe(self):
        return "It costs something."


@dataclass(frozen=True)
class Facts(Instrument):
    """An instrument with facts of its own."""

    currency: str | None = None
    is_derivative: bool = False


PLAIN = (Instrument("X"), Instrument("Y"))


def bars_of(volume=1000.0, step=DAY):
    times = np.arange(5, dtype=np.int64) * step
    volumes = np.where(np.isnan(CLOSES), HOLE, volume)
    return Bars(("X", "Y"), times, times + step, CLOSES, CLOSES, CLOSES, CLOSES, volumes)


def put_together(*models, bars=None, interval=DAY, instruments=PLAIN, currencies=("USD",)):
    bars = bars or bars_of()
    return costs_of(models, instruments, bars, bars, interval, currencies)


def one(kind, *values, **more):
    return CostTerm(kind, np.array(values, dtype=np.float64), **more)


def test_costs_without_models_are_none():
    costs = put_together()
    assert not costs.fees.any()
    assert (len(costs.tiers), len(costs.impacts), len(costs.row_half_spread)) == (0, 0, 0)
    assert costs.fee_asset.tolist() == [0, 0]


def test_fees_of_all_kinds_and_models_add_up():
    first = Terms(one(CostKind.FEE_RATE, 0.001, 0.002), one(CostKind.MAKER_RATE, -0.0005, 0.0))
    second = Terms(one(CostKind.TAKER_RATE, 0.003, 0.0), one(CostKind.FEE_PER_UNIT, 0.5, 0.25))
    costs = put_together(first, second)
    np.testing.assert_allclose(costs.fees, [[0.0005, 0.002], [0.004, 0.002], [0.5, 0.25]], rtol=1e-14)
    assert not costs.floored.any()


def test_minimum_is_about_the_fees_of_its_model_where_it_has_one():
    broker = Terms(one(CostKind.FEE_PER_UNIT, 0.005, 0.005), one(CostKind.FEE_MINIMUM, 1.0, 0.0))
    costs = put_together(broker, Terms(one(CostKind.FEE_RATE, 0.001, 0.001)))
    assert costs.minimum.tolist() == [1.0, 0.0]
    assert costs.floored.tolist() == [[0.0, 0.0], [0.0, 0.0], [0.005, 0.0]]
    assert costs.fees.tolist() == [[0.001] * 2, [0.001] * 2, [0.005] * 2]


def test_two_minimums_for_one_instrument_are_refused():
    least = CostKind.FEE_MINIMUM
    put_together(Terms(one(least, 1.0, 0.0)), Terms(one(least, 0.0, 1.0)))
    with pytest.raises(ConfigError) as error:
        put_together(Terms(one(least, 1.0, 0.0), name="a"), Terms(one(least, 1.0, 1.0), name="b"))
    assert str(error.value) == "cost models 'a' and 'b' both have a minimum for 'X'; one of them can"


def test_tiers_hold_the_terms_of_each_kind_with_the_largest_volume_reached():
    model = Terms(
        one(CostKind.TAKER_RATE, 0.004, 0.0),
        one(CostKind.TAKER_RATE, 0.001, 0.0, from_volume=5000.0),
        one(CostKind.TAKER_RATE, 0.001, 0.0, from_volume=5000.0),
        one(CostKind.MAKER_RATE, 0.003, 0.0),
        one(CostKind.MAKER_RATE, 0.0, 0.0, from_volume=1000.0),
        one(CostKind.PAST_VOLUME, 300.0, 400.0),
        one(CostKind.FEE_MINIMUM, 1.0, 0.0),
    )
    costs = put_together(model)
    (tiers,) = costs.tiers
    assert tiers.from_volume.tolist() == [0.0, 1000.0, 5000.0]
    assert tiers.fees[:, :, 0].tolist() == [[0.003, 0.004, 0.0], [0.0, 0.004, 0.0], [0.0, 0.002, 0.0]]
    assert (tiers.is_counted.tolist(), tiers.is_floored.tolist(), tiers.past_volume) == ([True, False], [True, False], 700.0)
    assert not costs.fees.any()


@pytest.mark.parametrize(
    ("currency", "expected"), [("quote", [0, 0]), ("base", [1, 1]), ("USD", [0, 2]), ("EUR", [3, 0]), ("BNB", [4, 4])]
)
def test_fees_are_taken_in_a_currency_of_the_account(currency, expected):
    model = Terms(one(CostKind.FEE_RATE, 0.001, 0.001, currency=currency))
    instruments = (Facts("X"), Facts("Y", currency="EUR"))
    assert put_together(model, instruments=instruments, currencies=("USD", "EUR", "BNB")).fee_asset.tolist() == expected


def test_fees_in_an_unknown_currency_are_refused():
    with pytest.raises(ConfigError) as error:
        put_together(Terms(one(CostKind.FEE_RATE, 0.0, 0.001, currency="bnb")), currencies=("USD", "BNB"))
    assert str(error.value) == (
        "cost model 'terms' takes fees for 'Y' in 'bnb'; allowed: 'quote', 'base', 'USD', 'BNB'; "
        "another currency needs a [[currency]] table"
    )
    with pytest.raises(ConfigError, match=r"in 'quotes'; allowed: .*; did you mean 'quote'\?; another"):
        put_together(Terms(one(CostKind.FEE_RATE, 0.001, 0.0, currency="quotes")))


def test_fees_in_the_base_of_a_derivative_are_refused():
    model = Terms(one(CostKind.FEE_RATE, 0.001, 0.0, currency="base"))
    with pytest.raises(ConfigError) as error:
        put_together(model, instruments=(Facts("X", is_derivative=True), Instrument("Y")))
    assert str(error.value) == (
        "cost model 'terms' takes fees for 'X' in 'base', but nothing of it is delivered; "
        "allowed: 'quote' or a currency of the account"
    )


def test_fees_of_one_instrument_in_two_currencies_are_refused():
    rate = CostKind.FEE_RATE
    put_together(Terms(one(rate, 0.1, 0.0, currency="base")), Terms(one(rate, 0.0, 0.1)))
    with pytest.raises(ConfigError) as error:
        put_together(Terms(one(rate, 0.1, 0.0, currency="base"), name="a"), Terms(one(rate, 0.1, 0.1), name="b"))
    assert str(error.value) == (
        "cost models 'a' and 'b' take fees for 'X' in 'base' and 'quote'; all fees of an instrument are taken in one currency"
    )


def test_rebate_beyond_what_takers_pay_is_refused():
    put_together(Terms(one(CostKind.MAKER_RATE, -0.001, 0.0), one(CostKind.TAKER_RATE, 0.001, 0.0)))
    with pytest.raises(PluginError) as error:
        put_together(Terms(one(CostKind.MAKER_RATE, -0.002, 0.0), one(CostKind.TAKER_RATE, 0.001, 0.0)))
    assert str(error.value) == (
        "cost model 'terms' pays makers in 'X' 20 bps, which is more than it takes from takers; "
        "a maker and a taker together must pay 0 or more"
    )


def test_slippage_of_all_kinds_adds_up():
    rate, spread = CostKind.SLIPPAGE_RATE, CostKind.HALF_SPREAD
    by_row = np.arange(10.0).reshape(5, 2)
    by_row[1, 1] = np.nan  # a hole
    costs = put_together(
        Terms(one(rate, 0.1, 0.2), CostTerm(spread, by_row)),
        Terms(one(rate, 0.1, 0.0), one(spread, 3.0, 4.0), CostTerm(spread, by_row)),
    )
    assert costs.slippage_rate.tolist() == [0.2, 0.2]
    assert costs.half_spread.tolist() == [3.0, 4.0]
    assert costs.row_half_spread.tolist() == [[0, 2], [4, 0], [8, 10], [12, 14], [16, 18]]
    assert costs.row_slippage_rate.shape == (0, 2)


def test_model_may_look_at_the_bars():
    class Ranges(Terms):
        """Charge a part of each close."""

        def terms_on(self, instruments, bars):
            return [CostTerm(CostKind.HALF_SPREAD, bars.close * 0.1)]

    costs = put_together(Ranges())
    assert costs.row_half_spread[:, 0].tolist() == pytest.approx([1.0, 1.1, 1.2, 1.3, 1.4])


def test_model_that_fails_at_the_bars_is_named():
    class Fails(Terms):
        """Fail."""

        def terms_on(self, instruments, bars):
            raise ZeroDivisionError("no")

    with pytest.raises(PluginError, match=r"^terms_on\(\) of cost model 'terms' raised ZeroDivisionError: no"):
        put_together(Fails())


def test_impact_on_the_bar_has_one_coefficient_for_all_days():
    (impact,) = put_together(Terms(one(CostKind.IMPACT, 0.1, 0.2, exponent=2.0))).impacts
    assert (impact.coefficient.tolist(), impact.exponent, impact.day_volume) == ([[0.1, 0.2]], 2.0, None)


def test_impact_of_a_day_has_estimates_for_each():
    volatile = one(CostKind.IMPACT, 1.0, 2.0, exponent=0.5, per="day", is_volatility_scaled=True, window=2)
    (impact,) = put_together(Terms(volatile)).impacts
    returns = np.log([11 / 10, 12 / 11, 13 / 12])
    assert impact.coefficient[:, 0].tolist() == pytest.approx([0.05, 0.05, 0.05, returns[:2].std(ddof=1), returns[1:].std(ddof=1)])
    assert impact.coefficient[:4, 1].tolist() == [0.1] * 4
    assert impact.day_volume[1:].tolist() == [[1000.0, 1000.0]] * 4


@pytest.mark.parametrize("more", [{"per": "day"}, {"is_volatility_scaled": True}])
def test_impact_of_a_day_needs_bars_of_a_day_or_less(more):
    model = Terms(one(CostKind.IMPACT, 0.1, 0.1, **more))
    with pytest.raises(ConfigError) as error:
        put_together(model, bars=bars_of(step=7 * DAY), interval=7 * DAY)
    assert str(error.value) == "cost model 'terms' estimates what a day is like, and can't from bars that are longer than a day"


def test_impact_on_bars_without_volumes_is_refused():
    put_together(Terms(one(CostKind.IMPACT, 0.1, 0.0)), bars=bars_of([1.0, 0.0]))
    with pytest.raises(DataError) as error:
        put_together(Terms(one(CostKind.IMPACT, 0.1, 0.1)), bars=bars_of([1.0, 0.0]))
    assert str(error.value) == (
        "cost model 'terms' needs volumes, and the bars of 'Y' have none; "
        "leave it out of execution.costs, or bring data with volumes"
    )


@pytest.mark.parametrize(
    ("term", "said"),
    [
        (one(CostKind.FEE_RATE, 0.1, -0.1), r"gave FEE_RATE coefficients array\(.*\); expected 2 finite numbers of 0 or more$"),
        (one(CostKind.MAKER_RATE, 0.1, HOLE), r"gave MAKER_RATE coefficients array\(.*\); expected 2 finite numbers$"),
        (one(CostKind.IMPACT, 0.1), r"gave IMPACT coefficients .* expected 2 finite numbers of 0 or more$"),
        (one(CostKind.HALF_SPREAD, 1.0), r"gave HALF_SPREAD coefficients .* of 0 or more, or 5 x 2 of them$"),
        (CostTerm(CostKind.HALF_SPREAD, np.full((5, 2), HOLE)), r"gave HALF_SPREAD coefficients"),
        (CostTerm(CostKind.FEE_RATE, np.zeros((5, 2))), r"gave FEE_RATE coefficients"),
        (
            one(CostKind.IMPACT, 1.0, 1.0, exponent=0.0),
            r"gave a term of IMPACT with exponent 0.0; expected a finite number greater",
        ),
        (one(CostKind.IMPACT, 1.0, 1.0, per="week"), r"gave a term of IMPACT with per 'week'; expected 'bar' or 'day'"),
        (one(CostKind.IMPACT, 1.0, 1.0, window=1), r"gave a term of IMPACT with window 1; expected at least 2 days"),
        (
            one(CostKind.FEE_RATE, 1.0, 1.0, from_volume=-1.0),
            r"gave a term of FEE_RATE with from_volume -1.0; expected a finite number of 0 or more",
        ),
        (
            one(CostKind.FEE_MINIMUM, 1.0, 1.0, from_volume=1.0),
            r"gave a term of FEE_MINIMUM with from_volume 1.0; expected .* 0 unless it is a fee",
        ),
    ],
)
def test_terms_that_make_no_sense_are_refused(term, said):
    with pytest.raises(PluginError, match=rf"^cost model 'terms' {said}"):
        put_together(Terms(term))
