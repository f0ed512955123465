"""The whole way, on markets of which the truth is known: noise, in which there is no money, and an edge, which is found."""

import math
from pathlib import Path

import numpy as np
import pytest
from tradekit_ml.strategies.ml import Ml
from tradekit_ml.training.recipe import Recipe
from tradekit_ml.training.scoring import score, splits_of, totals

from learnable import noise, with_edge
from proofs import Matrix
from tradekit import Series
from tradekit.testing import Lab, markets

# As in the tutorial, with fewer trees and a shorter market.
OPTIONS = {
    "groups": ["returns", "trend"],
    "model": {"name": "lightgbm", "task": "classification", "trees": 25, "leaves": 8, "min_rows": 100},
    "label": {"name": "fixed-horizon", "horizon": 12, "value": "up"},
    "first": 1200,
    "every": 12,
    "retrain": "month",
    "watch": False,
}
BARS = 3000


def net_return(folder: Path, series: Series) -> float:
    lab = Lab(folder, {"AAA": series})
    tables = {
        "strategy": {**OPTIONS, "short": True},
        "account": {"kind": "margin", "capital": 100_000.0},
        "execution": {"costs": [{"model": "fee", "bps": 10}]},
    }
    return float(lab.run(Ml, tables=tables).result.metrics["total_return"])


def information(series: Series) -> tuple[float, float]:
    """Return the information coefficient out of sample, and its standard error."""
    recipe = Recipe.model_validate(
        {**{key: value for key, value in OPTIONS.items() if key in Recipe.model_fields}, "retrain": "week"}
    )
    bars = markets.bars({"AAA": series})
    labels = recipe.labeler().label(bars)
    features = recipe.feature_set().values(bars)
    labels = labels.taken(np.flatnonzero(np.isfinite(features[labels.bar, labels.instrument]).any(axis=1)))
    found = totals(score(recipe, features, labels, splits_of(recipe, labels, bars))[0])
    return found["ic"], found["ic_error"]


@pytest.mark.proof("ml-edges")
def test_noise_makes_no_money_after_costs(tmp_path: Path, matrix: Matrix) -> None:
    found = [net_return(tmp_path / str(seed), noise(BARS, 1000 + seed)) for seed in matrix.seeds(3, 100)]
    mean, error = float(np.mean(found)), float(np.std(found, ddof=1)) / math.sqrt(len(found))
    matrix.tell("noise", f"{len(found)} random walks", f"mean net return {mean:+.2%}, standard error {error:.2%}")
    # One-sided, at 5 %.
    assert mean < 1.645 * error


@pytest.mark.proof("ml-edges")
def test_planted_edge_is_found(matrix: Matrix) -> None:
    is_found = []
    for seed in matrix.seeds(3, 100):
        ic, error = information(with_edge(BARS, 2000 + seed, 0.005))
        is_found.append(ic > 2.0 * error)
    matrix.tell("edge", f"{len(is_found)} walks with a drift that stays a while", f"found in {sum(is_found)} (IC above two errors)")
    assert np.mean(is_found) >= 0.9 if len(is_found) >= 20 else sum(is_found) >= len(is_found) - 1


@pytest.mark.proof("ml-edges")
def test_planted_edge_makes_money_after_costs(tmp_path: Path, matrix: Matrix) -> None:
    found = [net_return(tmp_path / str(seed), with_edge(BARS, 2000 + seed, 0.005)) for seed in matrix.seeds(1, 100)]
    matrix.tell("edge", f"{len(found)} walks with a drift that stays a while", f"net return above 0 in {sum(np.array(found) > 0)}")
    assert np.mean(np.array(found) > 0.0) >= 0.9
