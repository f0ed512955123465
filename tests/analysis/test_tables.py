import subprocess
import sys

import numpy as np
import pyarrow as pa

from tradekit.analysis.excursions import Excursions
from tradekit.analysis.tables import trades_table
from tradekit.analysis.trades import Ends, FillColumns, round_trips

_PROGRAM = """
import sys
import numpy as np
from tradekit.analysis.excursions import Excursions
from tradekit.analysis.tables import trades_table
from tradekit.analysis.trades import Ends, FillColumns, round_trips
one = np.ones(1)
fills = FillColumns(np.ones(1, np.int64), np.zeros(1, np.int64), one, one, one, one)
trades_table(round_trips(fills, Ends(one)), ["BTC"], Excursions(one, one))
sys.exit("pandas" in sys.modules)
"""


def trips_of(instruments, quantities, prices):
    count = len(instruments)
    numbers = np.arange(1, count + 1) * 1_000
    costs = np.full(count, 0.5)
    return round_trips(
        FillColumns(numbers, np.array(instruments, dtype=np.int64), np.array(quantities), np.array(prices), costs, costs),
        Ends(np.array([0.0, 13.0])),
    )


def table_of(trips, symbols):
    return trades_table(trips, symbols, Excursions(0.1 * np.arange(len(trips)), 0.2 * np.arange(len(trips))))


def test_trades_table_rows_equal_the_arrays():
    trips = trips_of([1, 1, 0, 0], [1.0, -3.0, 2.0, -2.0], [10.0, 12.0, 7.0, 6.0])
    rows = table_of(trips, ["ETH", "BTC é"]).to_pylist()
    assert [row["symbol"] for row in rows] == ["BTC é", "BTC é", "ETH"]
    assert [row["direction"] for row in rows] == ["long", "short", "long"]
    assert [row["is_open"] for row in rows] == [False, True, False]
    for name in ("quantity", "entry_price", "exit_price", "profit", "fees", "slippage", "return_on_entry"):
        assert [row[name] for row in rows] == getattr(trips, name).tolist()
    assert [(row["mae"], row["mfe"]) for row in rows] == [(0.0, 0.0), (0.1, 0.2), (0.2, 0.4)]


def test_trades_table_times_are_utc_and_null_for_open_trades():
    table = table_of(trips_of([1, 1], [1.0, -3.0], [10.0, 12.0]), ["ETH", "BTC"])
    assert table.schema.field("exit_time").type == pa.timestamp("ns", tz="UTC")
    assert table["entry_time"].cast(pa.int64()).to_pylist() == [1_000, 2_000]
    assert table["exit_time"].cast(pa.int64()).to_pylist() == [2_000, None]
    assert table["exit_time"].null_count == 1


def test_trades_table_without_trades_has_the_same_columns():
    empty = table_of(trips_of([], [], []), ["ETH", "BTC"])
    assert empty.num_rows == 0
    assert empty.schema == table_of(trips_of([0], [1.0], [10.0]), ["ETH", "BTC"]).schema
    empty.validate(full=True)


def test_trades_table_does_not_import_pandas():
    assert subprocess.run([sys.executable, "-c", _PROGRAM], check=False).returncode == 0
