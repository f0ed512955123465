"""Real bars, which come with the repository."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tradekit import Series, align

DATA = Path(__file__).parents[3] / "examples" / "data"
NS = {"1h": 3_600_000_000_000, "1d": 86_400_000_000_000}


def _series(table, interval):
    opened = pd.to_datetime(table["date"], utc=True).dt.as_unit("ns").astype(np.int64).to_numpy()
    prices = (table[name].to_numpy(np.float64) for name in ("open", "high", "low", "close", "volume"))
    return Series(opened, opened + NS[interval], *prices)


@pytest.fixture(scope="session")
def bitcoin():
    """Two years of hours."""
    return align({"BTC/USDT": _series(pd.read_csv(DATA / "BTC-USDT-1h.csv.gz"), "1h")})


@pytest.fixture(scope="session")
def stocks():
    """Eleven years of days of six shares."""
    table = pd.read_csv(DATA / "us-stocks-1d.csv.gz")
    return align({symbol: _series(rows, "1d") for symbol, rows in table.groupby("symbol")})
