import io
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from rich.console import Console

from tradekit import DEFINITIONS, ComponentUse, Result, RunError
from tradekit.analysis.curve import DAY, EquityCurve, sample
from tradekit.analysis.drawdowns import drawdown_periods
from tradekit.analysis.excursions import Excursions
from tradekit.analysis.measure import measure
from tradekit.analysis.tables import trades_table
from tradekit.analysis.trades import Ends, FillColumns, round_trips
from tradekit.builtin.reporters import JsonReporter, SummaryReporter
from tradekit.builtin.summary import GROUPS

START = 1_704_067_200_000_000_000  # 2024-01-01
STAMP = pa.timestamp("ns", tz="UTC")
COMPONENTS = (
    ComponentUse("strategy", "sma-cross", "tradekit", "0.1.0", {"fast": 20, "slow": 100, "cap": None}),
    ComponentUse("data source", "csv", "tradekit", "0.1.0", {"path": Path("data/btc.csv")}),
    ComponentUse("risk rule", "max-weight", "tradekit-risk", "0.3.1", {"limit": 0.5}),
    ComponentUse("executor", "simulated", "tradekit", "0.1.0", {}),
    ComponentUse("cost model", "fee", "tradekit", "0.1.0", {"bps": 10.0}),
)


def equity_table(times, equity):
    zero = np.zeros(len(equity))
    columns = {"equity": equity, "cash": equity, "gross_exposure": zero, "net_exposure": zero, "is_stale": zero > 0}
    return pa.table({"time": pa.array(times, pa.int64()).cast(STAMP), **columns})


def fills_of(*rows):
    """Make columns of (day, instrument, quantity, price); each fill pays 1 and slips 0.5."""
    days, instruments, quantities, prices = (np.array(column) for column in zip(*rows, strict=True)) if rows else [np.zeros(0)] * 4
    paid = np.ones(len(days))
    return FillColumns(
        (START + days * DAY).astype(np.int64), instruments.astype(np.int64), quantities * 1.0, prices * 1.0, paid, paid / 2
    )


FILLS = (
    (1, 0, 10, 100.0),
    (2, 0, -10, 130.0),
    (3, 0, -10, 120.0),
    (4, 0, 10, 125.0),
    (5, 0, 10, 100.0),
    (6, 0, -10, 101.0),
    (7, 0, 10, 100.0),
    (8, 0, -10, 70.0),
    (9, 0, 10, 90.0),
)


def make_result(equity=None, fills=FILLS, symbols=("BTC/USDT",), **changes):
    values = 1e4 + 1e3 * np.sin(np.arange(400) / 40.0) if equity is None else np.asarray(equity, dtype=float)
    times = START + DAY * np.arange(1, len(values) + 1)
    curve = EquityCurve(times, values, values, 1e4, DAY, values)
    columns = fills_of(*fills)
    trips = round_trips(columns, Ends(np.full(len(symbols), 95.0)))
    sampling = sample(curve)
    none = pa.table({})
    result = Result(
        name="btc-trend",
        mode="backtest",
        status="done",
        config={"account": {"currency": "USDT", "capital": 1e4, "kind": "margin", "leverage": 2.0}, "data": {"interval": "1d"}},
        components=COMPONENTS,
        plan="The compiled driver ran, because sma-cross gives target weights.",
        assumptions=("Market orders fill at the next open.", "each fill pays a fee of 10 bps of its value", *sampling.sentences),
        notes=("3 bars were dropped.",),
        metrics=measure(curve, sampling, columns, trips),
        data=tuple({"symbol": symbol, "origin": "/data/bars.csv", "rows": len(values)} for symbol in symbols),
        orders=none,
        fills=none,
        positions=none,
        equity=equity_table(times, values),
        trades=trades_table(trips, symbols, Excursions(np.zeros(len(trips)), np.zeros(len(trips)))),
        journal=none,
    )
    return replace(result, **changes)


def page(result, width=100, trades=3, encoding="utf-8"):
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    console = Console(width=width, file=stream, markup=False, highlight=False, emoji=False)
    reporter = SummaryReporter(SummaryReporter.Options(trades=trades))
    console.print(reporter.report(result, Path()))
    stream.seek(0)
    return stream.read()


def words(text):
    return " ".join(text.split())


def test_summary_groups_hold_every_figure_once():
    shown = [key for keys in GROUPS.values() for key in keys]
    assert sorted(shown) == sorted(DEFINITIONS)


@pytest.mark.parametrize("width", [60, 80, 100, 200])
def test_summary_says_what_ran_and_never_leaves_out_assumptions_or_notes(width):
    text = words(page(make_result(), width))
    assert "btc-trend backtest, done" in text
    assert "strategy sma-cross fast=20, slow=100 " in text
    assert "max-weight (tradekit-risk 0.3.1) limit=0.5" in text
    assert "BTC/USDT: 400 bars of 1d, 2024-01-01 to 2025-02-03, from csv (bars.csv)" in text
    assert "10,000.00 USDT, margin, leverage 2" in text
    assert "The compiled driver ran, because sma-cross gives target weights." in text
    assert "! 3 bars were dropped." in text
    assert "Each fill pays a fee of 10 bps of its value. Statistics use 400 daily returns" in text


@pytest.mark.parametrize("width", [60, 80, 100, 200])
def test_summary_no_line_is_wider_than_the_terminal_or_a_page(width):
    assert max(len(line.rstrip()) for line in page(make_result(), width).splitlines()) <= min(width, 110)


@pytest.mark.parametrize(("width", "most"), [(80, 48), (100, 45)])
def test_summary_fits_a_page(width, most):
    assert len(page(make_result(), width).splitlines()) <= most


def test_summary_shows_figures_in_their_units_side_by_side():
    lines = page(make_result(), 80).splitlines()
    row = next(line for line in lines if line.startswith("total "))
    assert row.split() == ["total", "-5.23", "%", "volatility", "3.42", "%", "closed", "4"]


def test_summary_shows_what_was_carried_only_if_there_is_any():
    result = make_result()
    assert "funding" not in page(result, 80)
    carried = replace(result, metrics={**result.metrics, "funding": 12.5, "dividends": 0.0})
    assert "funding 12.50" in words(page(carried, 80))
    assert "dividends" not in page(carried, 80)


def test_summary_stacks_figures_where_they_do_not_fit_side_by_side():
    lines = [line.split() for line in page(make_result(), 50).splitlines()]
    assert ["total", "-5.23", "%"] in lines
    assert ["closed", "4"] in lines


def test_summary_best_and_worst_trades_are_closed_ones_and_none_is_there_twice():
    rows = page(make_result()).split("trades  ")[-1].split("these figures")[0].splitlines()[1:]
    assert [row.split()[-1] for row in rows if row.strip()] == ["+298.00", "+8.00", "-52.00", "-302.00"]
    assert " ".join(rows[0].split()) == "best BTC/USDT long 2024-01-02 100.000 2024-01-03 130.000 +29.80 % +298.00"
    assert rows[3].split()[:3] == ["worst", "BTC/USDT", "long"]


def test_summary_trades_option_limits_them_and_zero_leaves_them_out():
    assert "-52.00" not in page(make_result(), trades=1)
    assert "+298.00" not in page(make_result(), trades=0)


def test_summary_narrow_terminal_drops_prices_then_times():
    assert "130.000" in page(make_result(), 100)
    assert "130.000" not in page(make_result(), 68)
    assert "2024-01-03" in page(make_result(), 68)
    assert "2024-01-03" not in page(make_result(), 50)


def test_summary_hourly_trades_show_minutes():
    config = {**make_result().config, "data": {"interval": "1h"}}
    assert "2024-01-02 00:00" in page(make_result(config=config))


def test_summary_without_trades_says_so():
    assert "No trade was closed." in page(make_result(fills=()))
    assert "No trade was closed." in page(make_result(fills=FILLS[:1]))


def test_summary_drawdown_has_its_dates():
    result = make_result([10_000, 11_000, 9_900, 10_500, 11_500, 11_000])
    assert "worst drawdown  10.00 % from 2024-01-02 to 2024-01-03, back on 2024-01-05" in page(result)
    assert "from the start to 2024-01-01, not back by the end" in page(make_result([9_000, 9_500]))
    assert "worst drawdown" not in page(make_result([10_000, 10_100]))


def test_summary_of_less_than_a_day_tells_times():
    short, shown = make_result([10_000, 11_000, 9_900]), {}
    start = 1_704_067_200_000_000_000
    for interval, step in (("10s", 10_000_000_000), ("1m", 60_000_000_000), ("1d", 86_400_000_000_000)):
        config = {**short.config, "data": {**short.config["data"], "interval": interval}}
        equity = equity_table(start + step * np.arange(1, 4), [10_000, 11_000, 9_900])
        shown[interval] = words(page(replace(short, config=config, equity=equity)))
    assert "3 bars of 10s, 2024-01-01 00:00:10 to 2024-01-01 00:00:30" in shown["10s"]
    assert "worst drawdown 10.00 % from 2024-01-01 00:00:20 to 2024-01-01 00:00:30, not back by the end" in shown["10s"]
    assert "3 bars of 1m, 2024-01-01 00:01 to 2024-01-01 00:03" in shown["1m"]
    assert "3 bars of 1d, 2024-01-01 to 2024-01-03" in shown["1d"]


def test_summary_chart_spans_the_extremes_and_the_dates():
    lines = page(make_result()).splitlines()
    top = next(i for i, line in enumerate(lines) if line.startswith("10,999."))
    assert lines[top + 3].startswith(" 9,0")
    assert lines[top + 4].split() == ["2024-01-01", "2025-02-03"]
    assert all(set(line[10:]) <= {" ", *map(chr, range(0x2800, 0x2900))} for line in lines[top : top + 4])


def test_summary_chart_of_a_large_rise_is_logarithmic():
    assert "(log)" in page(make_result(np.geomspace(1e4, 1e6, 300)))
    assert "(log)" not in page(make_result())


def test_summary_on_a_terminal_without_unicode_is_ascii():
    text = page(make_result(), encoding="ascii")
    assert text.isascii()
    assert "equity  10,000.00 to 9,477.12 USDT   -5.23 %   benchmark -5.23 %" in text


def test_summary_interrupted_run_says_so_first():
    text = page(make_result(status="interrupted", notes=("INTERRUPTED after 400 of 900 bars: figures are partial.",)))
    assert text.startswith("btc-trend  backtest, interrupted")
    assert text.index("! INTERRUPTED") < text.index("equity  ")


def test_summary_failed_run_without_bars_or_figures_still_has_a_page():
    result = make_result(fills=(), status="failed", metrics={}, assumptions=())
    text = words(page(replace(result, equity=result.equity.slice(0, 0))))
    assert "BTC/USDT: no bars" in text
    assert "these figures assume Nothing is known about how they were made." in text


def test_summary_undefined_figures_are_dashes():
    result = make_result(fills=())
    rows = [line.split() for line in page(result, 50).splitlines()]
    assert ["win", "rate", "-"] in rows
    assert ["profit", "factor", "-"] in rows


def test_summary_without_rules_or_costs_says_so():
    text = page(make_result(components=COMPONENTS[:2] + COMPONENTS[3:4]))
    assert "risk       none: nothing limits an order" in text
    assert "execution  simulated; no costs" in text


def test_summary_many_instruments_and_options_are_counted():
    symbols = tuple(f"STOCK{i}" for i in range(40))
    strategy = replace(COMPONENTS[0], options={f"parameter_{i}": [i] * 50 for i in range(30)})
    text = page(make_result(symbols=symbols, components=(strategy, *COMPONENTS[1:])))
    assert "STOCK0, STOCK1, " in text
    assert " more: 400 bars of 1d" in words(text)
    assert "parameter_0=[0, 0, 0, 0, 0, 0, 0, 0, 0, ...0, 0, 0, 0, 0, 0, 0, 0, 0, 0]" in words(text)
    assert len(text.splitlines()) <= 50


def test_summary_takes_names_literally():
    assert "[bold]x[/bold] :smile:" in page(make_result(name="[bold]x[/bold] :smile:"))


def test_summary_reads_tables_in_several_chunks():
    result = make_result()
    parts = {
        name: pa.concat_tables([table.slice(0, 2), table.slice(2)])
        for name, table in (("equity", result.equity), ("trades", result.trades))
    }
    assert page(replace(result, **parts)) == page(result)


def test_summary_real_equity_drawdown_dates_equal_the_analysis(market_data):
    pandas = pytest.importorskip("pandas")
    closes = pandas.read_csv(market_data / "equity_daily/sp500_index_1990_2022.csv.gz", index_col=0, parse_dates=True)["SP500"]
    times = closes.index.as_unit("ns").asi8[1:] + DAY
    equity = closes.to_numpy()[1:] / closes.iloc[0] * 1e4
    found = drawdown_periods(EquityCurve(times, equity, equity, 1e4, DAY))
    worst = int(np.argmax(found.depth))
    start, trough, end = (
        np.datetime64(int(times[worst]) - 1, "ns").astype("M8[D]") for times in (found.start, found.trough, found.end)
    )
    text = page(replace(make_result(), equity=equity_table(times, equity)))
    assert f"from {start} to {trough}, back on {end}" in text


def document(result, folder):
    assert JsonReporter().report(result, folder) is None
    return json.loads((folder / "result.json").read_text(encoding="utf-8"))


def test_json_holds_the_result_with_its_definitions_and_assumptions(tmp_path):
    result = make_result()
    found = document(result, tmp_path)
    assert list(found) == [
        "schema",
        "name",
        "mode",
        "status",
        "plan",
        "currency",
        "assumptions",
        "notes",
        "metrics",
        "definitions",
        "components",
        "data",
        "trades",
    ]
    assert found["schema"] == 1
    assert found["metrics"] == dict(result.metrics)
    assert list(found["metrics"]) == list(found["definitions"]) == list(DEFINITIONS)
    assert found["definitions"]["calmar"]["text"] == "Annual return over maximum drawdown, over the whole run."
    assert found["assumptions"] == list(result.assumptions)
    assert found["components"][1]["options"] == {"path": "data/btc.csv"}


def test_json_trades_have_iso_times_and_null_for_open_ones(tmp_path):
    trades = document(make_result(), tmp_path)["trades"]
    assert len(trades) == 5
    assert trades[0] == {
        "symbol": "BTC/USDT",
        "direction": "long",
        "entry_time": "2024-01-02T00:00:00Z",
        "exit_time": "2024-01-03T00:00:00Z",
        "quantity": 10.0,
        "entry_price": 100.0,
        "exit_price": 130.0,
        "profit": 298.0,
        "fees": 2.0,
        "carry": 0.0,
        "slippage": 1.0,
        "return_on_entry": 0.298,
        "mae": 0.0,
        "mfe": 0.0,
        "is_open": False,
    }
    assert (trades[4]["exit_time"], trades[4]["is_open"]) == (None, True)


def test_json_has_one_line_a_trade(tmp_path):
    document(make_result(), tmp_path)
    lines = (tmp_path / "result.json").read_text(encoding="utf-8").splitlines()
    assert sum('"entry_time"' in line for line in lines) == 5


def test_json_without_trades_has_an_empty_list(tmp_path):
    assert document(make_result(fills=()), tmp_path)["trades"] == []


def test_json_times_keep_their_nanoseconds(tmp_path):
    result = make_result()
    odd = pa.array([START + 1_500_000_000], pa.int64()).cast(STAMP)
    trades = result.trades.slice(0, 1).set_column(2, "entry_time", odd)
    assert document(replace(result, trades=trades), tmp_path)["trades"][0]["entry_time"] == "2024-01-01T00:00:01.5Z"


def test_json_what_is_not_finite_is_null(tmp_path):
    found = document(make_result(metrics={"sharpe": float("nan"), "beta": float("inf")}), tmp_path)
    assert found["metrics"] == {"sharpe": None, "beta": None}


def test_json_same_result_gives_the_same_bytes(tmp_path):
    document(make_result(), tmp_path)
    first = (tmp_path / "result.json").read_bytes()
    document(make_result(), tmp_path)
    assert (tmp_path / "result.json").read_bytes() == first
    assert first.endswith(b"]\n}\n")


def test_json_folder_that_can_not_be_written_is_a_run_error(tmp_path):
    with pytest.raises(RunError, match=r"^report '.*result\.json' can't be written: No such file or directory$"):
        JsonReporter().report(make_result(), tmp_path / "missing")


_PROGRAM = """
import io, sys
from pathlib import Path
from rich.console import Console
import pyarrow.ipc
from tradekit import ComponentUse, Result
from tradekit.builtin.reporters import JsonReporter, SummaryReporter
folder = Path(sys.argv[1])
equity, trades = (pyarrow.ipc.open_file(folder / f"{name}.arrow").read_all() for name in ("equity", "trades"))
config = {"account": {"currency": "USDT", "capital": 1e4, "kind": "cash", "leverage": 1.0}, "data": {"interval": "1h"}}
uses = (ComponentUse("strategy", "sma-cross", "tradekit", "0.1.0", {}),)
result = Result("x", "backtest", "done", config, uses, "", (), (), {}, (), None, None, None, equity, trades, None)
console = Console(file=io.StringIO(), width=100)
console.print(SummaryReporter().report(result, folder))
JsonReporter().report(result, folder)
assert "+298.00" in console.file.getvalue()
sys.exit("pandas" in sys.modules)
"""


def test_reporters_do_not_import_pandas(tmp_path):
    result = make_result()
    for name in ("equity", "trades"):
        table = getattr(result, name)
        with pa.ipc.new_file(tmp_path / f"{name}.arrow", table.schema) as writer:
            writer.write_table(table)
    assert subprocess.run([sys.executable, "-c", _PROGRAM, str(tmp_path)], check=False).returncode == 0
