"""Many bars in a small file: what the chart shows at any zoom is what the bars were, and it says where it is coarser than a bar."""

import json
from importlib.resources import files

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tradekit_report.page.market import Market, charted_market
from tradekit_report.page.options import PageOptions
from tradekit_report.page.report import report_page

import tradekit
from proofs import deep

RUN = """
risk = []
[run]
name = "many"
[account]
currency = "USDT"
capital = 100_000
[data]
source = "parquet"
path = "many.parquet"
instruments = ["BTC/USDT"]
interval = "1m"
[strategy]
name = "sma-cross"
fast = 200
slow = 1000
[execution]
costs = [{ model = "fee", bps = 1 }]
"""
SCRIPTS = ("codec.js", "view.js", "chart.js", "market.js")


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """A run over many made-up minutes, and its market: a million at full depth, and room for a part of them."""
    folder = tmp_path_factory.mktemp("many")
    rows, rng = deep(60_000, 1_000_000), np.random.default_rng(3)
    close = np.round(20_000 * np.exp(np.cumsum(rng.standard_t(4, rows) * 6e-4)), 2)
    opened = np.concatenate((close[:1], close[:-1]))
    reach = np.abs(rng.normal(size=(2, rows))) * close * 4e-4
    columns = {
        "time": np.datetime64("2022-01-01", "ns") + np.arange(rows) * np.timedelta64(60, "s"),
        "open": opened,
        "high": np.round(np.maximum(opened, close) + reach[0], 2),
        "low": np.round(np.minimum(opened, close) - reach[1], 2),
        "close": close,
        "volume": np.round(rng.gamma(2, 5, rows), 3),
    }
    pq.write_table(pa.table(columns), folder / "many.parquet")
    (folder / "run.toml").write_text(RUN)
    result = tradekit.run(folder / "run.toml", runs=folder / "runs")
    market = tradekit.read_market(result, folder)
    return result, Market(market.bars, market.values), deep(400_000, 4_000_000)


@pytest.mark.proof("report")
def test_candles_of_any_view_are_what_their_bars_were(many, opened, tmp_path, matrix):
    result, market, room = many
    (made,) = charted_market(result, market, ["BTC/USDT"], room)
    assert made.step > 1
    assert 0.1 < made.fine < 1.0
    scripts = "\n".join((files("tradekit_report.page") / "static" / name).read_text("utf-8") for name in SCRIPTS)
    ready = 'document.documentElement.dataset.ready = "yes"'
    (tmp_path / "x.html").write_text(f'<script type="x" id="data">{made.text}</script><script>{scripts}\n{ready}</script>')
    tab = opened(tmp_path / "x.html").tab
    tab.evaluate("async () => { window.data = new MarketData(await unpack('data')); }")
    rng = np.random.default_rng(8)
    spans = [
        len(market.bars),
        *np.exp(rng.uniform(np.log(20), np.log(len(market.bars)), len(matrix.seeds(12, 200)) - 1)).astype(int),
    ]
    tells = set()
    for span in spans:
        start = int(rng.integers(0, len(market.bars) - span + 1))
        seen = json.loads(tab.evaluate(f"JSON.stringify(data.seen({start}, {start + span - 1}, 250))"))
        tells.add((seen["coarsest"] > seen["group"], max(seen["span"]) == 1))
        _hold(seen, market, start, start + span)
    assert {(True, False), (False, True)} <= tells


def _hold(seen, market, first, stop):
    """Hold candles and lines against the bars that they stand for: each once, none left out, with all extremes."""
    bars = market.bars
    assert seen["row"][0] <= first
    assert seen["row"][-1] + seen["span"][-1] >= stop
    lines = {k: np.asarray(market.values[name][:, 0]) for k, name in enumerate(market.values)}
    for at, (row, span) in enumerate(zip(seen["row"], seen["span"], strict=True)):
        assert at == 0 or row == seen["row"][at - 1] + seen["span"][at - 1]
        own = slice(row, row + span)
        candle = [seen[name][at] for name in ("open", "high", "low", "close")]
        parts = bars.open[row, 0], bars.high[own, 0].max(), bars.low[own, 0].min(), bars.close[row + span - 1, 0]
        assert candle == pytest.approx(parts, abs=1e-6)
        for k, values in lines.items():
            known = values[own][np.isfinite(values[own])]
            if len(known):
                told = [seen["lines"][k][side][at] for side in ("low", "high")]
                assert told == pytest.approx([known.min(), known.max()], abs=0.06)


@pytest.mark.proof("report", cases=1)
def test_page_of_many_bars_stays_below_six_megabytes_and_opens(many, opened, tmp_path):
    result, market, room = many
    page = report_page(result, PageOptions.model_validate({"chart_mb": room / 1e6}), market)
    path = tmp_path / "many.html"
    path.write_text(page, encoding="utf-8")
    assert path.stat().st_size < 6_000_000
    shown = opened(path)
    assert (shown.requests, shown.complaints) == ([path.as_uri()], [])
    assert "bars" in shown.tab.inner_text("#resolution")
