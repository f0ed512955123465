"""What a run makes of the quality of its data: refusals, waivers, scores, and bars that are made up."""

import numpy as np
import pytest

from tradekit import DataError, DataKey, Store, Strategy, Trades
from tradekit.engine.compose import compose_file
from tradekit.engine.inspection import inspect_run
from tradekit.engine.run import make_ready

JUMP = [100.0 + (day % 3) for day in range(20)] + [50.0 + (day % 3) / 2 for day in range(20)]
OPENS = {"open": JUMP}
WAIVE = "data.quality.waive=[{check='split-like-jump', instrument='X', reason='seen'}]"


class BuyEachDay(Strategy):
    """Buy ten units at each close."""

    name = "buy-each-day"

    def on_bar(self, ctx):
        for view in ctx.instruments:
            view.buy(10)


def test_run_refuses_a_jump_like_a_split_and_goes_on_if_it_is_waived(lab):
    lab.give(JUMP, **OPENS)
    with pytest.raises(DataError, match=r"1 bar after a jump like a split that nothing explains \(1:2\), at 2020-01-21"):
        lab.ready("buy-and-hold")
    result = lab.run("buy-and-hold", WAIVE).result
    (note,) = (note for note in result.notes if "waived" in note)
    assert note.endswith("at 2020-01-21T00:00:00Z (waived, check = 'split-like-jump': seen)")
    (finding,) = result.data[0]["findings"]
    assert (finding["verdict"], finding["reason"], finding["at"]) == ("waived", "seen", ["2020-01-21T00:00:00Z"])
    assert result.data[0]["quality"] == 100
    assert result.config["data"]["quality"]["waive"][0]["check"] == "split-like-jump"


def test_run_tells_a_waiver_that_has_nothing_to_waive(lab):
    lab.give([100.0, 101.0, 102.0])
    market = lab.ready("buy-and-hold", "data.quality.waive=[{check='outlier'}, {check='stale', instrument='X'}]").market
    assert market.notes == (
        "The data have nothing to waive for check = 'outlier'.",
        "The data of X have nothing to waive for check = 'stale'.",
    )


def test_run_takes_a_split_for_what_it_is(lab):
    from tradekit import Actions

    lab.give(JUMP, **OPENS)
    opened = lab.series["X"].open_time
    lab.known["actions"] = {"X": Actions(opened[[20]], np.array([0], np.int32), np.array([2.0]))}
    assert lab.ready("buy-and-hold").market.facts[0]["findings"] == []


def test_run_with_too_little_quality_is_refused(lab):
    lab.give([100.0 + row % 5 for row in range(40)], rows=[*range(20), *range(25, 45)])
    lab.ready("buy-and-hold", "data.quality.min_quality=88")
    with pytest.raises(DataError, match=r"is 88.88 of 100, below .* 89\n  5 bars of 1d missing in 1 gap"):
        lab.ready("buy-and-hold", "data.quality.min_quality=89")


def test_run_notes_gaps_and_leaves_them_by_default(lab):
    lab.give([100.0 + row % 5 for row in range(40)], rows=[*range(20), *range(25, 45)])
    market = lab.ready("buy-and-hold").market
    assert len(market.bars) == 40
    (note,) = market.notes
    assert note.startswith(
        "X: the quality of its data is 88.88 of 100: 5 bars of 1d missing in 1 gap, the longest of 5 bars before "
    )
    with pytest.raises(DataError, match=r"\[data.policy\] gaps = 'hole' or 'fill' or 'interpolate'"):
        lab.ready("buy-and-hold", "data.policy.gaps='refuse'")


@pytest.mark.parametrize(("how", "said"), [("fill", "made of the close before"), ("interpolate", "which looks ahead")])
def test_run_with_bars_that_were_made_up_marks_and_counts_them(lab, how, said):
    lab.give([100.0 + row % 5 for row in range(40)], rows=[*range(20), *range(25, 45)])
    market = lab.ready("buy-and-hold", f"data.policy.gaps={how!r}").market
    assert len(market.bars) == 45
    assert market.facts[0]["made"] == [["2020-01-21T00:00:00Z", "2020-01-25T00:00:00Z", 5]]
    assert market.facts[0]["quality"] == 88.88
    (note,) = market.notes
    assert said in note
    assert note.startswith("X: 5 bars of 1d missing in 1 gap")
    assert note.endswith(f"with volume 0 (policy gaps = {how!r})")


def test_filled_bars_have_no_volume_so_that_a_share_of_it_fills_nothing(lab):
    lab.give([100.0] * 3 + [101.0] * 27, rows=[*range(10), *range(14, 34)])
    filled = lab.run(BuyEachDay, "account.capital=1e6", "data.policy.gaps='fill'").result
    times = {str(time)[:10] for time in filled.fills["time"].to_pylist()}
    assert len(filled.equity) == 34
    assert {f"2020-01-{day}" for day in range(11, 15)}.isdisjoint(times)
    assert {"2020-01-10", "2020-01-15"} <= times
    free = lab.run(BuyEachDay, "account.capital=1e6", "data.policy.gaps='fill'", "execution.participation='none'").result
    assert "2020-01-12" in {str(time)[:10] for time in free.fills["time"].to_pylist()}


def test_bars_that_a_policy_drops_are_filled_like_any_others(lab):
    lab.give([100.0 + row % 5 for row in range(40)], high=[200.0] * 10 + [1.0] + [200.0] * 29)
    market = lab.ready("buy-and-hold", "data.policy.ohlc='drop'", "data.policy.gaps='fill'").market
    assert (len(market.bars), market.facts[0]["made"]) == (40, [["2020-01-11T00:00:00Z", "2020-01-11T00:00:00Z", 1]])
    dropped = lab.ready("buy-and-hold", "data.policy.ohlc='drop'").market
    assert (len(dropped.bars), [one["check"] for one in dropped.facts[0]["findings"]]) == (39, ["ohlc"])


def test_inspection_refuses_nothing_and_tells_all(lab):
    lab.give(JUMP, open=JUMP, high=[*JUMP[:30], 1.0, *JUMP[31:]])
    (report,) = inspect_run(lab.compose("buy-and-hold"), "bars")
    assert {one.check: one.verdict for one in report.findings} == {"ohlc": "refused", "split-like-jump": "refused"}
    with pytest.raises(DataError, match="the data source 'memory' has no quotes of 'X'"):
        list(inspect_run(lab.compose("buy-and-hold"), "quotes"))


def numbered(numbers):
    """Return trades, a second apart, with these numbers."""
    count = len(numbers)
    time = np.datetime64("2024-01-01", "ns").astype(np.int64) + 10**9 * np.arange(count)
    return Trades(time, 100.0 + np.arange(count) % 3, np.ones(count), "ticks.csv", number=np.array(numbers))


TWICE = numbered([*range(1, 200), 7, *range(200, 300)])
RUN = """\
risk = []
[run]
name = "ticks"
[account]
currency = "USD"
capital = 1000
[data]
source = "store"
path = "STORE"
instruments = ["X"]
interval = "10s"
[strategy]
name = "buy-and-hold"
[execution]
costs = []
"""


@pytest.mark.parametrize("how", [("data.interval='10 trades'",), ("data.interval=1d", "data.fill_interval=trades")])
def test_run_holds_trades_that_it_reads_to_the_checks(lab, how):
    lab.give([100.0 + day % 3 for day in range(9)], start="2023-12-30")
    lab.known["trades"] = {"X": TWICE}
    with pytest.raises(DataError, match=r"the trades of 'X' from 'ticks.csv' are refused\n  1 trade with the number of another"):
        lab.ready("buy-and-hold", *how)
    market = lab.ready("buy-and-hold", *how, "data.quality.waive=[{check='number-twice', reason='known'}]").market
    assert [note for note in market.notes if "waived" in note] == [
        "X trades: 1 trade with the number of another, at 2024-01-01T00:03:19Z (waived, check = 'number-twice': known)"
    ]
    found = market.facts[0]["finer" if len(how) == 2 else "trades"]["findings"]
    assert [(finding["check"], finding["verdict"]) for finding in found] == [("number-twice", "waived"), ("number-gaps", "noted")]
    assert "X: the quality of its trades is 99.66 of 100: 1 trade before which numbers are skipped, 192 in all" in " ".join(
        market.notes
    )


@pytest.mark.parametrize(
    "more", [(), ("data.stream=true", "run.start=2024-01-01", "run.end=2024-01-02"), ("data.interval='10 trades'",)]
)
def test_run_on_bars_that_a_store_makes_of_trades_holds_these_to_the_checks(tmp_path, more):
    Store(tmp_path / "store").create(DataKey("lab", "X", "trades")).put(TWICE, "test", "import")
    file = tmp_path / "run.toml"
    file.write_text(RUN.replace("STORE", (tmp_path / "store").as_posix()))
    with pytest.raises(DataError, match=r"the trades of 'X' from 'lab trades, revision 1' are refused"):
        make_ready(compose_file(file, more))
    waived = compose_file(file, [*more, "data.quality.waive=[{check='number-twice'}]"])
    fact = make_ready(waived).market.facts[0]
    assert [finding["check"] for finding in fact["trades"]["findings"]] == ["number-twice", "number-gaps"]
    assert fact["trades"]["rows"] >= 290
    names = [report.name for report in inspect_run(compose_file(file, more), "bars", None)]
    assert names == ["X", "X trades"]


def test_run_holds_finer_bars_to_the_checks_of_its_bars(tmp_path):
    for name, step, count in (("days", "1D", 20), ("hours", "12h", 40)):
        price = np.full(count, 100.0) + np.arange(count) % 3
        if name == "hours":
            price[20:] /= 2
        times = np.datetime64("2024-01-01", "m") + np.arange(count) * (1440 if step == "1D" else 720)
        rows = [f"{time},{close},{close + 0.1},{close - 0.1},{close},9" for time, close in zip(times, price, strict=True)]
        (tmp_path / f"{name}.csv").write_text("\n".join(["time,open,high,low,close,volume", *rows]) + "\n")
    table = 'source = "csv"\npath = "days.csv"\nintervals = { 12h = "hours.csv" }\nfill_interval = "12h"\n'
    file = tmp_path / "run.toml"
    text = RUN.replace('source = "store"\npath = "STORE"\n', table).replace('"10s"', '"1d"')
    file.write_text(text)
    with pytest.raises(DataError, match=r"the finer bars of 'X' from .*hours.csv' are refused\n  1 bar after a jump like a split"):
        make_ready(compose_file(file))
    market = make_ready(compose_file(file, ["data.quality.waive=[{check='split-like-jump'}]"])).market
    assert [finding["verdict"] for finding in market.facts[0]["finer"]["findings"]] == ["waived"]
    assert market.facts[0]["findings"] == []
    assert [(report.name, report.score < 100) for report in inspect_run(compose_file(file), "bars", None)] == [
        ("X", False),
        ("X finer bars", True),
    ]
