"""A run on live data is held against the backtest on what it was told."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from engine.live.market import Busy, Market
from engine.live.play import MINUTE
from engine.replay.plants import Draws, Flips, on_margin, paying
from engine.replay.recorded import RULES, SYMBOL, Session, only, script
from tradekit import FundingRates, Strategy
from tradekit.builtin import strategies
from tradekit.engine.live.recording import read_recording
from tradekit.engine.replay.funding import funding_of
from tradekit.engine.replay.run import Asked, replay_folder
from tradekit.errors import ConfigError, DataError, RunError

SHIPPED = [
    one
    for one in vars(strategies).values()
    if isinstance(one, type) and issubclass(one, Strategy) and one.__module__ == strategies.__name__
]
CLEAN = [
    (mode, strategy)
    for mode in ("paper", "shadow", "live")
    for strategy in (*SHIPPED, Busy, Draws)
    if (mode, strategy) != ("live", Busy)
]


@pytest.fixture(scope="module")
def paper(tmp_path_factory):
    """A paper run that others replay in their own ways."""
    return Session(tmp_path_factory.mktemp("paper")).record()


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    """A live run of a busy strategy at a venue that trades along the bars, where fills are others than the simulator's."""
    session = Session(tmp_path_factory.mktemp("live"), mode="live", strategy=Busy)
    session.stage.trade_closes = Market(session.stage).run
    return session.record()


@pytest.mark.proof("replay")
def test_replay_of_a_run_of_which_nothing_has_changed_is_equal(tmp_path, matrix):
    for number, (mode, strategy) in enumerate(matrix.some(CLEAN, 3)):
        folder = tmp_path / str(number)
        folder.mkdir()
        found = Session(folder, mode, strategy, {}, minutes=150).record().replay().found
        matrix.tell(f"{mode}: {strategy.name}", "nothing has changed", f"equal: {found.decisions} decisions")
        assert found.is_same, (mode, strategy.name, found.as_json())
        assert found.causes == ()
        assert found.decisions > 0 or strategy.name == "momentum-rotation"  # which moves at the turn of a month


def test_replay_with_the_fills_of_the_venue_takes_the_decisions_of_a_live_run(live):
    found = live.replay()
    assert not found.is_same
    assert found.found.order is not None
    assert [cause.kind for cause in found.found.causes] == ["fill"]
    assert found.with_venue.is_same
    assert found.with_venue.decisions == found.found.decisions > 50
    assert found.with_venue.equity[0] == pytest.approx(found.with_venue.equity[1])
    assert live.replay(fills="venue").is_same


def test_replay_of_a_perpetual_pays_the_funding_that_the_run_was_told(tmp_path):
    session = paying(on_margin(tmp_path), "-0.5", "0.25")
    found = session.replay()
    assert found.is_same
    assert found.found.equity[0] == pytest.approx(found.found.equity[1], abs=1e-9)
    # A source that has rates of the same amounts, up to what a venue rounds, has nothing that is another.
    rates = funding_of(read_recording(session.run)).session[SYMBOL]
    session.stage.source.rates = {SYMBOL: replace(rates, rate=rates.rate + 5e-7, mark=np.full(2, np.nan))}
    found = session.replay(data="scripted")
    assert found.is_same
    assert [one.kind for one in found.changes] == ["fill"]
    # What is due as the last bar closes is told, and not compared.
    due = np.array([*rates.time, read_recording(session.run).end])
    session.stage.source.rates = {SYMBOL: FundingRates(due, np.array([*rates.rate, 0.01]), np.full(3, np.nan))}
    found = session.replay(data="scripted")
    assert found.is_same
    assert [one.kind for one in found.changes] == ["funding", "fill"]
    session.stage.source.rates = {SYMBOL: replace(rates, rate=rates.rate + 5e-6)}
    found = session.replay(data="scripted").found
    assert found.order.order is None
    assert found.order.facts["funding"] == (pytest.approx(-0.5), pytest.approx(-0.501, abs=1e-4))


def test_replay_tells_what_either_side_knew(paper):
    found = paper.replay("strategy.slow=9").found
    assert found.difference.values["close"][0] == found.difference.values["close"][1]
    assert found.difference.values["slow"][0] != found.difference.values["slow"][1]
    assert {"open", "volume", "fast", "equity", "cash", "position"} <= found.difference.values.keys()
    text = json.dumps(paper.replay("risk[0].limit=0.3").as_json())
    assert "max-weight: resize" in text


def test_replay_names_each_of_several_causes_and_none_that_does_not_matter(paper):
    found = paper.replay("risk[0].limit=0.3", "strategy.slow=9", "run.seed=8").found
    assert found.difference.number == 1
    # The average crosses later only, and the seed is asked by nobody: what differs first is the size.
    assert [cause.kind for cause in found.causes] == ["risk"]


def test_replay_of_what_does_not_matter_says_that_it_is_another(paper):
    found = paper.replay("run.seed=8")
    assert found.is_same
    assert [str(change) for change in found.changes] == ["configuration: run.seed was 0, is 8"]


def test_replay_of_two_causes_that_hide_each_other_names_both(paper):
    """Each alone already makes the first order another: both have to be put back."""
    found = paper.replay("risk[0].limit=0.3", "account.capital=20_000").found
    assert sorted(cause.kind for cause in found.causes) == ["configuration", "risk"]


def test_replay_on_the_bars_of_a_file_is_on_those(paper, tmp_path):
    bars = paper.bars
    lines = ["time,open,high,low,close,volume"]
    for row in range(len(bars)):
        values = ",".join(repr(float(getattr(bars, name)[row])) for name in ("open", "high", "low", "close", "volume"))
        lines.append(f"{np.datetime64(int(bars.open_time[row]), 'ns')}Z,{values}")
    path = tmp_path / "bars.csv"
    path.write_text("\n".join(lines) + "\n")
    assert paper.replay(data=str(path)).is_same
    path.write_text("\n".join([*lines[:60], *lines[61:]]) + "\n")
    found = paper.replay(data=str(path))
    assert [str(one).partition(": ")[2] for one in found.bars_changed] == ["not there now"]


def test_replay_warms_up_longer_on_more_bars(paper):
    with pytest.raises(ConfigError, match=r"live.history is 60, and there are 40 bars before .*; --data names a source"):
        paper.replay("live.history=60")
    source = paper.stage.source
    bars = source.script[SYMBOL]
    joined = type(bars)(*_joined(script(60, seed=9), bars))
    source.script = {SYMBOL: joined}
    try:
        assert paper.replay("live.history=60", data="scripted").is_same
    finally:
        source.script = {SYMBOL: bars}


def _joined(earlier, bars):
    shift = int(bars.open_time[0]) - int(earlier.open_time[0]) - len(earlier) * MINUTE
    moved = [earlier.open_time + shift, earlier.close_time + shift]
    rest = ("open", "high", "low", "close", "volume")
    columns = [*moved, *(getattr(earlier, name) for name in rest)]
    return [
        np.concatenate([one, getattr(bars, name)]) for one, name in zip(columns, ("open_time", "close_time", *rest), strict=True)
    ]


def test_replay_on_data_of_another_time_is_refused(paper):
    source, bars = paper.stage.source, paper.stage.source.script
    source.script = {SYMBOL: only(bars[SYMBOL], slice(0, 3))}
    source.script = {SYMBOL: type(bars[SYMBOL])(*_moved(source.script[SYMBOL], -20 * 3_600_000_000_000))}
    try:
        with pytest.raises(DataError, match=r"the data source 'scripted' has no bars from .*, the time of the run"):
            paper.replay(data="scripted")
    finally:
        source.script = bars


def _moved(series, by):
    names = ("open", "high", "low", "close", "volume")
    return [series.open_time + by, series.close_time + by, *(getattr(series, name) for name in names)]


def test_replay_with_another_run_file_takes_its_settings(paper, tmp_path):
    file = tmp_path / "backtest.toml"
    file.write_text(
        '[run]\nname = "other"\n[account]\ncurrency = "USDT"\ncapital = 10_000\n[data]\nsource = "csv"\npath = "x.csv"\n'
        f'interval = "1m"\n[strategy]\nname = "sma-cross"\nfast = 3\nslow = 8\n[execution]\ncosts = []\n{RULES}\n'
    )
    assert paper.replay(file=file).is_same
    file.write_text(file.read_text().replace("slow = 8", "slow = 30"))
    assert [cause.text for cause in paper.replay(file=file).found.causes] == ["strategy.slow was 8, is 30"]
    file.write_text(file.read_text().replace('"1m"', '"5m"'))
    with pytest.raises(ConfigError, match=r"data.interval is '5m', and the run had '1m'; a replay needs the same"):
        paper.replay(file=file)


def test_replay_of_a_session_that_goes_on_begins_with_what_was_taken_over(tmp_path):
    session = Session(tmp_path, mode="paper", strategy=Flips, minutes=21)
    session.record()
    held = session.stage.run
    session.stage.run = lambda *args: held(*args, is_new=True)
    session.record()
    found = session.replay()
    assert found.is_same
    assert found.bars == 21


def test_replay_refuses_what_it_can_not_replay(paper, tmp_path):
    with pytest.raises(ConfigError, match="is a paper run, whose orders no venue has filled; leave the fills out"):
        paper.replay(fills="venue")
    with pytest.raises(ConfigError, match="fills are 'mine'; allowed: 'simulated', 'venue'"):
        paper.replay(fills="mine")


def test_replay_of_a_backtest_is_refused(lab):
    lab.give(np.linspace(100.0, 110.0, 30))
    with pytest.raises(RunError, match="is a backtest, and only paper, shadow and live runs are told their data bar by bar"):
        replay_folder(lab.run("buy-and-hold").folder, Asked())


def test_replay_of_a_folder_without_a_recording_says_how_to_get_one(paper, tmp_path):
    folder = tmp_path / "old"
    shutil.copytree(paper.run, folder)
    from tradekit.engine import folder as folders

    manifest = json.loads((folder / "manifest.json").read_text())
    del manifest["files"]["session.json"]
    manifest["digest"] = folders._digest(manifest)
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(RunError, match=r"has no session.json, because an earlier version .*; go on with its session once"):
        replay_folder(folder, Asked())


def test_replay_of_inputs_that_were_changed_is_refused(paper, tmp_path):
    folder = tmp_path / "changed"
    shutil.copytree(paper.run, folder)
    path = folder / "inputs.jsonl"
    path.write_text(path.read_text().replace('"kind":"row"', '"kind": "row"', 1))
    with pytest.raises(RunError, match="is not what the run wrote: its SHA-256 is another"):
        replay_folder(folder, Asked())
