"""All the data of a run, from a source to the rows that it belongs to."""

import json

import numpy as np
import pytest

from tradekit import Actions, FundingRates, Trades
from tradekit.engine.compose import compose_file
from tradekit.engine.market import load_market
from tradekit.engine.prepare import cut
from tradekit.errors import ConfigError, DataError
from tradekit.model.reference import ScheduledKind

CLOSES = [100.0, 102.0, 51.0, 52.0, 53.0]
DAY = 86_400_000_000_000
START = np.datetime64("2020-01-01", "ns").astype(np.int64)


def split(day, ratio=2.0, origin="splits.csv"):
    return Actions(np.array([START + day * DAY]), np.array([0], np.int32), np.array([ratio]), origin)


def funding(*days):
    return FundingRates(START + np.array(days) * DAY, np.full(len(days), 1e-4), np.full(len(days), 99.0), "rates.csv")


def market_of(lab, *overrides):
    return lab.ready("buy-and-hold", *overrides).market


def test_market_without_reference_data_has_nothing_on_its_schedule(lab):
    lab.give(CLOSES)
    market = market_of(lab)
    assert market.adjusted is market.bars
    assert (len(market.schedule), market.finer, market.notes) == (0, None, ())
    assert not {"funding", "actions", "finer"} & set(market.facts[0])


def test_market_actions_are_scheduled_adjusted_for_and_named(lab):
    lab.give(CLOSES)
    lab.known["actions"]["X"] = split(2)
    market = market_of(lab)
    assert (market.schedule.row.tolist(), market.schedule.kind.tolist()) == ([2], [ScheduledKind.SPLIT])
    assert market.bars.close[:, 0].tolist() == CLOSES
    assert market.adjusted.close[:, 0].tolist() == [100.0, 102.0, 102.0, 104.0, 106.0]
    fact = dict(market.facts[0]["actions"])
    assert len(fact.pop("sha256")) == 64
    assert fact == {"origin": "splits.csv", "rows": 1, "first": "2020-01-03T00:00:00Z", "last": "2020-01-03T00:00:00Z"}


def test_market_funding_is_asked_for_perpetuals(lab):
    lab.give(CLOSES)
    lab.give(CLOSES, "Y")
    lab.known["funding"] = {"X": funding(1, 2), "Y": funding(1, 2)}
    kinds = "instrument=[{symbol='X', kind='perpetual'}]"
    market = market_of(lab, "account.kind='margin'", kinds)
    assert set(market.schedule.instrument.tolist()) == {0}
    assert (market.facts[0]["funding"]["rows"], "funding" in market.facts[1]) == (2, False)
    assert market.instruments[0].kind == "perpetual"


def test_market_perpetual_without_funding_is_told(lab):
    lab.give(CLOSES)
    notes = market_of(lab, "account.kind='margin'", "instrument=[{symbol='X', kind='perpetual'}]").notes
    assert notes == ("X: no funding rates are known; holding it costs and pays nothing.",)


def test_market_funding_of_what_is_no_perpetual_is_refused(lab):
    lab.give(CLOSES)
    lab.known["funding"]["X"] = funding(1)
    with pytest.raises(DataError) as error:
        market_of(lab)
    assert str(error.value) == (
        "the data source 'memory' has funding rates of 'X', which is of kind 'spot'; say kind = 'perpetual' in its [[instrument]] "
        "table, or leave the funding rates out"
    )


def test_market_source_that_gives_something_else_is_refused(lab):
    lab.give(CLOSES)
    lab.known["actions"]["X"] = "a split"
    with pytest.raises(DataError, match="the data source 'memory' gave 'a split' for 'X'; expected Actions"):
        market_of(lab)


def test_market_data_of_a_run_are_told_apart_by_all_that_was_read(lab):
    lab.give(CLOSES)
    lab.run("buy-and-hold")
    lab.known["actions"]["X"] = split(2)
    lab.run("buy-and-hold")
    lab.known["actions"]["X"] = split(2, 2.5)
    folder = lab.run("buy-and-hold").folder
    lines = [json.loads(line) for line in (lab.runs / "trials.jsonl").read_text().splitlines()]
    assert len({line["data"] for line in lines}) == 3
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["data"][0]["actions"]["rows"] == 1


def run_file(tmp_path, data, symbols):
    path = tmp_path / "run.toml"
    path.write_text(
        f"risk = []\nreport = []\n[run]\nname = 'x'\n[account]\ncurrency = 'USD'\ncapital = 1000\n"
        f"[strategy]\nname = 'buy-and-hold'\n[execution]\ncosts = []\n"
        f"[data]\nsource = 'csv'\ninterval = '1d'\ninstruments = {list(symbols)}\n{data}"
    )
    return path


def test_market_adjusts_a_stock_as_its_publisher_does(market_data, tmp_path):
    path = market_data / "equity_daily" / "wiki_5stocks_2015_2017.csv.gz"
    data = (
        f"path = '{path}'\ncolumns = {{ time = 'Date', symbol = 'Stock' }}\npolicy = {{ unsorted = 'sort' }}\n"
        f"[data.actions.splits]\npath = '{path}'\ncolumns = {{ time = 'Date', symbol = 'Stock', value = 'SplitRatio' }}\n"
        f"[data.actions.dividends]\npath = '{path}'\ncolumns = {{ time = 'Date', symbol = 'Stock', value = 'ExDividend' }}\n"
    )
    symbols = ("AAPL", "COKE", "GOOGL")
    market = load_market(compose_file(run_file(tmp_path, data, symbols)))
    published = market_published(path, symbols)
    for i, symbol in enumerate(symbols):
        raw, ours = (market.bars.own(i, bars.close) for bars in (market.bars, market.adjusted))
        factor = ours / raw
        # Theirs is adjusted backward: the last price stays, and ours is the same up to a constant.
        assert np.abs(factor / factor[-1] / published[symbol] - 1).max() < 1.5e-4
        assert (np.unique(factor).size > 1) == (symbol != "GOOGL")


def market_published(path, symbols):
    """Return adjusted over raw closes, oldest first."""
    import csv
    import gzip

    with gzip.open(path, "rt") as file:
        rows = list(csv.DictReader(file))
    return {
        symbol: np.array([float(row["AdjClose"]) / float(row["Close"]) for row in reversed(rows) if row["Stock"] == symbol])
        for symbol in symbols
    }


def test_market_splits_of_stocks_leave_no_jump(market_data, tmp_path):
    folder = market_data / "equity_daily" / "us9_2004_2014"
    data = f"path = '{folder}/bars.csv.gz'\nactions.splits = {{ path = '{folder}/splits.csv', multiplies = 'prices' }}\n"
    market = load_market(compose_file(run_file(tmp_path, data, ("AAPL", "CERN"))))
    assert market.schedule.value.tolist() == pytest.approx([2.0, 2.0, 2.0, 2.0, 7.0])
    steps = np.abs(np.diff(np.log(market.adjusted.close), axis=0))
    assert np.abs(np.diff(np.log(market.bars.close), axis=0)).max() > np.log(6)
    assert steps.max() < 0.25
    row = int(market.schedule.row[-1])
    assert str(market.bars.open_time[row].astype("M8[ns]"))[:10] == "2014-06-09"
    assert market.adjusted.close[row, 0] == pytest.approx(market.bars.close[row, 0] * 14)
    assert market.adjusted.volume[row, 0] == pytest.approx(market.bars.volume[row, 0] / 14)


def test_market_values_of_a_strategy_are_adjusted_and_its_bars_are_not(lab):
    lab.give(CLOSES)
    lab.known["actions"]["X"] = split(2)
    prepared = lab.ready("buy-and-hold").prepared
    assert prepared.values()["close"][:, 0].tolist() == [100.0, 102.0, 102.0, 104.0, 106.0]
    assert prepared.setup.bars.close[:, 0].tolist() == CLOSES


def test_market_benchmark_takes_part_in_splits(lab):
    lab.give(CLOSES)
    lab.known["actions"]["X"] = split(2)
    result = lab.run("buy-and-hold").result
    assert result.metrics["benchmark_return"] == pytest.approx(106 / 100 - 1)
    assert result.assumptions[-1].endswith(" Its splits count, and its dividends buy more of it.")
    assert "dividends buy" not in lab.run("buy-and-hold", "run.benchmark=none").result.assumptions[-1]


def test_market_files_below_the_run_file_are_named_from_there(lab):
    lab.give(CLOSES)
    lab.known["actions"]["X"] = split(2, origin=f"{lab.folder}/splits.csv and {lab.folder}/dividends.csv")
    assert lab.ready("buy-and-hold").facts[0]["actions"]["origin"] == "splits.csv and dividends.csv"


def test_market_finer_data_decide_inside_the_bars(lab):
    lab.give(CLOSES)
    times = START + np.arange(10) * DAY // 2
    prices = np.repeat(CLOSES, 2)
    lab.known["trades"]["X"] = Trades(times, prices, np.ones(10), "trades.csv")
    market = market_of(lab, "data.fill_interval=trades")
    assert market.finer.first.tolist() == [0, 2, 4, 6, 8, 10]
    assert market.facts[0]["finer"]["origin"] == "trades.csv"
    assert market.notes == ()
    prepared = lab.ready("buy-and-hold", "data.fill_interval=trades").prepared
    assert prepared.setup.finer.bars.close[:, 0].tolist() == prices.tolist()
    assert cut(prepared, prepared.strategy, 2).setup.finer.first.tolist() == [0, 2, 4]


def test_market_shortened_for_a_check_is_what_it_was_until_then(lab):
    lab.give(CLOSES)
    lab.known["actions"]["X"] = split(2)
    prepared = lab.ready("buy-and-hold").prepared
    setup = cut(prepared, prepared.strategy, 2).setup
    assert (len(setup.schedule), len(setup.adjusted), setup.sessions.is_last.tolist()) == (0, 2, [[1, 1]])
    assert cut(prepared, prepared.strategy, 3).setup.adjusted.close[:, 0].tolist() == [100.0, 102.0, 102.0]


def test_market_calendars_put_bars_and_orders_into_their_sessions(lab):
    days = [0, 1, 5, 6, 7]  # from Thursday 2020-01-02 on
    lab.give(CLOSES, rows=days, start="2020-01-02")
    lab.give(CLOSES, "Y", rows=days, start="2020-01-02")
    lab.facts["Y"] = {"calendar": "XNYS"}
    lab.known["actions"]["X"] = Actions(np.array([START + 6 * DAY]), np.array([0], np.int32), np.array([2.0]), "splits.csv")
    market = market_of(lab, "instrument=[{symbol='X', calendar='XNYS'}]")
    assert [str(time)[:16] for time in market.bars.close_time.view("M8[ns]")][:3] == [
        "2020-01-02T21:00",
        "2020-01-03T21:00",
        "2020-01-07T21:00",
    ]
    assert [one.calendar for one in market.instruments] == ["XNYS", "XNYS"]
    assert (market.schedule.row.tolist(), market.sessions.calendar_of.tolist()) == ([2], [0, 0])
    assert market.sessions.is_last.tolist() == [[1] * 5]
    assert np.diff(market.sessions.number[0]).tolist() == [1, 2, 1, 1]


def test_market_calendars_of_several_exchanges_are_kept_apart(lab):
    hours = {"rows": range(48), "interval": "1h", "start": "2020-01-02"}
    lab.give(np.full(48, 5.0), **hours)
    lab.give(np.full(7, 5.0), "Y", rows=range(14, 21), interval="1h", start="2020-01-02")
    market = market_of(lab, "data.interval=1h", "instrument=[{symbol='Y', calendar='XNYS'}]")
    assert [None if one is None else one.name for one in market.sessions.calendars] == [None, "XNYS"]
    assert market.sessions.calendar_of.tolist() == [0, 1]
    assert np.flatnonzero(market.sessions.is_last[0]).tolist() == [23, 47]
    assert np.flatnonzero(market.sessions.is_last[1]).tolist() == [20, 44]
    assert len(market.bars) == 48


def test_market_calendar_that_does_not_exist_is_refused(lab):
    lab.give(CLOSES)
    with pytest.raises(ConfigError, match="no calendar 'NYES'; allowed are the names in exchange_calendars, such as 'XNYS'"):
        market_of(lab, "instrument=[{symbol='X', calendar='NYES'}]")


def test_market_paths_of_all_tables_start_at_the_run_file(tmp_path):
    bars = "time,open,high,low,close,volume\n2024-01-01,5,5,5,5,1\n2024-01-02,5,5,5,5,1\n"
    files = {
        "bars.csv": bars,
        "halves.csv": bars.replace("2024-01-02", "2024-01-01 12:00") + "2024-01-02,5,5,5,5,1\n2024-01-02 12:00,5,5,5,5,1\n",
        "rates.csv": "time,rate\n2024-01-01 16:00,0.001\n",
        "marks.csv": "time,price\n2024-01-01 16:00,5.5\n",
        "splits.csv": "date,ratio\n2024-01-02,2\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    data = (
        "path = 'bars.csv'\nintervals = { 12h = 'halves.csv' }\nfill_interval = '12h'\n"
        "funding = { path = 'rates.csv', mark = { path = 'marks.csv' } }\nactions.splits = { path = 'splits.csv' }\n"
        "[[instrument]]\nsymbol = 'X'\nkind = 'perpetual'\n"
    )
    composed = compose_file(run_file(tmp_path, data, ("X",)), ["account.kind=margin"])
    market = load_market(composed)
    assert market.schedule.kind.tolist() == [ScheduledKind.FUNDING, ScheduledKind.SPLIT]
    assert market.schedule.price[0] == 5.5
    assert market.finer.first.tolist() == [0, 2, 4]
    assert composed.settings()["data"]["funding"]["mark"]["path"] == "marks.csv"
