"""Figures of the benchmarks: only from equal work, against their target, and with what has become worse in capitals."""

import importlib
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """`benchmarks/figures.py`, imported as the runner does it, and nothing of it left behind."""
    names = ("figures", "comparisons", "comparison", "market", "peers")
    monkeypatch.syspath_prepend(FOLDER)
    for name in names:
        monkeypatch.delitem(sys.modules, name, raising=False)
    module = importlib.import_module("figures")
    importlib.import_module("comparisons")
    for name in names:
        monkeypatch.setitem(sys.modules, name, sys.modules[name])  # taken out again afterwards
    return module


def of_name(name: str) -> Any:
    return next(one for one in sys.modules["comparisons"].COMPARISONS if one.name == name)


def run(seconds: float, trades: int = 7, **more: float) -> dict[str, float]:
    return {"seconds": seconds, "bars": 100, "trades": trades, **more}


def test_figure_of_two_sides_is_the_ratio_of_their_medians(bench: ModuleType) -> None:
    row = bench.figure(of_name("event-backtrader"), [run(0.1), run(0.9), run(0.2)], [run(60.0), run(70.0), run(10.0)])
    assert (row["peer"], row["figure"], row["target"], row["more_is_better"]) == ("backtrader 1.9.78.123", 300.0, 300.0, True)
    assert row["medians"]["tradekit"] == run(0.2)


def test_figure_with_statistics_is_kept_beside_the_other(bench: ModuleType) -> None:
    ours, theirs = run(0.5, seconds_with_statistics=1.0), run(2.0, seconds_with_statistics=3.0)
    row = bench.figure(of_name("array-vectorbt"), [ours], [theirs])
    assert (row["figure"], row["with_statistics"]) == (4.0, 3.0)


def test_figure_without_a_peer_is_the_median_of_what_the_script_says(bench: ModuleType) -> None:
    row = bench.figure(of_name("order"), [{"figure": 200.0}, {"figure": 900.0}, {"figure": 310.0}])
    assert (row["figure"], row["more_is_better"]) == (310.0, False)


@pytest.mark.parametrize("theirs", [run(1.0, trades=8), {"seconds": 1.0, "bars": 100}, run(1.0, total_return=0.1)])
def test_figure_of_unequal_work_is_refused(bench: ModuleType, theirs: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"^event-nautilus: not the same work, (trades|total_return) differ"):
        bench.figure(of_name("event-nautilus"), [run(0.1)], [theirs])


@pytest.mark.parametrize(
    ("name", "before", "now", "said"),
    [
        ("event-backtesting", 40.0, 35.8, "before: 40; change -10.5%  SLOWER BY MORE THAN A TENTH"),
        ("event-backtesting", 40.0, 36.2, "before: 40; change -9.5%"),
        ("event-backtesting", 40.0, 50.0, "before: 40; change +25.0%"),
        ("order", 270.0, 301.0, "before: 270; change -10.3%  SLOWER BY MORE THAN A TENTH"),
        ("order", 270.0, 280.0, "before: 270; change -3.6%"),
        ("memory", 0.1, 0.2, "before: 0.1; change -50.0%  LARGER BY MORE THAN A TENTH"),
    ],
)
def test_change_says_what_has_become_worse(bench: ModuleType, name: str, before: float, now: float, said: str) -> None:
    comparison = of_name(name)
    row = {"figure": now, "unit": comparison.unit, "more_is_better": comparison.is_ratio}
    assert bench.change(row, {"figure": before}) == said


def test_change_of_something_new_says_so(bench: ModuleType) -> None:
    assert bench.change({"figure": 1.0}, None) == "not measured before"


@pytest.mark.parametrize(
    ("name", "figure", "said"),
    [
        ("event-backtesting", 30.0, "30 times as fast; at least 30 wanted: reached"),
        ("event-backtesting", 29.99, "29.99 times as fast; at least 30 wanted: MISSED"),
        ("rules", 10.0, "10 µs; at most 10 wanted: reached"),
        ("rules", 10.01, "10.01 µs; at most 10 wanted: MISSED"),
    ],
)
def test_verdict_says_whether_the_target_is_reached(bench: ModuleType, name: str, figure: float, said: str) -> None:
    comparison = of_name(name)
    row = {"figure": figure, "unit": comparison.unit, "target": comparison.target, "more_is_better": comparison.is_ratio}
    assert bench.verdict(row) == said


def test_keep_replaces_what_is_new_and_drops_what_is_gone(bench: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "figures.json"
    bench.keep(path, ["a", "b"], {"b": {"figure": 1}, "a": {"figure": 2}})
    bench.keep(path, ["c", "b"], {"c": {"figure": 3}})
    assert list(bench.kept(path).items()) == [("c", {"figure": 3}), ("b", {"figure": 1})]


def test_every_comparison_has_its_scripts_and_a_name_of_its_own(bench: ModuleType) -> None:
    comparisons = sys.modules["comparisons"].COMPARISONS
    scripts = {script for one in comparisons for script in (one.script, one.peer_script) if script}
    shared = {
        "audited.py",
        "composed.py",
        "figures_backtesting.py",  # of report_figures.py, as the next
        "figures_quantstats.py",
        "hftbacktest_book.py",
        "predicted.py",
        "recorded.py",
        "stamped.py",
        "stored.py",
        "swept.py",
        "tick_to_order.py",
    }
    assert scripts | shared == {path.name for path in (FOLDER / "sides").glob("*.py")}
    assert len({one.name for one in comparisons}) == len(comparisons)


def test_figures_that_are_kept_belong_to_comparisons(bench: ModuleType) -> None:
    names = [one.name for one in sys.modules["comparisons"].COMPARISONS]
    kept = list(bench.kept(FOLDER / "figures.json"))
    assert kept == [name for name in names if name in kept]


def test_interpreter_that_is_missing_is_said(bench: ModuleType) -> None:
    peers = sys.modules["peers"]
    with pytest.raises(SystemExit, match=r"^nautilus_trader 1\.231\.0 needs Python 9\.0 or newer"):
        peers.interpreter(replace(peers.NAUTILUS, lowest=(9, 0), below=(9, 9)))


def test_figure_of_memory_stands_beside_that_of_time(bench: ModuleType) -> None:
    row = bench.figure(of_name("sweep-vectorbt"), [run(0.5, peak_bytes=10.0)], [run(10.0, peak_bytes=200.0)])
    assert (row["figure"], row["memory"]) == (20.0, 0.05)
    assert bench.verdict(row) == "20 times as fast; at least 10 wanted: reached; in 0.05 of its memory"


def test_figure_of_our_own_may_be_better_the_larger_it_is(bench: ModuleType) -> None:
    row = bench.figure(of_name("sweep-threads"), [{"figure": 1.7}])
    assert bench.verdict(row) == "1.7 times as fast; at least 1.6 wanted: reached"
