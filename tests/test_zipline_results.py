"""What zipline's own tests expect of three of its examples, from the same bars: fills, cash and value of every day.

All of zipline's assumptions can be said here: orders that fill at the next close (`at="close"`), 0.0075 a share and at least 1
an order, at most 2.5 % of the volume, an impact of 0.1 on the square of the share of it. So fills, commissions, cash and value
agree, through the split of 7 for 1, on which an order of 10 was open that fills as 70.

Its results hold no dividends: its bundle has no days of payment, so that zipline paid none. A run with them differs by just what
the shares were paid, on ex-dates. Its averages are adjusted for them, though, with amounts that were restated for a later split:
from the first dividend on, 2012-08-09, they are not comparable. Its alpha, beta and excess return rest on a benchmark that is not
in the data, its Sharpe ratio on another convention.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import tradekit
from tradekit import Result, Strategy, Terms, sma

CLOSE = Terms(at="close")
RESTATED = 7.0  # AAPL's dividends before its split of 2014-06-09 are told in shares of after it


@dataclass(frozen=True)
class Expected:
    """What zipline expects: fills and the account of each day, by date."""

    fills: pd.DataFrame
    days: pd.DataFrame


@pytest.fixture
def expected(market_data: Path):
    def read(name: str) -> Expected:
        folder = market_data / "reference" / "zipline_expected"
        fills = pd.read_csv(folder / f"{name}_transactions.csv.gz")
        days = pd.read_csv(folder / f"{name}_daily.csv.gz", index_col=0)
        fills["date"] = [stamp[:10] for stamp in fills["dt"]]
        return Expected(fills.sort_values(["date", "sid"]), days.set_axis([stamp[:10] for stamp in days.index]))

    return read


@pytest.fixture
def play(lab, market_data: Path, tmp_path: Path):
    folder = market_data / "equity_daily" / "us9_2004_2014"
    dividends = pd.read_csv(folder / "dividends.csv")
    is_restated = (dividends["symbol"] == "AAPL") & (dividends["ex_date"] < "2014-06-09")
    dividends.loc[is_restated, "amount"] *= RESTATED
    dividends.to_csv(tmp_path / "dividends.csv", index=False)

    def run(strategy: type[Strategy], start: str, end: str, symbols=("AAPL",), has_dividends: bool = False) -> Result:
        actions = f'splits = {{ path = "{folder / "splits.csv"}", multiplies = "prices" }}'
        if has_dividends:
            actions += f', dividends = {{ path = "{tmp_path / "dividends.csv"}" }}'
        overrides = [
            f"run.start={start}",
            f"run.end={end}",
            "account.capital=10000000",
            "data.source=csv",
            f'data.path="{folder / "bars.csv.gz"}"',
            f"data.instruments={list(symbols)}",
            f"data.actions={{ {actions} }}",
            f"instrument=[{', '.join(f'{{ symbol = {symbol!r}, lot = 1 }}' for symbol in symbols)}]",
            "execution.participation=0.025",
            'execution.costs=[{ model = "fee", per_unit = 0.0075, minimum = 1.0 }, { model = "volume-share", impact = 0.1 }]',
        ]
        return lab.run(strategy, *overrides).result

    return run


class BuyApple(Strategy):
    """Buy ten shares a day."""

    name = "buy-apple"

    def on_bar(self, ctx: tradekit.Context) -> None:
        ctx.buy(10, terms=CLOSE)


class BuyAndHold(Strategy):
    """Buy a hundred shares of each, once."""

    name = "buy-and-hold-hundred"

    def on_bar(self, ctx: tradekit.Context) -> None:
        if ctx.index == 0:
            for view in ctx.instruments:
                view.buy(100, terms=CLOSE)


class DualMovingAverage(Strategy):
    """Hold a hundred shares while the short average is above the long one."""

    name = "dual-moving-average"

    def indicators(self):
        return {"short": sma(100), "long": sma(300)}

    def on_bar(self, ctx: tradekit.Context) -> None:
        view = ctx["AAPL"]
        if view["short"] > view["long"] and view.position == 0:
            view.buy(100, terms=CLOSE)
        elif view["short"] < view["long"] and view.position > 0:
            view.sell(100, terms=CLOSE)


class Averages(DualMovingAverage):
    """Write the averages down, and trade nothing."""

    name = "averages"
    seen: tuple[list[float], list[float]]

    def on_bar(self, ctx: tradekit.Context) -> None:
        for values, name in zip(type(self).seen, ("short", "long"), strict=True):
            values.append(ctx["AAPL"][name])


def agree(result: Result, wanted: Expected) -> None:
    fills = result.fills.to_pandas()
    # The close of a day's bar is the midnight after it.
    fills["date"] = [str((time - pd.Timedelta(days=1)).date()) for time in fills["time"]]
    fills = fills.sort_values(["date", "symbol"])
    assert fills["date"].tolist() == wanted.fills["date"].tolist()
    assert fills["symbol"].tolist() == wanted.fills["sid"].tolist()
    assert fills["quantity"].tolist() == wanted.fills["amount"].tolist()
    np.testing.assert_allclose(fills["price"], wanted.fills["price"], rtol=1e-14)
    np.testing.assert_array_equal(fills["fee"], np.maximum(0.0075 * wanted.fills["amount"], 1.0))
    equity = result.equity.to_pandas()
    assert [str((time - pd.Timedelta(days=1)).date()) for time in equity["time"]] == wanted.days.index.tolist()
    for ours, theirs in {"cash": "ending_cash", "net_exposure": "ending_value", "equity": "portfolio_value"}.items():
        np.testing.assert_allclose(equity[ours], wanted.days[theirs], rtol=1e-14, atol=1e-7, err_msg=ours)
    assert result.metrics["max_drawdown"] == pytest.approx(-wanted.days["max_drawdown"].min(), rel=1e-9, abs=1e-15)
    assert result.metrics["total_return"] == pytest.approx(wanted.days["algorithm_period_return"].iloc[-1], rel=1e-9)


def test_buy_apple_agrees_with_zipline_through_the_split(play, expected):
    result = play(BuyApple, "2014-01-02", "2014-11-01")
    agree(result, expected("buyapple"))
    assert [row["quantity"] for row in result.fills.to_pylist() if row["quantity"] != 10] == [70]
    shares = 107 * 10 * 7 + 70 + 102 * 10
    assert result.positions["quantity"].to_pylist()[-1] == shares


def test_buy_and_hold_agrees_with_zipline(play, expected):
    agree(play(BuyAndHold, "2008-01-02", "2013-01-01", ("AAPL", "MSFT")), expected("buy_and_hold"))


def test_dual_moving_average_agrees_with_zipline(play, expected):
    agree(play(DualMovingAverage, "2011-01-03", "2013-01-01"), expected("dual_moving_average"))


def test_moving_averages_agree_with_zipline_until_the_first_dividend(play, expected):
    Averages.seen = ([], [])
    play(Averages, "2011-01-03", "2012-08-09")
    days = expected("dual_moving_average").days.loc["2012-03-12":"2012-08-08"]
    assert len(days) > 100
    for values, name in zip(Averages.seen, ("short_mavg", "long_mavg"), strict=True):
        np.testing.assert_allclose(values, days[name], rtol=1e-12)


def test_dividends_that_zipline_did_not_pay_are_all_that_differs(play, expected):
    result = play(BuyAndHold, "2008-01-02", "2013-01-01", ("AAPL", "MSFT"), has_dividends=True)
    days = expected("buy_and_hold").days
    # By hand: 100 AAPL at 2.65 on two ex-dates of 2012; 100 MSFT on the twenty ex-dates of five years.
    microsoft = 3 * 0.11 + 8 * 0.13 + 4 * 0.16 + 4 * 0.20 + 0.23
    apple = 2 * RESTATED * 0.37857
    paid = [(row["symbol"], row["amount"]) for row in result.journal.to_pylist() if row["detail"] == "dividend" and row["amount"]]
    assert sum(amount for symbol, amount in paid if symbol == "AAPL") == pytest.approx(100 * apple)
    assert sum(amount for symbol, amount in paid if symbol == "MSFT") == pytest.approx(100 * microsoft)
    equity = result.equity.to_pandas()
    np.testing.assert_allclose(
        equity["equity"].to_numpy()[-1], days["portfolio_value"].iloc[-1] + 100 * (apple + microsoft), rtol=1e-14
    )
    np.testing.assert_allclose(equity["net_exposure"], days["ending_value"], rtol=1e-14, atol=1e-7)
