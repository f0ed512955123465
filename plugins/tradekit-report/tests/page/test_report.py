"""What the page of a run says, whatever came of the run."""

from dataclasses import replace

import numpy as np
import pytest
from read_pages import text_of
from reported import ran, scripted, series, walk
from tradekit_report.page.market import Market, charted_market
from tradekit_report.page.options import PageOptions
from tradekit_report.page.report import report_page

import tradekit
from tradekit.testing import Lab


def test_page_says_first_what_came_of_the_run_and_against_what(paged):
    text = text_of(paged("quickstart")[0].read_text("utf-8"))
    assert "Lost 9.00 % in 2.0 years, while holding BTC/USDT lost 8.51 %." in text
    assert "Of 62 trades, 26 % won, with a profit factor of 0.91." in text
    assert "Fees and slippage took 10,654 USDT" in text


def test_page_has_every_assumption_note_and_component_of_the_run(paged):
    for name in ("quickstart", "momentum"):
        path, result = paged(name)
        text = text_of(path.read_text("utf-8"))
        for said in (*result.assumptions, *result.notes):
            assert (said[:1].upper() + said[1:]).replace("'", "&#39;") in text, said
        for use in result.components:
            assert use.name in text


def test_page_has_the_kernels_own_figures(paged):
    path, result = paged("momentum")
    text = text_of(path.read_text("utf-8"))
    assert f"{100 * result.metrics['sharpe'] / 100:.2f}" in text
    assert f"Max. drawdown {100 * result.metrics['max_drawdown']:.1f} % benchmark" in text


def test_page_of_a_run_without_orders_says_so(tmp_path):
    result = ran(tmp_path, series(walk(50)), {})
    text = text_of(report_page(result))
    assert "Nothing was traded" in text
    assert "asked for no order" in text
    assert "There was no trade." in text


def test_page_of_a_run_whose_orders_all_failed_says_so(tmp_path):
    result = ran(tmp_path, series(walk(50)), {5: 1.0}, "instrument=[{symbol='X', lot=1e9}]")
    text = text_of(report_page(result))
    assert "1 order was asked for, and none was filled" in text


def test_page_without_market_says_why(tmp_path):
    result = ran(tmp_path, series(walk(50)), {5: 1.0, 20: 0.0})
    text = text_of(report_page(result, None, None, "The bars are gone."))
    assert "The bars are gone." in text
    assert 'id="market-chart"' not in report_page(result, None, None, "The bars are gone.")


def test_page_refuses_bars_of_another_time(tmp_path):
    market = series(walk(50))
    lab = Lab(tmp_path, {"X": market})
    result = lab.run(scripted({5: 1.0})).result
    bars = tradekit.Bars(
        ("X",),
        market.open_time + 1,
        market.close_time + 1,
        *(np.array(getattr(market, name))[:, None] for name in ("open", "high", "low", "close", "volume")),
    )
    assert "not those that this run went through" in report_page(result, None, Market(bars, {}))


def test_page_of_an_interrupted_run_ends_where_the_run_did(example_runs):
    folder = example_runs("breakout")
    result, market = tradekit.read_result(folder), tradekit.read_market(folder)
    ends = result.equity["time"].cast("int64")[1499].as_py()
    fills = result.fills.slice(0, sum(time < ends for time in result.fills["time"].cast("int64").to_pylist()))
    half = replace(
        result, status="interrupted", equity=result.equity.slice(0, 1500), trades=result.trades.slice(0, 10), fills=fills
    )
    text = text_of(report_page(half, None, Market(market.bars, market.values)))
    assert "interrupted" in text
    assert "1,500 bars of 1d" in text


def test_two_pages_of_one_run_are_the_same(example_runs):
    folder = example_runs("breakout")
    result, market = tradekit.read_result(folder), tradekit.read_market(folder)
    first, second = (report_page(result, None, Market(market.bars, market.values)) for _ in range(2))
    assert first == second


def test_texts_of_a_run_are_no_markup(tmp_path):
    result = ran(tmp_path, {"<b>&": series(walk(80))}, {5: 1.0, 20: 0.0})
    page = report_page(replace(result, name="<script>alert(1)</script>", notes=("<img src=x>",)))
    assert "<script>alert" not in page
    assert "<img" not in page
    assert "<b>&" not in page.replace("&lt;b&gt;&amp;", "")


def test_page_lists_only_the_newest_trades_where_there_are_more_and_says_so(paged):
    page = paged("quickstart", PageOptions.model_validate({"trades": 20}))[0].read_text("utf-8")
    assert "The list has the newest 20 of 62 (option trades)." in page


def test_most_traded_instruments_are_charted_and_the_others_are_counted(paged):
    page = paged("momentum", PageOptions.model_validate({"instruments": 2}))[0].read_text("utf-8")
    assert 'id="data-market-1"' in page
    assert 'id="data-market-2"' not in page
    assert "2 of 6 instruments have a chart, those that were traded most" in page


@pytest.mark.parametrize("room", [20_000, 60_000, 200_000])
def test_price_chart_keeps_to_its_room(example_runs, room):
    folder = example_runs("quickstart")
    result, market = tradekit.read_result(folder), tradekit.read_market(folder)
    (made,) = charted_market(result, Market(market.bars, market.values), ["BTC/USDT"], room)
    assert len(made.text) <= 1.1 * room
    assert made.step > 1
    assert 0.0 <= made.fine < 1.0
