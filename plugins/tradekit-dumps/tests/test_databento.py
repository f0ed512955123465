import os
import re
import sys
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import databento_dbn as dbn
import pytest
from tradekit_dumps.databento import Databento

import tradekit
from tradekit import BarRequest, DataError, PluginError

MINUTE = 60_000_000_000
START = 1_719_877_200_000_000_000
README = Path(__file__).parents[1] / "README.md"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(schema, *records, path="x.dbn", names=("ES",)):
    """Write a file of one instrument, number 7."""
    span = SimpleNamespace(start_date=date(2024, 7, 1), end_date=date(2024, 7, 3), symbol="7")
    metadata = dbn.Metadata(
        "GLBX.MDP3",
        START,
        dbn.SType.RAW_SYMBOL,
        dbn.SType.INSTRUMENT_ID,
        schema,
        symbols=list(names),
        mappings=[SimpleNamespace(raw_symbol=name, intervals=[span]) for name in names],
        end=START + 10 * MINUTE,
    )
    Path(path).write_bytes(metadata.encode() + b"".join(bytes(record) for record in records))
    return Databento(Databento.Options(path=Path(path)))


def bar(row, close):
    prices = [int(price * 1e9) for price in (5, 7, 4, close)]
    return dbn.OHLCVMsg(dbn.RType.OHLCV_1M, 1, 7, START + row * MINUTE, *prices, 10 + row)


def event(kind, row, action, side, price, **more):
    time = START + row
    return kind(1, 7, time, int(price * 1e9), 2, action, side, 0, time + 100, **more)


def request(interval=0):
    return BarRequest(("ES",), interval)


def refusal(ask):
    with pytest.raises(DataError) as error:
        ask()
    return str(error.value)


def test_bars_are_those_of_the_file():
    source = write(dbn.Schema.OHLCV_1M, bar(0, 6), bar(1, 6.5))
    found = source.bars(request(MINUTE))["ES"]
    assert (found.open_time.tolist(), found.close_time[0]) == ([START, START + MINUTE], START + MINUTE)
    assert (found.high.tolist(), found.close.tolist(), found.volume.tolist()) == ([7, 7], [6, 6.5], [10, 11])
    assert [one.symbol for one in source.instruments()] == ["ES"]
    assert (source.trades(request()), source.quotes(request()), source.book(request())) == ({}, {}, {})


def test_bars_of_another_length_are_refused():
    source = write(dbn.Schema.OHLCV_1M, bar(0, 6))
    assert refusal(lambda: source.bars(request(60 * MINUTE))) == "'x.dbn' holds bars of 1m; bars of 3600 s are asked for"
    source = write(dbn.Schema.TRADES, event(dbn.TradeMsg, 0, dbn.Action.TRADE, dbn.Side.BID, 5))
    assert refusal(lambda: source.bars(request(MINUTE))) == "'x.dbn' holds 'trades' and no bars; bars of 60 s are asked for"


@pytest.mark.parametrize(("clock", "delay"), [("arrival", 100), ("exchange", 0)])
def test_trades_have_the_side_of_who_took(clock, delay):
    sides = (dbn.Side.BID, dbn.Side.ASK, dbn.Side.NONE)
    write(dbn.Schema.TRADES, *(event(dbn.TradeMsg, row, dbn.Action.TRADE, side, 5.25) for row, side in enumerate(sides)))
    found = Databento(Databento.Options(path=Path("x.dbn"), clock=clock)).trades(request())["ES"]
    assert (found.side.tolist(), found.price.tolist(), found.size.tolist()) == ([1, -1, 0], [5.25] * 3, [2] * 3)
    assert found.time.tolist() == [START + row + delay for row in range(3)]


def test_quotes_with_an_empty_side_have_none():
    levels = [dbn.BidAskPair(bid_px=5_000_000_000, bid_sz=3), dbn.BidAskPair(bid_px=5_000_000_000, ask_px=6_000_000_000, ask_sz=4)]
    records = [event(dbn.MBP1Msg, row, dbn.Action.ADD, dbn.Side.BID, 5, levels=level) for row, level in enumerate(levels)]
    source = write(dbn.Schema.MBP_1, *records)
    found = source.quotes(request())["ES"]
    assert (found.bid.tolist(), found.bid_size.tolist(), found.ask_size.tolist()) == ([5, 5], [3, 0], [0, 4])
    assert found.ask.tolist()[1] == 6
    assert found.ask[0] != found.ask[0]


def test_number_with_two_names_is_refused():
    source = write(dbn.Schema.OHLCV_1M, bar(0, 6), names=("NQ", "ES"))
    assert refusal(lambda: source.bars(request(MINUTE))) == (
        "'x.dbn' calls instrument 7 both 'ES' and 'NQ'; take a file of fewer days"
    )


def test_instrument_that_is_not_there_is_refused():
    source = write(dbn.Schema.OHLCV_1M, bar(0, 6))
    assert refusal(lambda: source.bars(BarRequest(("NQ",), MINUTE))) == "no bars of 'NQ' in 'x.dbn'; there are some of 'ES'"


@pytest.mark.parametrize("content", [b"", b"no DBN at all, but long enough to be one"])
def test_file_that_is_no_dbn_is_refused(content):
    Path("x.dbn").write_bytes(content)
    source = Databento(Databento.Options(path=Path("x.dbn")))
    assert refusal(lambda: source.bars(request(MINUTE))).startswith("'x.dbn' is not DBN: ")


def test_definitions_that_are_none_are_refused():
    write(dbn.Schema.OHLCV_1M, bar(0, 6))
    source = Databento(Databento.Options(path=Path("x.dbn"), definitions=Path("x.dbn")))
    assert refusal(source.instruments) == "'x.dbn' holds no definitions"


def test_missing_library_names_what_to_install(monkeypatch):
    source = write(dbn.Schema.OHLCV_1M, bar(0, 6))
    monkeypatch.setitem(sys.modules, "databento_dbn", None)
    with pytest.raises(PluginError) as error:
        source.bars(request(MINUTE))
    assert str(error.value) == (
        "the data source 'databento' needs the package databento-dbn; install it: pip install 'tradekit-dumps[databento]'"
    )


def test_run_file_of_the_readme_runs_on_the_real_files(tmp_path):
    folder = os.environ.get("TRADEKIT_TEST_DATA", "")
    if not folder:
        pytest.skip("TRADEKIT_TEST_DATA is not set")
    data = Path(folder) / "orderbook" / "databento"
    (text,) = re.findall(r"```toml\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    text = text.replace(
        "glbx-mdp3-20240701.ohlcv-1m.dbn.zst", str(data / "futures_ohlcv-1m_2024-07-01T23-40_2024-07-02T00-10.dbn.zst")
    )
    text = text.replace("glbx-mdp3-20240701.definition.dbn.zst", str(data / "futures_definition.dbn.zst"))
    Path("run.toml").write_text(text)
    result = tradekit.run(Path("run.toml"), (), tmp_path / "runs")
    assert result.status == "done"
    assert result.data[0]["rows"] == 30
    assert len(result.fills["price"]) > 0
