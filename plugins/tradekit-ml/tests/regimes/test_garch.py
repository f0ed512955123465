"""GARCH(1,1): the golden numbers of McCullough and Renfro, the arch package as an oracle, and its indicator."""

import gzip
import warnings
from pathlib import Path

import numpy as np
import pytest
from tradekit_ml.regimes.filtered import GarchVolatility
from tradekit_ml.regimes.garch import Garch, fit_garch

from tradekit import DataError
from tradekit.testing import IndicatorContract, markets


class TestGarch(IndicatorContract):
    component = GarchVolatility
    options = ({"window": 200, "refit": 5000},)


def dem2gbp() -> np.ndarray:
    """Daily returns of DEM/GBP in percent, 1984 to 1991, T. Bollerslev and E. Ghysels (1996), rounded to six digits."""
    with gzip.open(Path(__file__).parent / "dem2gbp.txt.gz", "rt", encoding="utf-8") as file:
        return np.array([float(line) for line in file if line.strip()])


def made(count: int, model: tuple[float, float, float, float] = (0.0, 1e-6, 0.1, 0.85), seed: int = 3) -> np.ndarray:
    mu, omega, alpha, beta = model
    generator = np.random.default_rng(seed)
    variance, returns = omega / (1 - alpha - beta), np.empty(count)
    for t in range(count):
        noise = generator.normal(0.0, np.sqrt(variance))
        returns[t] = mu + noise
        variance = omega + alpha * noise**2 + beta * variance
    return returns


def test_garch_benchmark_series_gives_the_golden_numbers() -> None:
    found = fit_garch(dem2gbp())
    # 1106.60788 is for eight digits of the returns.
    assert found.log_likelihood == pytest.approx(-1106.60788, abs=5e-5)
    assert found.mu == pytest.approx(-0.00619041, abs=1e-7)
    assert found.omega == pytest.approx(0.0107613, abs=1e-6)
    assert found.alpha == pytest.approx(0.153134, abs=1e-6)
    assert found.beta == pytest.approx(0.805974, abs=1e-6)


def test_garch_other_unit_gives_the_same_model() -> None:
    percent, plain = fit_garch(dem2gbp()), fit_garch(dem2gbp() / 100)
    assert plain.alpha == pytest.approx(percent.alpha, rel=1e-5)
    assert plain.omega == pytest.approx(percent.omega * 1e-4, rel=1e-5)
    assert plain.log_likelihood == pytest.approx(percent.log_likelihood + 1974 * np.log(100), rel=1e-9)


def test_garch_made_returns_fit_as_the_arch_package_fits_them() -> None:
    from arch import arch_model

    returns = 100 * made(3000)
    ours = fit_garch(returns)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = arch_model(returns, mean="Constant", vol="GARCH", rescale=False).fit(disp="off", backcast=float(returns.var()))
    assert ours.alpha == pytest.approx(theirs.params["alpha[1]"], abs=2e-3)
    assert ours.beta == pytest.approx(theirs.params["beta[1]"], abs=2e-3)
    assert ours.log_likelihood >= theirs.loglikelihood - 0.1


def test_garch_gradient_is_that_of_the_loss() -> None:
    from tradekit_ml.regimes.garch import _loss

    values, at, step = dem2gbp(), np.array([0.01, -3.0, 2.0, -1.5]), 1e-6
    numeric = [(_loss(at + d, values)[0] - _loss(at - d, values)[0]) / (2 * step) for d in np.eye(4) * step]
    assert _loss(at, values)[1] == pytest.approx(numeric, rel=1e-5)


def test_garch_filter_follows_the_recursion_and_sees_no_later_return() -> None:
    model = Garch(0.0, 0.1, 0.2, 0.7, 1.0, 0.0)
    returns = np.array([1.0, -2.0, np.nan, 0.5])
    expected = [0.1 + 0.2 + 0.7]
    expected.append(0.1 + 0.2 * 4 + 0.7 * expected[-1])
    expected.append(expected[-1])
    expected.append(0.1 + 0.2 * 0.25 + 0.7 * expected[-1])
    assert model.filter(returns) == pytest.approx(np.sqrt(expected))
    assert model.filter(returns[:2]) == pytest.approx(model.filter(returns)[:2], abs=0)


@pytest.mark.parametrize("returns", [np.zeros(500), np.arange(50.0), np.full(500, np.nan)])
def test_garch_nothing_to_fit_is_refused(returns: np.ndarray) -> None:
    with pytest.raises(DataError, match="GARCH needs 100 returns or more that are not all alike"):
        fit_garch(returns)


def test_garch_indicator_expects_more_after_a_large_move() -> None:
    returns = made(900)
    returns[700] = 0.2
    value = GarchVolatility(GarchVolatility.Options(window=400, refit=10_000)).compute(np.exp(np.cumsum(returns)))[0]
    assert value[700] > 3 * value[699]
    assert np.all(np.diff(value[701:720]) < 0.2 * value[700])


def test_garch_indicator_still_market_has_no_value_until_it_moves() -> None:
    close = np.concatenate((np.full(500, 100.0), markets.walk(600).close))
    value = GarchVolatility(GarchVolatility.Options(window=200, refit=200)).compute(close)[0]
    assert np.isnan(value[:500]).all()
    assert not np.isnan(value[-100:]).any()
