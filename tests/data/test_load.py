import hashlib
from dataclasses import replace

import numpy as np
import pytest

from tradekit import BarRequest, DataError, DataSource, Instrument, Series
from tradekit.data.interval import DAY
from tradekit.data.load import load_bars
from tradekit.data.quality.policy import Policy


def series(days, close=2.0):
    times = np.array(days, np.int64) * DAY
    same = np.full(len(times), close)
    return Series(times, times + DAY, same, same + 1, same - 1, same, same, origin="x.csv")


class Memory(DataSource):
    """Series that are there already."""

    name = "memory"

    def __init__(self, instruments=(), **found):
        super().__init__()
        self.known, self.found = instruments, found

    def instruments(self):
        return self.known

    def bars(self, request):
        assert request.symbols
        return self.found


def load(source, *symbols, start=None, end=None, **policy):
    return load_bars(source, BarRequest(symbols, DAY, start, end), Policy(**policy))


def test_load_gives_bars_facts_and_what_the_source_knows_in_the_order_asked_for():
    tick = Instrument("B", tick=0.01)
    loaded = load(Memory([tick], A=series([1, 2, 3]), B=series([2, 3])), "B", "A")
    assert loaded.bars.symbols == ("B", "A")
    assert loaded.instruments == (tick, Instrument("A"))
    assert loaded.notes == ()
    fact = dict(loaded.facts[0])
    assert len(fact.pop("sha256")) == 64
    assert fact == {
        "symbol": "B",
        "origin": "x.csv",
        "rows": 2,
        "first": "1970-01-03T00:00:00Z",
        "last": "1970-01-04T00:00:00Z",
        "holes": 1,
        "repairs": (),
    }


def test_load_without_symbols_takes_what_the_source_lists():
    source = Memory([Instrument("B"), Instrument("A")], A=series([1]), B=series([1]))
    assert load(source).bars.symbols == ("B", "A")
    with pytest.raises(
        DataError, match=r"the data source 'memory' does not list its instruments; name them: instruments = \[...\]"
    ):
        load(Memory(A=series([1])))


def test_load_hashes_the_columns_in_range_as_they_were_read():
    raw = series([1, 2, 3])
    columns = ("open_time", "close_time", "open", "high", "low", "close", "volume")
    month = hashlib.sha256(b"".join(getattr(raw, name)[1:].tobytes() for name in columns)).hexdigest()
    expected = hashlib.sha256(f"{str(raw.open_time.view('M8[ns]')[0])[:7]} {month}\n".encode()).hexdigest()
    assert load(Memory(A=raw), "A", start=2 * DAY).facts[0]["sha256"] == expected
    bad = replace(raw, high=np.array([9.0, 0.5, 9.0]))
    hashes = {load(Memory(A=bad), "A", ohlc=choice).facts[0]["sha256"] for choice in ("drop", "widen")}
    assert len(hashes) == 1
    assert expected not in hashes


def test_load_takes_no_notice_of_defects_outside_of_the_range():
    bad = replace(series([1, 2, 3]), high=np.array([0.5, 9.0, 9.0]))
    assert len(load(Memory(A=bad), "A", start=2 * DAY).bars) == 2
    with pytest.raises(DataError, match="bar 1, 1970-01-02"):
        load(Memory(A=bad), "A")


def test_load_states_repairs_in_facts_and_notes():
    bad = replace(series([1, 2, 3]), high=np.array([9.0, 0.5, 9.0]))
    loaded = load(Memory(A=bad), "A", ohlc="drop")
    sentence = "A: 1 bar dropped: open or close not between low and high (policy ohlc = 'drop')"
    assert (loaded.notes, loaded.facts[0]["repairs"], loaded.facts[0]["rows"]) == ((sentence,), (sentence,), 2)


def test_load_says_where_data_begin_late_or_end_early():
    loaded = load(Memory(A=series([10, 11, 12])), "A", start=2 * DAY, end=30 * DAY)
    assert loaded.notes == (
        "A: its bars begin at 1970-01-11T00:00:00Z, 8 days after the start of the run",
        "A: its bars end at 1970-01-14T00:00:00Z, 17 days before the end of the run",
    )
    assert load(Memory(A=series([10, 11, 12])), "A", start=3 * DAY, end=20 * DAY).notes == ()


@pytest.mark.parametrize(
    ("found", "message"),
    [
        ({"AA": series([1])}, "the data source 'memory' gave no bars for 'A'"),
        ({"A": series([])}, "there are no bars of 'A' in 'x.csv'"),
        ({"A": series([1, 3, 5])}, "no two bars of 'A' from 'x.csv' are 1d apart"),
        ({"A": replace(series([1]), open=np.zeros(3))}, "open of 'A' is float64 of shape"),
    ],
)
def test_load_refuses_what_a_source_should_not_give(found, message):
    with pytest.raises(DataError) as error:
        load(Memory(**found), "A")
    assert str(error.value).startswith(message)


def test_load_refuses_a_policy_that_leaves_nothing():
    bad = replace(series([1, 2]), high=np.array([0.5, 0.5]))
    with pytest.raises(DataError, match=r"the policy leaves no bar of 'A': A: 2 bars dropped"):
        load(Memory(A=bad), "A", ohlc="drop")
