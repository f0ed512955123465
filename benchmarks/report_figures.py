"""Hold the figures of a report against those that QuantStats and backtesting.py make of the same run.

    python benchmarks/report_figures.py

runs `examples/quickstart.toml`, gives its daily returns, equity and trades to both, and keeps what all three say in
`report_figures.json`, from which the documentation makes its table.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
from peers import BACKTESTING, QUANTSTATS, Peer, environment

import tradekit
from tradekit import Result, column_values, periods, statistics

__all__ = ["KEPT", "our_figures", "quickstart"]

HERE = Path(__file__).parent
KEPT = HERE / "report_figures.json"
_SIDES = {QUANTSTATS: "figures_quantstats.py", BACKTESTING: "figures_backtesting.py"}


def main() -> None:
    """Ask all three, and keep the answers."""
    with TemporaryDirectory() as place:
        folder = Path(place)
        result = quickstart(folder)
        returns = _write(result, folder)
        found: dict[str, Any] = {"tradekit": our_figures(result)}
        for peer, script in _SIDES.items():
            found[peer.text] = _ask(peer, script, returns)
    told = {name for who, figures in found.items() if who != "tradekit" for name in figures}
    found["tradekit"] = {name: value for name, value in found["tradekit"].items() if name in told}
    KEPT.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    names = sorted({name for figures in found.values() for name in figures})
    print("\n".join(f"{name:22}" + "".join(f"{figures.get(name, np.nan):>16.8f}" for figures in found.values()) for name in names))


def quickstart(folder: Path) -> Result:
    """Run the example."""
    return tradekit.run(HERE.parent / "examples" / "quickstart.toml", ["report=[]"], runs=folder)


def our_figures(result: Result) -> dict[str, float]:
    """Return the figures that one of the others has too."""
    made = periods(result)
    if made.benchmark is None:
        raise ValueError("the example has lost its benchmark")
    metrics = {key: value for key, value in result.metrics.items() if value is not None}
    skewness, kurtosis = statistics.skewness(made.returns), statistics.excess_kurtosis(made.returns)
    ratio = statistics.sharpe(made.returns, 1.0)
    month = (made.end - 1).view("M8[ns]").astype("M8[M]")
    months = np.multiply.reduceat(1.0 + made.returns, np.unique(month, return_index=True)[1]) - 1.0
    if ratio is None or skewness is None or kurtosis is None:
        raise ValueError("the example's returns don't vary")
    own = {
        "information_ratio": statistics.information_ratio(made.returns, made.benchmark, made.per_year),
        "probabilistic_sharpe": statistics.probabilistic_sharpe(ratio, len(made), skewness, kurtosis + 3.0),
        "var_95_normal": statistics.normal_var(made.returns),
        "skewness": skewness,
        "excess_kurtosis": kurtosis,
        "best": float(np.max(made.returns)),
        "worst": float(np.min(made.returns)),
        "best_month": float(np.max(months)),
        "worst_month": float(np.min(months)),
    }
    return {name: float(value) for name, value in (metrics | own).items() if value is not None}


def _write(result: Result, folder: Path) -> Path:
    """Write what the others read: daily returns, bars with equity, and trades. Return the file of returns."""
    made = periods(result)
    table = pd.DataFrame({"run": made.returns, "benchmark": made.benchmark, "per_year": made.per_year})
    table.index = pd.DatetimeIndex((made.end - 1).view("M8[ns]").astype("M8[D]"), name="date")
    table.to_csv(folder / "returns.csv")
    market = tradekit.read_market(result, HERE.parent / "examples").bars
    columns = {name.title(): getattr(market, name)[:, 0] for name in ("open", "high", "low", "close")}
    bars = pd.DataFrame({"time": market.open_time.view("M8[ns]"), **columns, "Equity": column_values(result.equity, "equity")})
    bars.to_parquet(folder / "bars.parquet")
    _trades(result, market.open_time).to_parquet(folder / "trades.parquet")
    return folder / "returns.csv"


def _trades(result: Result, opened: np.ndarray[Any, Any]) -> pd.DataFrame:
    """Return the trades in the columns that backtesting.py has."""
    own = {name: column_values(result.trades, name) for name in result.trades.column_names}
    rows = {name: np.searchsorted(opened, own[name], side="right") - 1 for name in ("entry_time", "exit_time")}
    return pd.DataFrame(
        {
            "Size": own["quantity"],
            "EntryBar": rows["entry_time"],
            "ExitBar": rows["exit_time"],
            "EntryPrice": own["entry_price"],
            "ExitPrice": own["exit_price"],
            "PnL": own["profit"],
            "Commission": own["fees"],
            "ReturnPct": own["return_on_entry"],
            "EntryTime": own["entry_time"].view("M8[ns]"),
            "ExitTime": own["exit_time"].view("M8[ns]"),
        }
    )


def _ask(peer: Peer, script: str, returns: Path) -> dict[str, float]:
    python = environment(peer, HERE / ".work")
    command = [str(python), "-W", "ignore", str(HERE / "sides" / script), str(returns)]
    answer: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return answer


if __name__ == "__main__":
    main()
