"""The strategies: their contract, both forms, markets with and without an edge, and models that don't fit."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tradekit_ml.features.feature_set import FeatureSet
from tradekit_ml.registry import Origin, Registry
from tradekit_ml.strategies.hybrid import MlHybrid
from tradekit_ml.strategies.ml import Ml
from tradekit_ml.training.fitted import fit, job_of
from tradekit_ml.training.keeping import keep
from tradekit_ml.training.recipe import Recipe

from learnable import noise, with_edge
from tradekit import ConfigError, DataError, Series
from tradekit.testing import Lab, StrategyContract, markets

FAST: dict[str, Any] = {
    "groups": ["returns"],
    "model": {"name": "logistic"},
    "transforms": ["scaler"],
    "label": {"name": "fixed-horizon", "horizon": 12, "value": "up"},
    "first": 200,
    "every": 12,
    "retrain": "week",
}


class TestMl(StrategyContract):
    component = Ml
    options = ({**FAST, "first": 50, "short": True, "retrain": "never", "watch": False},)


class TestMlHybrid(StrategyContract):
    component = MlHybrid
    options = ({**FAST, "first": 50, "fast": 5, "slow": 20, "retrain": "never", "watch": False},)


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path)


def tables(**options: Any) -> Mapping[str, Any]:
    return {
        "strategy": {**FAST, **options},
        "account": {"kind": "margin", "capital": 100_000.0},
        "execution": {"costs": [{"model": "fee", "bps": 5}]},
    }


def two(make: Any, count: int = 1500) -> dict[str, Series]:
    return {"AAA": make(count, 1), "BBB": make(count, 2)}


@pytest.mark.parametrize("strategy", [Ml, MlHybrid])
def test_strategy_both_forms_make_the_same_trades(lab: Lab, strategy: type[Ml]) -> None:
    lab.series = {**two(with_edge, 800), "CCC": markets.missing(800, markets.HOUR, seed=9)}
    options = tables(short=True, drift={"window": 100, "every": 20})
    compiled = lab.run(strategy, tables=options).result
    by_event = lab.run(strategy, "execution.driver='event'", tables=options).result
    assert compiled.plan.startswith("compiled driver")
    assert by_event.plan.startswith("event driver")
    assert compiled.fills.num_rows > 20
    assert compiled.fills.equals(by_event.fills)


@pytest.mark.parametrize("strategy", [Ml, MlHybrid])
def test_strategy_market_with_an_edge_is_profitable(lab: Lab, strategy: type[Ml]) -> None:
    lab.series = two(with_edge)
    result = lab.run(strategy, tables=tables(short=True)).result
    assert result.metrics["total_return"] > 0.5


def test_strategy_features_of_two_instruments_are_the_same_in_both_forms(lab: Lab) -> None:
    lab.series = {**two(with_edge, 500), "CCC": markets.missing(500, markets.HOUR, seed=9)}
    options = tables(groups=["returns", "pairs"], against="BBB", short=True)
    compiled = lab.run(Ml, tables=options).result
    by_event = lab.run(Ml, "execution.driver='event'", tables=options).result
    assert compiled.fills.num_rows > 5
    assert compiled.fills.equals(by_event.fills)


def test_strategy_without_short_never_sells_what_it_lacks(lab: Lab) -> None:
    lab.series = two(with_edge, 900)
    positions = lab.run(Ml, tables=tables()).result.positions
    assert min(positions["quantity"].to_pylist(), default=0.0) >= 0.0


def test_strategy_old_model_ends_its_positions(lab: Lab) -> None:
    lab.series = two(with_edge, 1200)
    result = lab.run(Ml, tables=tables(retrain="never", max_age="10d", short=True)).result
    times = [time.value for time in result.fills["time"]]
    # Its features warm up for 60 bars or so, it is trained on 200, asked for 240, and decides every 12.
    last = lab.series["AAA"].open_time[80 + 200 + 240 + 12]
    assert times
    assert max(times) <= last


def test_strategy_seed_makes_the_same_run(lab: Lab) -> None:
    lab.series = two(noise, 700)
    model = {"name": "lightgbm", "task": "classification", "trees": 20, "row_share": 0.5}
    first, second = (lab.run(Ml, tables=tables(model=model, short=True)).result for _ in range(2))
    other = lab.run(Ml, tables=tables(model=model, short=True, seed=5)).result
    assert first.fills.equals(second.fills)
    assert not first.fills.equals(other.fills)


def registered(folder: Path, series: Mapping[str, Series], **changes: Any) -> Registry:
    recipe = Recipe.model_validate({**{key: value for key, value in FAST.items() if key in Recipe.model_fields}, **changes})
    bars = markets.bars(series)
    features = recipe.feature_set()
    job = job_of(recipe, features.values(bars), recipe.labeler().label(bars))
    registry = Registry(folder)
    keep(registry, "kept", (fit(job), job), Origin(features.json, {"label": "x", "options": {}}, "d", 0, ()), ())
    return registry


def test_strategy_registered_model_trades_from_the_first_bar(lab: Lab, tmp_path: Path) -> None:
    registered(tmp_path / "models", two(with_edge))
    lab.series = {"AAA": with_edge(600, 5), "BBB": with_edge(600, 6)}
    result = lab.run(Ml, tables=tables(registered="kept", registry=str(tmp_path / "models"), retrain="never", short=True)).result
    first = result.fills["time"][0].value
    assert first < lab.series["AAA"].open_time[100]
    assert result.metrics["total_return"] > 0.0


def test_strategy_registered_model_of_other_features_is_refused(lab: Lab, tmp_path: Path) -> None:
    registered(tmp_path / "models", two(with_edge, 600))
    lab.series = two(with_edge, 300)
    given = tables(registered="kept", registry=str(tmp_path / "models"), groups=["returns", "calendar"])
    with pytest.raises(DataError, match=r"was trained with other features than the strategy has: features\.features\.12"):
        lab.run(Ml, tables=given)
    with pytest.raises(DataError, match="no model is named 'gone'"):
        lab.run(Ml, tables=tables(registered="gone", registry=str(tmp_path / "models")))


def test_strategy_feature_that_takes_its_name_is_refused() -> None:
    taken = Ml(Ml.Options.model_validate({**FAST, "groups": [], "features": [{"kind": "bar", "output": "close"}]}))
    # It has another name, and so takes none.
    assert "bar" in taken.indicators()
    assert FeatureSet(taken.options.feature_set().specs).names == ("bar.close",)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"max_age": "soon"}, "'soon' is no span of time"),
        ({"model": {"name": "gone"}}, "no model is named 'gone'"),
        ({"watch": True, "drift": {"shrink_share": 0.9, "abstain_share": 0.5}}, "it must shrink before it abstains"),
    ],
)
def test_strategy_option_that_is_wrong_is_told_with_its_place(lab: Lab, given: dict[str, Any], said: str) -> None:
    lab.series = two(noise, 60)
    with pytest.raises(ConfigError, match=said):
        lab.ready(Ml, tables=tables(**given))


def test_hybrid_trend_alone_and_model_alone_are_its_ends(lab: Lab) -> None:
    lab.series = two(with_edge, 900)
    alone = lab.run(Ml, tables=tables(short=True)).result
    model = lab.run(MlHybrid, tables=tables(short=True, share=1.0)).result
    trend = lab.run(MlHybrid, tables=tables(short=True, share=0.0)).result
    # The averages need more bars before the first decision, after which the two hold the same.
    assert model.fills.num_rows > 0
    assert trend.metrics["trades"] != model.metrics["trades"]
    assert alone.metrics["total_return"] > 0.0


def test_hybrid_averages_in_the_wrong_order_are_refused() -> None:
    with pytest.raises(ValueError, match="fast is 50 and slow is 20; fast must be less than slow"):
        MlHybrid.Options.model_validate({"fast": 50, "slow": 20})
