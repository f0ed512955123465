"""The public API: what it holds, that its types are told, and that it costs nothing to import."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import tradekit

PUBLIC = """
    Abilities Account ActionKind Actions BarRequest Bars BookUpdates Bracket CashKind CombinatorialSplits ComponentUse
    ConfigError Context CostKind CostModel CostTerm DEFINITIONS DataError DataKey DataSource Definition Depth
    Drawdowns Event EventKind Executor Extension Field FileLock Fill FillRules FundingRates Holdings Indicator
    Instrument Intent Keys LabelSplit Limit LimitKind LiveBar LockedError NamedSource Options Order OrderError
    OrderKind OrderRefused OrderStatus OutsideNote Paging Periods PluginError Position Quote Quotes Reason Reconnected
    Replay Replayed Reporter Result RiskRule RunDifferences RunError RunInputs RunMarket RunStart Search Series
    Snapshot SnapshotCheck Step Store StoreView Strategy StrategyError StreamBars SweepResult TableColumns
    TableOptions TableSource Terms Threshold Trade TradekitError Trades Trail UNFINISHED Values VenueError VenueFill
    VenueOrder VenuePayment Verdict VerdictKind View __version__ align atr bar bars_of_trades benchmark_metrics
    bollinger check_snapshot coarser_bars column_values combinatorial_purged compare_results donchian drawdowns ema
    extensions find_extension find_indicator find_run highest hookimpl indicator_values interval_text list_symbols
    lowest macd obv open_source periods publish_file publish_folder purged_k_fold purged_walk_forward read_actions
    read_book read_funding read_keys read_market read_quotes read_result read_run read_series read_trades
    recorded_snapshot replay rma roc rsi run sma statistics stdev steps sweep sync_folder take_snapshot trade_number
    vwap wma
"""
KERNEL = Path(tradekit.__file__).parent


def fresh(code: str) -> str:
    """Return what a new interpreter prints when it runs `code`."""
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip()


def test_public_names_are_pinned() -> None:
    assert sorted(tradekit.__all__) == PUBLIC.split()


def test_public_names_all_exist_in_their_homes() -> None:
    for name in tradekit.__all__:
        assert getattr(tradekit, name) is not None


def test_public_names_are_public_in_their_homes() -> None:
    for home, names in tradekit._HOMES.items():
        if home.startswith("tradekit."):
            assert set(names.split()) <= set(importlib.import_module(home).__all__), home


def test_stub_gives_each_name_from_the_home_that_it_is_loaded_from() -> None:
    stub = ast.parse((KERNEL / "__init__.pyi").read_text("utf-8"))
    told = {(node.module, alias.asname) for node in stub.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    loaded = {(home, name) for home, names in tradekit._HOMES.items() for name in names.split()}
    modules = {(home.rpartition(".")[0], name) for name, home in tradekit._MODULES.items()}
    assert told == loaded | modules


def test_unknown_name_is_an_attribute_error_that_names_it() -> None:
    with pytest.raises(AttributeError, match=r"^module 'tradekit' has no attribute 'Barz'$"):
        _ = tradekit.Barz  # type: ignore[attr-defined]


def test_dir_lists_the_public_names() -> None:
    assert dir(tradekit) == sorted(tradekit.__all__)


def test_import_of_tradekit_loads_only_the_standard_library() -> None:
    code = """
import sys
before = set(sys.modules)
import tradekit
print(*sorted({name.partition(".")[0] for name in set(sys.modules) - before} - sys.stdlib_module_names))
"""
    assert fresh(code) == "tradekit"


def test_public_names_and_builtins_load_no_heavy_library() -> None:
    code = """
import importlib, sys, tradekit
for name in tradekit.__all__:
    getattr(tradekit, name)
importlib.import_module("tradekit.builtin.hooks")
print(*sorted({"pandas", "pyarrow", "rich", "scipy"} & set(sys.modules)))
"""
    assert fresh(code) == ""
