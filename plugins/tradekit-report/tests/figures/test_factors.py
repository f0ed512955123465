"""The regression on factors: against statsmodels, and its contributions against the total return."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from tradekit_report.figures.factors import Factors, fit_factors, read_factors

from tradekit import ConfigError, Periods

DAY = 86_400_000_000_000
FIRST = 19_723  # 2024-01-01, counted from 1970


def made(count=500, seed=4, per_year=252.0):
    """Return periods of days, and the factors that they are made of."""
    rng = np.random.default_rng(seed)
    market, size = rng.normal(0.0003, 0.01, count), rng.normal(0.0, 0.006, count)
    noise = rng.normal(0.0, 0.004, count)
    noise[1:] += 0.4 * noise[:-1]  # so that the errors go together from day to day
    returns = 0.0002 + 0.8 * market - 0.3 * size + noise
    end = (FIRST + 1 + np.arange(count)) * DAY
    return Periods(end, returns, None, per_year), Factors(FIRST + np.arange(count), {"market": market, "size": size})


def test_coefficients_and_errors_equal_statsmodels():
    periods, factors = made()
    found = fit_factors(periods, factors)
    columns = sm.add_constant(np.column_stack(list(factors.values.values())))
    theirs = sm.OLS(periods.returns, columns).fit(cov_type="HAC", cov_kwds={"maxlags": found.lags, "use_correction": False})
    assert found.lags == 5  # 4 (500 / 100) ^ (2 / 9) = 5.7
    assert [row.beta for row in found.rows] == pytest.approx(theirs.params[1:], rel=1e-9)
    assert [row.error for row in found.rows] == pytest.approx(theirs.bse[1:], rel=1e-9)
    assert [row.t for row in found.rows] == pytest.approx(theirs.tvalues[1:], rel=1e-9)
    assert [row.p for row in found.rows] == pytest.approx(theirs.pvalues[1:], rel=1e-6, abs=1e-300)
    assert (found.alpha.beta, found.alpha.error) == pytest.approx((theirs.params[0] * 252, theirs.bse[0] * 252), rel=1e-9)
    assert found.r_squared == pytest.approx(theirs.rsquared, rel=1e-9)
    assert found.periods == 500


def test_contributions_add_up_to_the_total_return():
    periods, factors = made()
    found = fit_factors(periods, factors)
    total = np.prod(1.0 + periods.returns) - 1.0
    assert found.total_return == pytest.approx(total)
    assert found.alpha.contribution + sum(row.contribution for row in found.rows) + found.rest == pytest.approx(total, abs=1e-14)
    assert abs(found.rest) < 0.1 * abs(total)


def test_returns_that_are_a_factor_are_all_its_contribution():
    periods, factors = made()
    twice = Periods(periods.end, 2.0 * factors.values["market"], None, 252.0)
    found = fit_factors(twice, factors)
    assert [row.beta for row in found.rows] == pytest.approx([2.0, 0.0], abs=1e-12)
    assert found.rows[0].contribution == pytest.approx(found.total_return, abs=1e-12)
    assert found.r_squared == pytest.approx(1.0)


def test_days_without_factors_are_left_out_and_told():
    periods, factors = made()
    some = np.arange(500) % 10 != 3
    found = fit_factors(periods, Factors(factors.day[some], {name: values[some] for name, values in factors.values.items()}))
    assert found.periods == 450
    assert found.note == "50 of 500 periods have no factors; what they returned is in the rest."
    columns = np.column_stack((np.ones(500), *factors.values.values()))[some]
    wanted = np.linalg.lstsq(columns, periods.returns[some], rcond=None)[0]
    assert [row.beta for row in found.rows] == pytest.approx(wanted[1:], rel=1e-9)


def test_factors_of_days_on_which_the_market_was_closed_count_to_the_next_period():
    periods, factors = made()
    some = np.arange(500) % 7 < 5
    market = factors.values["market"]
    growth = np.cumprod(1.0 + market)[some]
    moved = np.append(growth[0], growth[1:] / growth[:-1]) - 1.0
    found = fit_factors(Periods(periods.end[some], 0.5 * moved, None, 252.0), Factors(factors.day, {"market": market}))
    assert found.rows[0].beta == pytest.approx(0.5, rel=1e-9)


def test_factors_of_days_are_compounded_over_weeks():
    _, factors = made(700)
    market = factors.values["market"]
    weekly = np.prod(1.0 + market.reshape(100, 7), axis=1) - 1.0
    weeks = Periods((FIRST + 7 * np.arange(1, 101)) * DAY, 0.5 * weekly, None, 52.0)
    found = fit_factors(weeks, Factors(factors.day, {"market": market}))
    assert found.periods == 100
    assert found.rows[0].beta == pytest.approx(0.5, rel=1e-9)


def test_too_few_periods_are_told():
    periods, factors = made(25)
    assert fit_factors(periods, factors) == "a regression on 2 factors needs 30 periods, and 25 of the run have factors"


@pytest.mark.parametrize(
    ("second", "message"),
    [
        (lambda market: 2.0 * market, r"^factors 'market', 'other' can't be told apart over the run"),
        (lambda market: np.zeros(len(market)), r"^factor 'other' is always 0 over the run; leave it out$"),
        (lambda market: np.full(len(market), 0.01), r"can't be told apart over the run: one never varies"),
    ],
)
def test_factors_that_tell_the_same_are_an_error(second, message):
    periods, factors = made()
    market = factors.values["market"]
    with pytest.raises(ConfigError, match=message):
        fit_factors(periods, Factors(factors.day, {"market": market, "other": second(market)}))


@pytest.mark.parametrize("name", ["factors.csv", "factors.csv.gz", "factors.parquet"])
def test_factors_are_read_from_csv_and_parquet(tmp_path, name):
    frame = pd.DataFrame({"date": ["2024-01-03", "2024-01-02"], "market": [0.01, -0.02], "size": [0.0, np.nan]})
    path = tmp_path / name
    if name.endswith("parquet"):
        frame.assign(date=pd.to_datetime(frame["date"])).to_parquet(path, index=False)
    else:
        frame.to_csv(path, index=False)
    found = read_factors(path)
    assert found.day.tolist() == [FIRST + 1, FIRST + 2]
    assert found.values["market"].tolist() == [-0.02, 0.01]
    assert np.isnan(found.values["size"][0])


def test_dates_in_the_index_of_a_parquet_file_are_read(tmp_path):
    pd.DataFrame({"market": [0.01]}, index=pd.DatetimeIndex(["2024-01-02"], name="date")).to_parquet(tmp_path / "f.parquet")
    assert read_factors(tmp_path / "f.parquet").day.tolist() == [FIRST + 1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("date\n2024-01-02\n", r"has columns 'date'; it needs one of dates, and then one a factor$"),
        ("market,date\n0.01,2024-01-02\n", r"column 'market' of factors .* is of numbers; the first column must be dates"),
        ("date,market\nsoon,0.01\n", r"column 'date' of factors .* holds no dates such as 2021-01-31"),
        ("date,market\n2024-01-02,0.01\n,0.02\n", r"column 'date' of factors .* has a row without a date; remove it$"),
        ("date,market\n2024-01-02,0.01\n2024-01-02,0.02\n", r"has the day 2024-01-02 twice; leave one of them$"),
        ("date,market\n2024-01-02,up\n", r"column 'market' of factors .* holds 'up'; a factor has one number for each day$"),
        ("date,market\n2024-01-02,1.5\n2024-01-03,-0.8\n", r"looks like per cent .*; write returns as fractions, 0.01 for 1 %$"),
        ("", r"can't be read"),
    ],
)
def test_factors_that_are_none_are_an_error(tmp_path, text, message):
    (tmp_path / "f.csv").write_text(text)
    with pytest.raises(ConfigError, match=message):
        read_factors(tmp_path / "f.csv")


def test_a_file_that_is_missing_or_of_another_sort_is_an_error(tmp_path):
    with pytest.raises(ConfigError, match=r"factors .*none.csv' can't be read: "):
        read_factors(tmp_path / "none.csv")
    with pytest.raises(ConfigError, match=r"is neither a CSV nor a Parquet file; name it .csv, .csv.gz or .parquet$"):
        read_factors(tmp_path / "factors.xlsx")
