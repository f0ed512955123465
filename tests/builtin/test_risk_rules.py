"""The risk rules that come with the kernel, as the limits that they set."""

import pytest
from pydantic import ValidationError

from tradekit import Limit, LimitKind
from tradekit.builtin.risk_rules import FixedFraction, MaxDrawdown, MaxLeverage, MaxOrderValue, MaxWeight, VolatilityTarget


@pytest.mark.parametrize(
    ("rule", "options", "limit"),
    [
        (FixedFraction, {"fraction": 0.1}, Limit(LimitKind.FRACTION_SIZE, 0.1)),
        (VolatilityTarget, {"annual": 0.2}, Limit(LimitKind.VOLATILITY_SIZE, 0.2, window=60, cap=1.0)),
        (
            VolatilityTarget,
            {"annual": 0.2, "window": 20, "max_weight": 2, "bars_per_year": 252},
            Limit(LimitKind.VOLATILITY_SIZE, 0.2, window=20, cap=2.0, bars_per_year=252.0),
        ),
        (MaxWeight, {"limit": 0.5}, Limit(LimitKind.MAX_WEIGHT, 0.5, "clip")),
        (MaxWeight, {"limit": 0.5, "action": "reject"}, Limit(LimitKind.MAX_WEIGHT, 0.5, "reject")),
        (MaxLeverage, {"limit": 2, "action": "reject"}, Limit(LimitKind.MAX_LEVERAGE, 2.0, "reject")),
        (MaxOrderValue, {"limit": 5000}, Limit(LimitKind.MAX_ORDER_VALUE, 5000.0, "clip")),
        (MaxDrawdown, {"limit": 0.2}, Limit(LimitKind.MAX_DRAWDOWN, 0.2, "halt")),
        (MaxDrawdown, {"limit": 0.2, "action": "flatten"}, Limit(LimitKind.MAX_DRAWDOWN, 0.2, "flatten")),
    ],
)
def test_rule_sets_its_limit(rule, options, limit):
    assert rule(rule.Options(**options)).limits() == (limit,)


@pytest.mark.parametrize(
    ("rule", "options"),
    [
        (FixedFraction, {}),
        (FixedFraction, {"fraction": 0}),
        (FixedFraction, {"fraction": float("nan")}),
        (VolatilityTarget, {"annual": 0.2, "window": 1}),
        (VolatilityTarget, {"annual": 0}),
        (VolatilityTarget, {"annual": 0.2, "bars_per_year": 0}),
        (MaxWeight, {"limit": 0.5, "action": "halt"}),
        (MaxLeverage, {"limit": 0}),
        (MaxOrderValue, {"limit": float("inf")}),
        (MaxDrawdown, {"limit": 1}),
        (MaxDrawdown, {"limit": 20}),
        (MaxDrawdown, {"limit": 0.2, "action": "clip"}),
    ],
)
def test_rule_with_options_that_make_no_sense_is_refused(rule, options):
    with pytest.raises(ValidationError):
        rule.Options(**options)


@pytest.mark.parametrize("rule", [FixedFraction, VolatilityTarget, MaxWeight, MaxLeverage, MaxOrderValue, MaxDrawdown])
def test_rule_says_what_it_does_in_one_line(rule):
    first = rule.__doc__.splitlines()[0]
    assert first.endswith((".", "possible."))
    assert len(first) < 120
