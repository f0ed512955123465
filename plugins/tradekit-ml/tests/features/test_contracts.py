"""Each feature of one instrument keeps the contract of an indicator."""

import numpy as np
import pytest
from tradekit_ml.features.catalogue import INDICATORS

from proofs import deep
from tradekit.testing import IndicatorContract, markets

SHORT = {"length": 8}
"""Windows for the contract's bars; the kinds below have others."""
OPTIONS = {
    "gap-return": {},
    "bar-return": {},
    "close-location": {},
    "return-autocorrelation": {"length": 9, "distance": 3},
    "volatility-ratio": {"length": 4, "longer": 11},
    "volatility-percentile": {"length": 4, "window": 9},
    "average-cross": {"fast": 3, "slow": 9},
    "variance-ratio": {"length": 12, "period": 3},
    "momentum": {"length": 9, "skip": 2},
    "macd-per-price": {"fast": 3, "slow": 7, "signal": 4},
    "volume-trend": {"length": 3, "longer": 9},
}


SOME = INDICATORS[:: len(INDICATORS) // deep(8, len(INDICATORS))]
"""What is held to all rules here; the whole proof takes all. Below, all are held to the rule that matters most."""


def _contract(kind):
    def series(self):
        return markets.walk(150)

    facts = {"component": kind, "options": [OPTIONS.get(kind.name, SHORT)], "series": pytest.fixture(series)}
    return type(f"Test{kind.__name__}", (IndicatorContract,), facts | {"__module__": __name__})


globals().update({f"Test{kind.__name__}": _contract(kind) for kind in SOME})


@pytest.mark.parametrize("kind", INDICATORS, ids=lambda kind: kind.name)
def test_indicator_streamed_values_are_those_of_whole_columns_to_the_bit(kind):
    indicator = kind(kind.Options.model_validate(OPTIONS.get(kind.name, SHORT)))
    series = markets.halt(90, length=25)
    columns = [getattr(series, name).copy() for name in indicator.inputs]
    columns[0][50] = np.nan
    state = indicator.step()
    streamed = np.array([state.push(*bar) for bar in zip(*(column.tolist() for column in columns), strict=True)])
    whole = indicator.compute(*columns)
    assert streamed.reshape(len(series), -1).T.tobytes() == whole.tobytes()
    assert np.isfinite(whole[:, indicator.warmup - 1]).all()
    assert np.isnan(whole[:, : indicator.warmup - 1]).all()


def test_indicators_have_distinct_names():
    assert len({kind.name for kind in INDICATORS}) == len(INDICATORS) >= 50


@pytest.mark.parametrize("kind", INDICATORS, ids=lambda kind: kind.name)
def test_indicators_defaults_are_sound(kind):
    assert kind().warmup >= 1
