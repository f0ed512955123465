"""The returns of a run explained by series that the user gives."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tradekit import ConfigError, Periods
from tradekit_report.figures.clock import DAY, days_of
from tradekit_report.figures.tables import FactorFit, FactorRow, Floats, Times

__all__ = ["Factors", "fit_factors", "read_factors"]

_FEWEST = 10
"""How many periods a regression needs for each of its coefficients."""


@dataclass(frozen=True, slots=True)
class Factors:
    """Returns of factors, as fractions, float64 [day] by name; `day` is the number of the UTC day since 1970, ascending."""

    day: Times
    values: Mapping[str, Floats]


def read_factors(path: Path) -> Factors:
    """Read a CSV or Parquet file: one column of dates, which comes first, and a column of returns, as fractions, for each factor.

    Raises `ConfigError` for a file that can't be read, a first column that holds no dates, days that are there twice, a column that
    holds no numbers, and returns that look like per cent.
    """
    table = _table(path)
    if len(table) < 2:
        raise ConfigError(
            f"factors {str(path)!r} has columns {', '.join(map(repr, table))}; it needs one of dates, and then one a factor"
        )
    (dates, times), *columns = table.items()
    day = _days(path, dates, times)
    order = np.argsort(day, kind="stable")
    if (twice := np.flatnonzero(np.diff(day[order]) == 0)).size:
        raise ConfigError(
            f"factors {str(path)!r} has the day {np.datetime64(int(day[order][twice[0]]), 'D')} twice; leave one of them"
        )
    return Factors(day[order], {name: _numbers(path, name, values)[order] for name, values in columns})


def _table(path: Path) -> dict[str, NDArray[Any]]:
    import pandas as pd

    try:
        if path.suffix in (".parquet", ".pq"):
            frame = pd.read_parquet(path)
        elif path.suffix in (".csv", ".gz", ".txt"):
            frame = pd.read_csv(path)
        else:
            raise ConfigError(f"factors {str(path)!r} is neither a CSV nor a Parquet file; name it .csv, .csv.gz or .parquet")
    except (OSError, ValueError) as error:
        raise ConfigError(f"factors {str(path)!r} can't be read: {str(error).splitlines()[0]}") from error
    if frame.index.name is not None:
        frame = frame.reset_index()
    return {str(name): frame[name].to_numpy() for name in frame.columns}


def _days(path: Path, name: str, values: NDArray[Any]) -> Times:
    import pandas as pd

    if values.dtype.kind in "iuf":
        raise ConfigError(
            f"column {name!r} of factors {str(path)!r} is of numbers; the first column must be dates such as 2021-01-31"
        )
    try:
        stamps = pd.to_datetime(values, utc=True, format="ISO8601" if values.dtype.kind not in "M" else None)
    except ValueError as error:
        what = str(error).splitlines()[0]
        raise ConfigError(f"column {name!r} of factors {str(path)!r} holds no dates such as 2021-01-31: {what}") from error
    if stamps.hasnans:
        raise ConfigError(f"column {name!r} of factors {str(path)!r} has a row without a date; remove it")
    return days_of(stamps.as_unit("ns").asi8)


def _numbers(path: Path, name: str, values: NDArray[Any]) -> Floats:
    if values.dtype.kind not in "iuf":
        raise ConfigError(f"column {name!r} of factors {str(path)!r} holds {values[0]!r}; a factor has one number for each day")
    numbers: Floats = values.astype(np.float64)
    known = np.abs(numbers[np.isfinite(numbers)])
    if len(known) and float(np.max(known)) > 1.0 and float(np.median(known)) > 0.1:
        what = f"column {name!r} of factors {str(path)!r} looks like per cent (its median size is {float(np.median(known)):g})"
        raise ConfigError(f"{what}; write returns as fractions, 0.01 for 1 %")
    return np.where(np.isfinite(numbers), numbers, np.nan)


def fit_factors(periods: Periods, factors: Factors) -> FactorFit | str:
    """Regress the periodic returns on the factors, by least squares with standard errors of Newey and West (1987).

    Bartlett weights over `floor(4 (n / 100) ^ (2 / 9))` lags (Newey and West 1994). What factors did in a period is compounded from
    its days; a period without any is left out. Contributions are linked over time by the logarithm (Cariño 1999, Combining
    Attribution Effects over Time, Journal of Performance Measurement 3(4)), so that they add up to the compound return.

    Returns why there is no fit, where there are too few periods. Raises `ConfigError` for factors that can't be told apart.
    """
    values, is_known = _in_periods(periods, factors)
    count, needed = int(np.count_nonzero(is_known)), _FEWEST * (len(factors.values) + 1)
    if count < needed:
        return f"a regression on {len(factors.values)} factors needs {needed} periods, and {count} of the run have factors"
    returns = periods.returns[is_known]
    columns = np.column_stack((np.ones(count), values[is_known]))
    names = ("alpha", *factors.values)
    inverse = _inverse(columns, names)
    beta = _times(inverse, (columns * returns[:, None]).sum(axis=0))
    residual = returns - (columns * beta).sum(axis=1)
    lags = math.floor(4.0 * (count / 100.0) ** (2.0 / 9.0))
    error = np.sqrt(np.maximum(np.diag(_sandwich(columns * residual[:, None], inverse, lags)), 0.0))
    total = math.expm1(float(np.sum(np.log1p(periods.returns))))
    shares = (columns * beta * _links(returns, total)[:, None]).sum(axis=0)
    rows = [_row(name, *numbers) for name, *numbers in zip(names, beta.tolist(), error.tolist(), shares.tolist(), strict=True)]
    spread = float(np.sum((returns - np.mean(returns)) ** 2))
    left_out = len(periods) - count
    return FactorFit(
        rows=tuple(rows[1:]),
        alpha=_row("alpha", beta[0] * periods.per_year, error[0] * periods.per_year, float(shares[0])),
        rest=total - float(np.sum(shares)),
        total_return=total,
        r_squared=1.0 - float(np.sum(residual**2)) / spread if spread > 0.0 else None,
        periods=count,
        lags=lags,
        note=f"{left_out:,} of {len(periods):,} periods have no factors; what they returned is in the rest." if left_out else "",
    )


def _row(name: str, beta: float, error: float, contribution: float) -> FactorRow:
    t = float(beta / error) if error > 0.0 else None
    return FactorRow(name, float(beta), float(error), t, None if t is None else math.erfc(abs(t) / math.sqrt(2.0)), contribution)


def _in_periods(periods: Periods, factors: Factors) -> tuple[Floats, NDArray[np.bool_]]:
    """Return what the factors did in each period, float64 [period, factor], and which periods have all of them."""
    day = days_of(periods.end - 1)
    # A day belongs to the first period that ends on it or later; the first period is as long as the next.
    length = int(np.median(np.diff(periods.end))) if len(periods) > 1 else DAY
    place = np.searchsorted(day, factors.day)
    is_inside = (place < len(day)) & (factors.day > days_of(periods.end[:1] - 1 - length).min(initial=0))
    found = np.full((len(day), len(factors.values)), np.nan)
    for column, values in enumerate(factors.values.values()):
        use = is_inside & np.isfinite(values)
        growth = np.zeros(len(day))
        np.add.at(growth, place[use], np.log1p(values[use]))
        has = np.bincount(place[use], minlength=len(day)) > 0
        found[:, column] = np.where(has, np.expm1(growth), np.nan)
    return found, np.isfinite(found).all(axis=1)


def _inverse(columns: Floats, names: tuple[str, ...]) -> Floats:
    """Return the inverse of the matrix of products. Raises `ConfigError` where a column is a mix of others."""
    scale = np.sqrt((columns**2).mean(axis=0))
    flat = np.flatnonzero(scale <= 0.0)
    if flat.size:
        raise ConfigError(f"factor {names[int(flat[0])]!r} is always 0 over the run; leave it out")
    scaled = columns / scale
    # Not with `@`: its result may depend on how many threads the linear-algebra library uses.
    products = np.array([(scaled * scaled[:, [k]]).sum(axis=0) for k in range(scaled.shape[1])])
    if np.linalg.cond(products) > 1e12:
        told = ", ".join(map(repr, names[1:]))
        raise ConfigError(f"factors {told} can't be told apart over the run: one never varies, or is a mix of others; leave it out")
    found: Floats = np.linalg.inv(products) / np.outer(scale, scale)
    return found


def _sandwich(scores: Floats, inverse: Floats, lags: int) -> Floats:
    """Return the covariance of the coefficients, robust against heteroskedasticity and autocorrelation up to `lags`."""
    inner = _products(scores, scores)
    for lag in range(1, lags + 1):
        one = _products(scores[lag:], scores[:-lag])
        inner += (1.0 - lag / (lags + 1.0)) * (one + one.T)
    return _product(_product(inverse, inner), inverse)


def _products(first: Floats, second: Floats) -> Floats:
    return np.array([(first[:, [k]] * second).sum(axis=0) for k in range(first.shape[1])])


def _product(first: Floats, second: Floats) -> Floats:
    found: Floats = (first[:, :, None] * second[None, :, :]).sum(axis=1)
    return found


def _times(matrix: Floats, vector: Floats) -> Floats:
    found: Floats = (matrix * vector).sum(axis=1)
    return found


def _links(returns: Floats, total: float) -> Floats:
    """Return by what the parts of each period's return are multiplied so that they add up to the compound one."""
    whole = math.log1p(total) / total if abs(total) > 1e-12 else 1.0
    each = np.ones(len(returns))
    np.divide(np.log1p(returns), returns, out=each, where=np.abs(returns) > 1e-12)
    return each / whole
