import json
import subprocess
import sys

import numpy as np
import pyarrow.parquet as pq
import pytest

from tradekit import ConfigError, Field, Options, RunError, Search, Strategy, StrategyError
from tradekit.engine.sweep import workers
from tradekit.engine.sweep.params import as_param
from tradekit.engine.sweep.run import begin
from tradekit.engine.sweep.search import plan_search
from tradekit.engine.trials import read_trials
from tradekit.testing import markets

GRID = {"strategy.fast": range(2, 6), "strategy.slow": range(4, 13, 2)}


class Weighted(Strategy):
    """Hold a part, on every other bar."""

    name = "weighted"

    class Options(Options):
        weight: float = Field(0.5, gt=0, description="part of equity")
        mode: str = Field("odd", description="odd or even")
        fails_at: float = Field(9.0, description="the weight at which it fails")

    def targets(self, bars, ind):
        if self.options.weight >= self.options.fails_at:
            raise ValueError("too heavy")
        return np.where(
            ind.ready & (np.arange(len(bars)) % 2 == (self.options.mode == "odd"))[:, np.newaxis], self.options.weight, 0.0
        )


class Peeks(Strategy):
    """Hold what will have risen, where it is told to."""

    name = "peeks"

    class Options(Options):
        ahead: int = Field(0, ge=0, description="bars")

    def targets(self, bars, ind):
        later = np.roll(bars.close, -self.options.ahead, axis=0)
        return np.where(ind.ready, np.where(later > bars.open, 0.9, 0.0), np.nan)


@pytest.fixture
def market(lab):
    lab.series["X"] = markets.walk(300, volatility=0.02)
    return lab


def made(lab, strategy, params, search=None, *overrides):
    composed = lab.compose(strategy, *overrides)
    planned = plan_search(search or Search(), [as_param(key, values) for key, values in params.items()])
    return begin(composed.run_file.document, planned, lab.registry(strategy))


def swept(lab, strategy, params, search=None, *overrides, workers=2):
    return made(lab, strategy, params, search, *overrides).run(lab.runs, workers)


def test_trials_have_the_figures_of_runs_with_their_settings(market):
    result = swept(market, "sma-cross", GRID)
    for outcome in result.ranked[::4]:
        run = market.run("sma-cross", *(f"{name}={value}" for name, value in outcome.values.items())).result
        for key, value in outcome.figures.items():
            assert value == run.metrics[key], key


def test_event_form_has_the_same_figures(market):
    first = swept(market, "sma-cross", GRID)
    second = swept(market, "sma-cross", GRID, None, "execution.driver='event'")
    assert first.folder != second.folder
    assert [outcome.figures for outcome in first.outcomes] == [outcome.figures for outcome in second.outcomes]


def test_what_cannot_be_run_is_reported_and_not_counted(market):
    result = swept(market, "sma-cross", GRID)
    invalid = [outcome for outcome in result.outcomes if outcome.status == "invalid"]
    assert [tuple(outcome.values.values()) for outcome in invalid] == [(4, 4), (5, 4)]
    assert "fast must be less than slow, and 4 is not less than 4" in invalid[0].error
    entries, _ = read_trials(market.runs / "trials.jsonl")
    assert len(entries) == 18
    assert {entry["sweep"] for entry in entries} == {result.folder.name}


def test_best_is_the_first_of_the_ranked(market):
    result = swept(market, "sma-cross", GRID, Search(by="max_drawdown"))
    figures = [outcome.figures["max_drawdown"] for outcome in result.ranked]
    assert figures == sorted(figures)
    assert result.best is result.ranked[0]


def test_neighbours_are_a_step_away_in_every_setting(market):
    result = swept(market, "sma-cross", GRID)
    at = next(outcome for outcome in result.outcomes if tuple(outcome.values.values()) == (4, 6))
    near = result.neighbours(at)
    assert (near.count, near.without) == (6, 2)
    around = [
        outcome.figures["sharpe"]
        for outcome in result.outcomes
        if outcome is not at
        and outcome.status == "done"
        and outcome.values["strategy.fast"] >= 3
        and outcome.values["strategy.slow"] <= 8
    ]
    assert (near.lowest, near.highest, near.median) == (min(around), max(around), np.median(around))


def test_table_is_kept_and_the_same_whatever_does_the_work(market, tmp_path):
    first = swept(market, "sma-cross", GRID, workers=1)
    content = (first.folder / "trials.parquet").read_bytes()
    market.runs = tmp_path / "others"
    second = swept(market, "sma-cross", GRID, workers=4)
    assert (second.folder / "trials.parquet").read_bytes() == content
    table = pq.read_table(first.folder / "trials.parquet", use_threads=False)
    assert table.column_names[:4] == ["trial", "status", "strategy.fast", "strategy.slow"]
    assert table["trial"].to_pylist() == list(range(1, 21))
    kept = json.loads((first.folder / "sweep.json").read_text())
    assert (kept["status"], kept["trials"]) == ("done", {"done": 18, "invalid": 2, "failed": 0})
    assert kept["best"]["trial"] == first.best.number


def test_same_sweep_again_tries_nothing_anew(market):
    first = swept(market, "sma-cross", GRID)
    before = (market.runs / "trials.jsonl").read_bytes()
    again = swept(market, "sma-cross", GRID)
    assert again.kept_before == len(again.outcomes) == 20
    assert again.outcomes == first.outcomes
    assert (market.runs / "trials.jsonl").read_bytes() == before


def test_sweep_on_other_data_or_of_other_code_is_another_one(market, monkeypatch):
    first = swept(market, "sma-cross", {"strategy.fast": [2, 3]})
    monkeypatch.setattr("tradekit.engine.sweep.run.code_hash", lambda composed: "changed")
    second = swept(market, "sma-cross", {"strategy.fast": [2, 3]})
    market.series["X"] = markets.walk(301, volatility=0.02)
    third = swept(market, "sma-cross", {"strategy.fast": [2, 3]})
    assert len({first.folder, second.folder, third.folder}) == 3
    # Trials are numbered by the order of what is varied.
    orders = ({"strategy.fast": [2], "strategy.slow": [9]}, {"strategy.slow": [9], "strategy.fast": [2]})
    assert len({swept(market, "sma-cross", order).folder for order in orders}) == 2
    assert third.kept_before == 0


def test_failed_trials_are_told_beside_the_others(market):
    result = swept(market, Weighted, {"strategy.weight": "0.2:0.8:0.2"}, None, "strategy.fails_at=0.7")
    assert [outcome.status for outcome in result.outcomes] == ["done", "done", "done", "failed"]
    assert "targets() of strategy 'weighted' raised ValueError: too heavy" in result.first_error("failed")
    assert [entry["status"] for entry in read_trials(market.runs / "trials.jsonl")[0]].count("failed") == 1


def test_sweep_of_which_nothing_can_be_run_is_an_error(market):
    with pytest.raises(
        ConfigError, match=r"none of the 2 trials could be run; the first: .*strategy\.weight must be greater than 0"
    ):
        swept(market, Weighted, {"strategy.weight": [-1.0, 0.0]})


def test_sweep_of_which_everything_fails_is_an_error(market):
    with pytest.raises(RunError, match="none of the 2 trials could be finished; the first: targets"):
        swept(market, Weighted, {"strategy.weight": [9.5, 10.0]})


def test_best_trial_is_proven_not_to_look_ahead(market):
    with pytest.raises(StrategyError, match="looks into the future") as raised:
        swept(market, Peeks, {"strategy.ahead": [0, 1]})
    assert "found in trial 2, the best of the sweep in" in raised.value.__notes__[0]


def test_text_true_and_false_can_be_varied(market):
    result = swept(
        market,
        Weighted,
        {"strategy.mode": ["odd", "even"], "risk[0].limit": [0.1, 0.4]},
        None,
        "risk=[{rule='max-weight', limit=0.3}]",
    )
    assert result.count("done") == 4
    assert result.table.schema.field("strategy.mode").type == "string"
    returns = {tuple(outcome.values.values()): outcome.figures["total_return"] for outcome in result.outcomes}
    assert len(set(returns.values())) == 4
    assert result.neighbours(result.outcomes[0]).count == 1


@pytest.mark.parametrize("method", ["random", "optuna"])
def test_search_goes_on_where_it_was_stopped(market, method, monkeypatch):
    if method == "optuna":
        pytest.importorskip("optuna")
    search = Search(method, 12, seed=5)
    varied = {"strategy.weight": "0.2:0.9", "strategy.fast": range(2, 9)}
    whole = swept(market, "sma-cross", varied, search)
    content = (whole.folder / "trials.parquet").read_bytes()
    lines = (whole.folder / "done.jsonl").read_bytes().splitlines(keepends=True)
    (whole.folder / "done.jsonl").write_bytes(b"".join(sorted(lines, key=lambda line: json.loads(line)["number"])[:5]))
    again = swept(market, "sma-cross", varied, search)
    assert again.kept_before == 5
    assert again.outcomes == whole.outcomes
    assert (again.folder / "trials.parquet").read_bytes() == content


@pytest.mark.parametrize(
    ("key", "message"),
    [
        (
            "strategy.fats",
            "--param strategy.fats is no setting of this run; did you mean 'strategy.fast'?; its strategy has strategy.fast, ",
        ),
        ("strategy.name", "--param strategy.name names a component, and a sweep varies options only; sweep each one by itself"),
        ("data.interval", "--param data.interval can't be varied, because all trials of a sweep run on the same data and account"),
        ("run.start", "--param run.start can't be varied"),
        ("account.kind", "--param account.kind can't be varied"),
        ("risk[0].limit", "--param risk[0].limit is no setting of this run"),
    ],
)
def test_setting_that_cannot_be_varied_is_refused_before_anything_runs(market, key, message):
    with pytest.raises(ConfigError) as raised:
        made(market, "sma-cross", {key: [1, 2]})
    assert message in str(raised.value)
    assert not market.runs.exists()


def test_streamed_data_and_too_few_workers_are_refused(market):
    with pytest.raises(ConfigError, match=r"memory, and data\.stream is true"):
        made(market, "sma-cross", GRID, None, "data.stream=true", "run.start=2024-02-01", "run.end=2024-03-01")
    with pytest.raises(ConfigError, match="--workers must be at least 1, got 0"):
        swept(market, "sma-cross", GRID, workers=0)


def test_interrupted_sweep_keeps_what_is_done_and_says_so(market, monkeypatch):
    monkeypatch.setattr(workers, "_GATHERED_S", 0.0)  # else all of them are done before the first is told
    begun = made(market, "sma-cross", GRID)
    told = []

    def progress(done, total):
        told.append((done, total))
        if done >= 8:
            raise KeyboardInterrupt

    result = begun.run(market.runs, 1, progress)
    assert isinstance(begun.stop, KeyboardInterrupt)
    assert result.is_interrupted
    assert 8 <= len(result.outcomes) < 20
    assert json.loads((result.folder / "sweep.json").read_text())["status"] == "interrupted"
    assert told[0] == (0, 20)
    assert swept(market, "sma-cross", GRID).kept_before == len(result.outcomes)


RUN_FILE = """
risk = []
[run]
name = "killed"
[account]
currency = "USD"
capital = 10_000
[data]
source = "csv"
{data}
instruments = ["X"]
interval = "1d"
[strategy]
name = "sma-cross"
[execution]
costs = []
"""

KILLED = """
import os, signal, sys
import tradekit
from tradekit.engine.sweep import workers
workers._GATHERED_S = 0.0  # or there is little to write
write, left, WORKERS = os.write, [int(sys.argv[1])], 1 + int(sys.argv[2]) % 2

def killed(descriptor, text):
    left[0] -= 1
    if left[0] == 0:
        write(descriptor, bytes(text)[: int(sys.argv[2]) % len(text)])
        os.kill(os.getpid(), signal.SIGKILL)
    return write(descriptor, text)

os.write = killed
tradekit.sweep(sys.argv[3], {"strategy.slow": "10:40:10", "strategy.fast": "2:9"}, runs=sys.argv[4], workers=WORKERS)
"""

BARS, TRADES = 'path = "x.csv"', 'ticks = ["trades"]\ntrades = { path = "x.csv", columns = { price = "close", size = "volume" } }'
"""Data whose trials are done by threads, and by processes."""


def _write_bars(path, series):
    """Write bars, which trades can be read from too."""
    times = np.datetime_as_string(np.datetime64("2000-01-01") + np.arange(len(series)))
    rows = zip(times, *(getattr(series, name) for name in ("open", "high", "low", "close", "volume")), strict=True)
    lines = ["time,open,high,low,close,volume", *(",".join(map(str, row)) for row in rows)]
    path.write_text("\n".join(lines) + "\n")


def test_sweep_in_processes_of_a_script_without_a_guard_says_what_is_missing(tmp_path):
    # More data than a pipe holds: who writes to a process that is dead already waits for ever.
    _write_bars(tmp_path / "x.csv", markets.walk(4_000))
    (tmp_path / "run.toml").write_text(RUN_FILE.format(data=TRADES))
    (tmp_path / "tried.py").write_text('import tradekit\ntradekit.sweep("run.toml", {"strategy.fast": "2:9"}, workers=1)\n')
    done = subprocess.run([sys.executable, "tried.py"], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 1
    assert "a process that did trials has died" in done.stderr
    assert "a Python script that sweeps needs: if __name__ == '__main__'" in done.stderr


@pytest.mark.proof("sweeps")
def test_sweep_killed_at_random_moments_goes_on_to_the_same_table(market, tmp_path, matrix):
    path = tmp_path / "run.toml"
    _write_bars(tmp_path / "x.csv", market.series["X"])
    command = [sys.executable, "-c", KILLED]
    generator = np.random.default_rng(8)
    tables = set()
    for seed in matrix.seeds(1, 20):
        path.write_text(RUN_FILE.format(data=(BARS, TRADES)[seed % 2]))
        runs = tmp_path / f"runs-{seed}"
        moment, part = int(generator.integers(1, 10)), int(generator.integers(1 << 20))
        for kill in (moment, 10_000):
            done = subprocess.run([*command, str(kill), str(part), path, runs], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        (folder,) = runs.glob("sweep-*")
        tables.add((seed % 2, (folder / "trials.parquet").read_bytes()))
        entries, _ = read_trials(runs / "trials.jsonl")
        assert sorted(entry["trial"] for entry in entries) == list(range(1, 33))
    assert len(tables) == min(matrix.count, 2)
