"""Tell what backtesting.py makes of an equity curve and its trades: its statistics under our names, as JSON."""

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
from backtesting.lib import compute_stats

folder = Path(sys.argv[1]).parent
bars = pd.read_parquet(folder / "bars.parquet").set_index("time")
trades = pd.read_parquet(folder / "trades.parquet")
trades["Duration"] = trades["ExitTime"] - trades["EntryTime"]
curve = pd.DataFrame({"Equity": bars["Equity"]})
stats = pd.Series({"_equity_curve": curve, "_trades": trades, "_strategy": SimpleNamespace()})
found = compute_stats(stats=stats, data=bars[["Open", "High", "Low", "Close"]])
_NAMES = {
    "total_return": ("Return [%]", 0.01),
    "annual_return": ("CAGR [%]", 0.01),
    "annual_volatility": ("Volatility (Ann.) [%]", 0.01),
    "sharpe": ("Sharpe Ratio", 1.0),
    "sortino": ("Sortino Ratio", 1.0),
    "calmar": ("Calmar Ratio", 1.0),
    "max_drawdown": ("Max. Drawdown [%]", -0.01),
    "alpha": ("Alpha [%]", 0.01),
    "beta": ("Beta", 1.0),
    "exposure": ("Exposure Time [%]", 0.01),
    "benchmark_return": ("Buy & Hold Return [%]", 0.01),
    "win_rate": ("Win Rate [%]", 0.01),
    "profit_factor": ("Profit Factor", 1.0),
    "trades": ("# Trades", 1.0),
}
print(json.dumps({ours: float(found[theirs]) * scale for ours, (theirs, scale) in _NAMES.items()}))
