"""What is measured, against what, and what it must come to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from market import csv_bars, daily_bars, minute_bars, no_bars, recording, second_bars, stored_bars, trades
from peers import BACKTESTING, BACKTRADER, HFTBACKTEST, NAUTILUS, PANDAS, POLARS, VECTORBT, Peer

__all__ = ["COMPARISONS", "Comparison"]

MILLION = 1_000_000


@dataclass(frozen=True)
class Comparison:
    """One row of the table.

    With a `peer`, both scripts time the same work on the same file, and the figure is how many times as fast ours is. Without
    one, our script measures the figure itself, and less is better.
    """

    name: str
    work: str
    against: str
    """What stands beside the work in the table; of a peer, what its time holds besides the simulation."""
    data: Callable[[Path], Path]
    """Makes the bars in a folder, if they are not there, and returns the file."""
    script: str
    target: float
    unit: str = "times as fast"
    peer: Peer | None = None
    peer_script: str = ""
    tolerance: float = 1e-9
    """By which part of itself what both sides must agree on may differ."""
    is_more_better: bool = False
    """Of a figure that our script measures itself."""

    @property
    def is_ratio(self) -> bool:
        """Say whether more is better."""
        return self.peer is not None or self.is_more_better


_minutes = partial(minute_bars, count=MILLION)
_short = partial(minute_bars, count=MILLION // 10)
_stored = partial(stored_bars, count=MILLION)
_days = partial(daily_bars, instruments=500, count=5_000)
_csv = partial(csv_bars, count=MILLION)
_trades = partial(trades, count=4 * MILLION)
_recording = partial(recording, times=5)
_EVENT = "event form: a crossover decided in a Python `on_bar`, 1 instrument, 1,000,000 bars"
_ARRAY = "array form: the orders of the same signals, 1 instrument, 1,000,000 bars"
_TRADE_BARS = "bars of a minute out of 4,000,000 trades, 5 to a bar"
_IMPORT = "1,000,000 bars from a CSV file into a store, by `tradekit data import`"
_RESAMPLE = "bars of an hour out of 1,000,000 of a minute"
_TICK = "live: our part of the way from a bar's message to the order's bytes, ten bars a second, through ccxt, at a local exchange"
_PORTFOLIO = "array form: 500 instruments that share cash, 5,000 daily bars, rebalanced each month"

COMPARISONS = (
    Comparison(
        "event-backtesting",
        _EVENT,
        "statistics on both sides",
        _minutes,
        "event_tradekit.py",
        30.0,
        peer=BACKTESTING,
        peer_script="event_backtesting.py",
    ),
    Comparison(
        "event-backtrader",
        _EVENT,
        "its default observers (equity, cash, trades), no statistics",
        _minutes,
        "event_tradekit.py",
        300.0,
        peer=BACKTRADER,
        peer_script="event_backtrader.py",
    ),
    Comparison(
        "event-nautilus",
        _EVENT,
        "its analysis of the results switched off",
        _minutes,
        "event_tradekit.py",
        150.0,
        peer=NAUTILUS,
        peer_script="event_nautilus.py",
    ),
    Comparison(
        "array-vectorbt",
        _ARRAY,
        "`from_signals`, equity and total return, its Rust engine where it has one",
        _minutes,
        "array_tradekit.py",
        30.0,
        peer=VECTORBT,
        peer_script="array_vectorbt.py",
    ),
    Comparison(
        "portfolio-vectorbt",
        _PORTFOLIO,
        "`from_orders`, equity and total return, its Rust engine where it has one",
        _days,
        "array_tradekit.py",
        5.0,
        peer=VECTORBT,
        peer_script="portfolio_vectorbt.py",
    ),
    Comparison(
        "sweep-vectorbt",
        "sweep of 1,000 pairs of windows, 1 instrument, 100,000 bars, on one thread",
        "windows broadcast to columns, `from_signals`, total returns; ours has 20 figures of each trial, and keeps them as it goes",
        _short,
        "sweep_tradekit.py",
        10.0,
        peer=VECTORBT,
        peer_script="sweep_vectorbt.py",
        tolerance=1e-4,  # where two averages are equal but for rounding, one side sees a crossing and the other none
    ),
    Comparison(
        "sweep-threads",
        "the same sweep on two threads, by the clock",
        "on one; two cores that nothing else uses",
        _short,
        "sweep_threads.py",
        1.6,
        "times as fast",
        is_more_better=True,
    ),
    Comparison(
        "loop",
        "compiled loop with nothing to do, 1,000,000 bars",
        "one NumPy `sum` over each of the same five arrays",
        _minutes,
        "loop.py",
        6.0,
        "times as long",
    ),
    Comparison("order", "one order through two limits, matching and accounting, compiled", "", _minutes, "order.py", 300.0, "ns"),
    Comparison(
        "rules",
        "what three risk rules in Python add to an order, event form",
        "",
        _short,
        "rules.py",
        10.0,
        "µs",
    ),
    Comparison(
        "bar-to-send",
        "live: our part of an order again and again, from a bar to the executor's call: strategy, two limits, journal",
        "its usual durability: it outlives the death of the process",
        partial(minute_bars, count=MILLION // 50),
        "bar_to_send.py",
        300.0,
        "µs",
    ),
    Comparison(
        "tick-to-order",
        _TICK,
        "its usual durability: it outlives the death of the process",
        partial(second_bars, count=MILLION // 50),
        "order_process.py",
        300.0,
        "µs",
    ),
    Comparison(
        "tick-to-order-full",
        _TICK,
        "full durability: it outlives the death of the machine",
        partial(second_bars, count=MILLION // 50),
        "order_full.py",
        300.0,
        "µs",
    ),
    Comparison(
        "memory",
        "most memory that a compiled run of the crossover has, 1,000,000 bars",
        "the arrays of the bars; indicators and targets not counted",
        _minutes,
        "memory.py",
        0.2,
        "of them",
    ),
    Comparison(
        "memory-portfolio",
        "the same for 500 instruments, 5,000 daily bars, rebalanced each month",
        "the arrays of the bars; targets not counted",
        _days,
        "memory.py",
        0.2,
        "of them",
    ),
    Comparison(
        "memory-streamed",
        "most memory of a streamed run over 60 months of minutes, from a store",
        "the same run over one month",
        partial(stored_bars, count=2_630_880),
        "streamed.py",
        1.5,
        "of it",
    ),
    Comparison(
        "import-pandas",
        _IMPORT,
        "`read_csv` with the times parsed, and `to_parquet`, compressed alike; neither hashes nor checks",
        _csv,
        "import_tradekit.py",
        0.5,
        peer=PANDAS,
        peer_script="import_pandas.py",
    ),
    Comparison(
        "import-polars",
        _IMPORT,
        "`read_csv` with the times parsed, and `write_parquet`, compressed alike; neither hashes nor checks",
        _csv,
        "import_tradekit.py",
        0.2,
        peer=POLARS,
        peer_script="import_polars.py",
    ),
    Comparison(
        "read-pandas",
        "1,000,000 bars from a store's cache into the engine's arrays, checked",
        "the same Parquet files into a frame",
        _stored,
        "stored_warm.py",
        3.0,
        peer=PANDAS,
        peer_script="parquet_pandas.py",
    ),
    Comparison(
        "read-polars",
        "1,000,000 bars from a store's cache into the engine's arrays, checked",
        "the same Parquet files into a frame",
        _stored,
        "stored_warm.py",
        1.0,
        peer=POLARS,
        peer_script="parquet_polars.py",
    ),
    Comparison(
        "read-cold-pandas",
        "1,000,000 bars from a store's Parquet files into the engine's arrays, checked",
        "the same Parquet files into a frame",
        _stored,
        "stored_cold.py",
        0.5,
        peer=PANDAS,
        peer_script="parquet_pandas.py",
    ),
    Comparison(
        "trade-bars-pandas",
        _TRADE_BARS,
        "`resample().ohlc()`, the sum of sizes and `dropna`; its frame is made before",
        _trades,
        "trade_bars_tradekit.py",
        10.0,
        peer=PANDAS,
        peer_script="trade_bars_pandas.py",
    ),
    Comparison(
        "trade-bars-polars",
        _TRADE_BARS,
        "`group_by_dynamic`; its frame is made before",
        _trades,
        "trade_bars_tradekit.py",
        2.0,
        peer=POLARS,
        peer_script="trade_bars_polars.py",
    ),
    Comparison(
        "resample-pandas",
        _RESAMPLE,
        "`resample().agg()` and `dropna`; its frame is made before",
        _minutes,
        "resample_tradekit.py",
        3.0,
        peer=PANDAS,
        peer_script="resample_pandas.py",
    ),
    Comparison(
        "resample-polars",
        _RESAMPLE,
        "`group_by_dynamic`; its frame is made before",
        _minutes,
        "resample_tradekit.py",
        1.0,
        peer=POLARS,
        peer_script="resample_polars.py",
    ),
    Comparison(
        "book-hftbacktest",
        "a recorded order book and its trades, 6 minutes 5 times over, without an order",
        "its vector of price levels; statistics and tables on neither side",
        _recording,
        "book_tradekit.py",
        1.0,
        peer=HFTBACKTEST,
        peer_script="book_hftbacktest.py",
    ),
    Comparison(
        "quoting-hftbacktest",
        "the same, quoting both sides every 100 ms, decided in a Python `on_timer`",
        "decided in a function that Numba compiles",
        _recording,
        "quoting_tradekit.py",
        1.0,
        peer=HFTBACKTEST,
        peer_script="quoting_hftbacktest.py",
    ),
    Comparison(
        "ticks-called",
        "a trade or a quote handed to a Python `on_trade` or `on_quote`",
        "",
        _recording,
        "ticks_called.py",
        10.0,
        "µs",
    ),
    Comparison("ticks-quiet", "a trade or a quote that nobody is called for", "", _recording, "ticks_quiet.py", 1.0, "µs"),
    Comparison(
        "features-batch",
        "50 features for a model, of 100,000 bars of a minute, in one matrix",
        "",
        _short,
        "features_batch.py",
        2.0,
        "s",
    ),
    Comparison("ml-year", "a year of hours on ten instruments, trained each month", "", _short, "ml_year.py", 600.0, "s"),
    Comparison(
        "audit-write",
        "a record of a decision into an audit log, not synchronised",
        "10,000 a second",
        _short,
        "audit_write.py",
        100.0,
        "µs",
    ),
    Comparison(
        "replay",
        "`tradekit replay`: a paper run of 20,000 bars with an order on each, read, decided again and compared",
        "10,000 decisions a second",
        _short,
        "replay.py",
        10_000.0,
        "a second",
        is_more_better=True,
    ),
    Comparison(
        "audit-verify",
        "verifying a record of an audit log, at level L0",
        "20,000 a second",
        _short,
        "audit_verify.py",
        50.0,
        "µs",
    ),
    Comparison(
        "audit-backtest",
        "the crossover in event form with an audit log, 100,000 bars, result and folder included",
        "the same run without one",
        _short,
        "audit_backtest.py",
        3.0,
        "times as long",
    ),
    Comparison(
        "predict-row",
        "a row of 50 features answered by 200 trees of LightGBM, bit for bit as in a batch",
        "",
        no_bars,
        "predict_row.py",
        25.0,
        "µs",
    ),
    Comparison(
        "predict-ratio",
        "the same, against LightGBM's own `Booster.predict` of a row",
        "the same model, one thread on both sides, the same bits",
        no_bars,
        "predict_ratio.py",
        2.0,
        is_more_better=True,
    ),
)
"""In the order of the table."""
