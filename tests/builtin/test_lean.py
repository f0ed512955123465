import zipfile
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from tradekit import BarRequest, DataError
from tradekit.builtin.lean import LeanSource

MINUTE, HOUR, DAY = 60_000_000_000, 3_600_000_000_000, 86_400_000_000_000
TRADES = "0,10,12,9,11,100\n60000,11,13,10,12,200\n"
QUOTES = "0,10,12,9,11,5,11,13,10,12,6\n60000,11,13,10,12,7,12,14,11,13,8\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def pack(path, **members):
    """Write a zip; `day_x` among the names stands for `20140501_x`."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in members.items():
            archive.writestr(name.replace("day_", "20140501_") + ".csv", text)


def lean(path, **options):
    return LeanSource(LeanSource.Options.model_validate({"path": path, **options}))


def bars(path, *symbols, interval=MINUTE, **options):
    return lean(path, **options).bars(BarRequest(symbols or ("EURUSD",), interval))


def refusal(path, *symbols, interval=MINUTE, **options):
    with pytest.raises(DataError) as error:
        bars(path, *symbols, interval=interval, **options)
    return str(error.value)


def times(found):
    return [str(np.datetime64(time, "ns").astype("M8[s]")) for time in found.tolist()]


def test_minutes_count_from_midnight_of_the_day_in_the_name():
    pack("x.zip", day_eurusd_minute_trade=TRADES)
    found = bars("x.zip")["EURUSD"]
    assert times(found.open_time) == ["2014-05-01T00:00:00", "2014-05-01T00:01:00"]
    assert (found.close_time - found.open_time).tolist() == [MINUTE, MINUTE]
    assert (found.open.tolist(), found.close.tolist(), found.volume.tolist()) == ([10, 11], [11, 12], [100, 200])


def test_midnight_is_that_of_the_zone():
    pack("x.zip", day_spy_minute_trade="34200000,10,12,9,11,100\n")
    assert times(bars("x.zip", "SPY", tz="America/New_York")["SPY"].open_time) == ["2014-05-01T13:30:00"]


@pytest.mark.parametrize(("price", "expected"), [("mid", [11.5, 12.5]), ("bid", [11, 12]), ("ask", [12, 13])])
def test_bars_of_quotes_are_of_one_side_or_half_way_and_have_no_volume(price, expected):
    pack("x.zip", day_eurusd_minute_quote=QUOTES)
    found = bars("x.zip", price=price)["EURUSD"]
    assert found.close.tolist() == expected
    assert found.volume.tolist() == [0, 0]
    assert "no volume" in found.origin


def test_side_that_is_blank_leaves_its_price_missing():
    pack("x.zip", day_eurusd_minute_quote="0,10,12,9,11,5,,,,,0\n")
    assert bars("x.zip", price="bid")["EURUSD"].close.tolist() == [11]
    assert np.isnan(bars("x.zip")["EURUSD"].close).all()


def test_hours_and_days_have_dates_of_their_own():
    pack("x.zip", eurusd="20070101 21:00,1.31,1.32,1.30,1.31,0,1.33,1.34,1.32,1.33,0\n")
    assert times(bars("x.zip", interval=HOUR)["EURUSD"].open_time) == ["2007-01-01T21:00:00"]
    pack("d.zip", btcusd="20141201 00:00,300,370,300,370,0.05\n20141202 00:00,377,378,377,378,15\n")
    found = bars("d.zip", "BTCUSD", interval=DAY, tz="America/New_York")["BTCUSD"]
    assert times(found.open_time) == ["2014-12-01T00:00:00", "2014-12-02T00:00:00"]
    assert found.volume.tolist() == [0.05, 15]


def test_files_of_several_instruments_are_told_apart():
    for pair in ("eurusd", "gbpusd"):
        for day in ("20140501", "20140502"):
            pack(f"{pair}/{day}_trade.zip", **{f"{day}_{pair}_minute_trade": TRADES})
    whole = lean("*/*_trade.zip")
    assert [one.symbol for one in whole.instruments()] == ["EURUSD", "GBPUSD"]
    assert [len(found) for found in bars("*/*_trade.zip", "GBPUSD", "EURUSD").values()] == [4, 4]
    assert [one.symbol for one in lean("{symbol}/*_trade.zip").instruments()] == ["EURUSD", "GBPUSD"]
    assert list(bars("{symbol}/*_trade.zip", "GBPUSD", "EURUSD")) == ["GBPUSD", "EURUSD"]


def test_contracts_of_a_zip_of_options_are_instruments_with_the_names_of_the_occ():
    names = ["twx_minute_trade_american_call_575000_20160115", "twx_minute_trade_american_put_10000000_20140621"]
    pack("x.zip", **{f"day_{name}": "34200000,143000,143500,142500,143000,5\n" for name in names})
    source = lean("x.zip", tz="America/New_York")
    assert [one.symbol for one in source.instruments()] == ["TWX140621P01000000", "TWX160115C00057500"]
    found = bars("x.zip", "TWX160115C00057500")["TWX160115C00057500"]
    assert (found.close.tolist(), found.high.tolist(), found.volume.tolist()) == ([14.3], [14.35], [5])


def test_price_scale_divides_prices_and_not_sizes():
    pack("x.zip", day_eurusd_minute_trade=TRADES)
    found = bars("x.zip", price_scale=10)["EURUSD"]
    assert (found.open.tolist(), found.volume.tolist()) == ([1.0, 1.1], [100, 200])


@pytest.mark.parametrize(
    ("rows", "sizes"),
    [
        ("292,1.38676,1.38686\n920.5,1.38676,1.38687\n", ([0, 0], [0, 0])),
        ("292,1.38676,3,1.38686,4\n920.5,1.38676,5,1.38687,6\n", ([3, 5], [4, 6])),
        ("292,1.38676,3,1.38686,4,NYSE,0,0\n920.5,1.38676,5,1.38687,6,NYSE,0,0\n", ([3, 5], [4, 6])),
    ],
)
def test_ticks_of_quotes_are_quotes(rows, sizes):
    pack("x.zip", day_eurusd_tick_quote=rows)
    source = lean("x.zip")
    found = source.quotes(BarRequest(("EURUSD",), 0))["EURUSD"]
    assert (found.time % 1_000_000_000).tolist() == [292_000_000, 920_500_000]
    assert (found.bid.tolist(), found.ask.tolist()) == ([1.38676, 1.38676], [1.38686, 1.38687])
    assert (found.bid_size.tolist(), found.ask_size.tolist()) == sizes
    assert source.trades(BarRequest(("EURUSD",), 0)) == {}
    assert len(source.quotes(BarRequest(("EURUSD",), 0, end=int(found.time[1])))["EURUSD"]) == 1


@pytest.mark.parametrize("more", ["", ",0", ",NYSE,@,0"])
def test_ticks_of_trades_are_trades(more):
    pack("x.zip", day_btcusd_tick_trade=f"5,7000,0.5{more}\n6,7001,0.25{more}\n")
    source = lean("x.zip")
    found = source.trades(BarRequest(("BTCUSD",), 0))["BTCUSD"]
    assert (found.price.tolist(), found.size.tolist()) == ([7000, 7001], [0.5, 0.25])
    assert source.quotes(BarRequest(("BTCUSD",), 0)) == {}


def test_bars_have_no_ticks():
    pack("x.zip", day_eurusd_minute_trade=TRADES)
    source, request = lean("x.zip"), BarRequest(("EURUSD",), 0)
    assert (source.trades(request), source.quotes(request)) == ({}, {})


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"day_eurusd_tick_quote": "5,1,2\n"}, "'x.zip' holds quotes, where trade bars or quote bars are asked for"),
        ({"day_eurusd_openinterest": "5,1\n"}, "'x.zip' holds open interest, where trade bars or quote bars are asked for"),
        ({"readme file": "x"}, "'x.zip' holds 'readme file.csv', which is not called as LEAN calls a file, such as '2014"),
        (
            {"99999999_eurusd_minute_trade": TRADES},
            "'x.zip': '99999999' in the name of '99999999_eurusd_minute_trade.csv' is no date",
        ),
        ({"day_eurusd_minute_trade": ""}, "'x.zip': 'day_eurusd_minute_trade.csv' is empty"),
        (
            {"day_eurusd_minute_trade": "0,1,2\n"},
            "'x.zip', 'day_eurusd_minute_trade.csv': the first line has 3 cells, where trade bars",
        ),
        (
            {"eurusd": "20140501 00:00,1\n"},
            "'x.zip', 'eurusd.csv': the first line has 2 cells, where bars of trades have 6, of quotes",
        ),
        (
            {"day_eurusd_minute_trade": TRADES + "120000,1,2,x,1,1\n"},
            "'x.zip', 'day_eurusd_minute_trade.csv', line 3: 'x' is not a number",
        ),
        (
            {"day_eurusd_minute_trade": TRADES + "120000,1,2\n"},
            "'x.zip', 'day_eurusd_minute_trade.csv', line 3: 3 cells, where the first line has 6: '120000,1,2'",
        ),
        (
            {"eurusd": "20070101 21:00,1,1,1,1,0\n2007-01-02 21:00,1,1,1,1,0\n"},
            "'x.zip', column 'time': row 2: '2007-01-02 21:00' is not written as time_format = '%Y%m%d %H:%M' says",
        ),
        ({"day_gbpusd_minute_trade": TRADES}, "no 'EURUSD' in 'x.zip'; it has 'GBPUSD'"),
        (
            {"day_twx_minute_trade_american_call_575001_20160115": TRADES},
            "'x.zip': the strike of 'day_twx_minute_trade_american_call_575001_20160115.csv' can't be written in thousandths",
        ),
        ({}, "'x.zip' holds no file"),
    ],
)
def test_zip_that_can_not_be_used_is_refused_with_the_place(members, expected):
    pack("x.zip", **members)
    assert refusal("x.zip").startswith(expected.replace("day_", "20140501_"))


def test_files_of_trades_and_quotes_do_not_mix():
    pack("a/20140501_quote.zip", day_eurusd_minute_quote=QUOTES)
    pack("a/20140501_trade.zip", day_eurusd_minute_trade=TRADES)
    assert refusal("a/*.zip") == (
        "'a/*.zip' has files of quote bars and of trade bars; let the path end with _trade.zip or _quote.zip"
    )


def test_file_that_is_no_zip_is_refused():
    Path("x.zip").write_text("no zip")
    assert refusal("x.zip") == "'x.zip' can't be read: File is not a zip file"


def test_zone_that_is_none_is_refused_with_the_options():
    with pytest.raises(ValidationError, match="unknown time zone 'Moon'"):
        lean("x.zip", tz="Moon")
