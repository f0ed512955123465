import gzip
import json
import re
import socket
import traceback
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from pydantic import ValidationError

from local_venue import COLUMNS, FAULTS, KLINES, Klines, Reply, serving
from tradekit import BarRequest, ConfigError, DataError, Instrument, VenueError
from tradekit.builtin.http import HttpSource
from tradekit.data.reference import load_reference

HOUR = 3_600_000_000_000
START = 1_704_067_200_000  # 2024-01-01, in ms
ROWS = [[START + i * 3_600_000, f"{100 + i}.5", f"{102 + i}", f"{99 + i}", f"{101 + i}", "7.25", "unused"] for i in range(6)]
ASKED = BarRequest(("BTC/USDT",), HOUR, START * 10**6, START * 10**6 + 6 * HOUR)
NAMES = ("time", "open", "high", "low", "close", "volume")
NAMED = [dict(zip(NAMES, row[:6], strict=True)) for row in ROWS]
TRADES = [{"T": START + i // 2, "p": f"{100 + i}", "q": "0.5", "m": i % 2 == 0, "a": 7000 + i} for i in range(5)]
TRADE_OPTIONS = {
    "columns": {"time": "T", "price": "p", "size": "q", "side": "m", "number": "a"},
    "bought": ["false"],
    "sold": ["true"],
}


def source(address, **options):
    return HttpSource(HttpSource.Options.model_validate({"address": address, "timeout_s": 5, **options}))


def answer(body, request=ASKED, path="/bars", headers=None, **options):
    """Return the bars that are read from one answer, and the path that was asked for."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    with serving(lambda _path: Reply(content, headers=headers or {})) as venue:
        found = source(venue.address + path, **options).bars(request)["BTC/USDT"]
        return found, venue.paths[0]


def message(body, **options):
    with pytest.raises(VenueError) as error:
        answer(body, **options)
    return str(error.value), error.value.is_passing


def test_bars_of_a_page_are_asked_for_and_read_as_the_options_say():
    series, path = answer(ROWS, path=KLINES, columns=COLUMNS)
    assert path == f"/klines?symbol=BTCUSDT&interval=1h&startTime={START}&endTime={START + 6 * 3_600_000 - 1}&limit=1000"
    assert series.open_time.tolist() == [row[0] * 10**6 for row in ROWS]
    assert (series.close_time - series.open_time == HOUR).all()
    assert series.open.tolist() == [100.5, 101.5, 102.5, 103.5, 104.5, 105.5]
    assert series.close.tolist() == [101, 102, 103, 104, 105, 106]
    assert series.volume.tolist() == [7.25] * 6
    assert re.fullmatch("http://127.0.0.1:[0-9]+/klines", series.origin)


@pytest.mark.parametrize(
    ("body", "options"),
    [
        (NAMED, {}),
        (ROWS[::-1], {"columns": COLUMNS, "newest_first": True}),
        ({"result": {"list": NAMED}}, {"rows": "result.list"}),
        ({"BTCUSDT": {"1h": NAMED}}, {"rows": "{symbol}.{interval}"}),
        ([{"time": row["time"], "k": row} for row in NAMED], {"columns": {name: f"k.{name}" for name in NAMES}}),
        ([{**row, "time": row["time"] // 1000} for row in NAMED], {"row_unit": "s"}),
        ([{**row, "time": f"{row['time'] / 1000}"} for row in NAMED], {"unit": "s"}),
        ([{**row, "time": str(np.datetime64(row["time"], "ms")) + "Z"} for row in NAMED], {}),
        ([{**row, "time": str(np.datetime64(row["time"] + 3_600_000, "ms")) + "+01:00"} for row in NAMED], {}),
        ([{**row, "time": row["time"] + 3_600_000} for row in NAMED], {"label": "close"}),
        ([{**row, "open": float(row["open"])} for row in NAMED], {}),
        (("\n".join([",".join(NAMES), *(",".join(map(str, row[:6])) for row in ROWS)])).encode(), {"format": "csv"}),
        (
            ("\n".join(["t,o,h,l,c,v", *(",".join(map(str, row[:6])) for row in ROWS)])).encode(),
            {"format": "csv", "columns": COLUMNS},
        ),
        (gzip.compress(json.dumps(NAMED).encode(), mtime=0), {}),
        ("\ufeff".encode() + json.dumps(NAMED).encode(), {}),
        ([*NAMED, {**NAMED[-1], "time": START + 6 * 3_600_000}], {}),
    ],
)
def test_answers_written_in_another_way_give_the_same_bars(body, options):
    series, _ = answer(body, **options)
    expected, _ = answer(NAMED)
    for name in ("open_time", "close_time", "open", "high", "low", "close", "volume"):
        assert getattr(series, name).tolist() == getattr(expected, name).tolist(), name


@pytest.mark.parametrize(
    ("options", "query"),
    [
        ({}, f"{START}-{START + 6 * 3_600_000 - 1}"),
        ({"end_is_included": False}, f"{START}-{START + 6 * 3_600_000}"),
        ({"start_is_included": False}, f"{START - 1}-{START + 6 * 3_600_000 - 1}"),
        ({"unit": "s"}, f"{START // 1000}-{START // 1000 + 6 * 3600 - 1}"),
        ({"unit": "ns"}, f"{START * 10**6}-{START * 10**6 + 6 * HOUR - 1}"),
        ({"unit": "iso"}, "2024-01-01T00%3A00%3A00Z-2024-01-01T05%3A59%3A59.999Z"),
        ({"unit": "iso", "end_is_included": False}, "2024-01-01T00%3A00%3A00Z-2024-01-01T06%3A00%3A00Z"),
        ({"label": "close"}, f"{START + 3_600_000}-{START + 7 * 3_600_000 - 1}"),
    ],
)
def test_the_range_is_written_in_the_unit_of_the_venue(options, query):
    unit = {"row_unit": "ms"} if "unit" in options else {}
    _, path = answer([], path="/b?{start}-{end}", **unit, **options)
    assert path == f"/b?{query}"


def test_symbols_and_intervals_are_spelled_as_the_venue_does():
    with serving(lambda _path: Reply(b"[]")) as venue:
        found = source(
            venue.address + "/{symbol}/{interval}",
            separator="-",
            symbols={"BTC/USD": "XX BT"},
            intervals={"1h": "60"},
        )
        found.bars(BarRequest(("BTC/USD", "ETH/USD"), HOUR))
        assert venue.paths == ["/XX%20BT/60", "/ETH-USD/60"]


def test_volume_that_is_not_there_is_0():
    body = [{name: row[name] for name in NAMES[:5]} for row in NAMED]
    assert answer(body, columns={"volume": False})[0].volume.tolist() == [0] * 6


@pytest.mark.parametrize(
    ("reply", "said", "passes", "retry_after_s"),
    [
        (
            Reply(b'{"msg": "slow down"}', 429, {"Retry-After": "7"}),
            'answered 429 (too many requests): \'{"msg": "slow down"}\'',
            True,
            7,
        ),
        (Reply(b"", 418, {"Retry-After": "120"}), "answered 418 (banned for a while, for asking too often)", True, 120),
        (
            Reply(b"", 503, {"Retry-After": "Mon, 01 Jan 2024 00:01:30 GMT", "Date": "Mon, 01 Jan 2024 00:00:00 GMT"}),
            "answered 503 (service unavailable)",
            True,
            90,
        ),
        (Reply(b"", 429, {"Retry-After": "soon"}), "answered 429", True, None),
        (Reply(b"<html>bad gateway</html>", 502), "answered 502 (bad gateway)", True, None),
        (Reply(b"", 500), "answered 500 (internal server error)", True, None),
        (Reply(b"", 501), "answered 501 (not implemented)", False, None),
        (Reply(b'{"code":-1121,"msg":"Invalid symbol."}', 400), 'answered 400 (bad request): \'{"code":-1121', False, None),
        (Reply(b"", 404), "answered 404 (not found)", False, None),
        (
            Reply(b"<html><title>Just a\nmoment</title>"),
            "answered with a web page titled 'Just a moment', not with data",
            True,
            None,
        ),
        (Reply(b" \n"), "answered with nothing", True, None),
        (Reply(b"\xff\xfe\x00"), "answered with 3 bytes that are no text", True, None),
        (Reply(b"[[1, 2], [3", sent=8), "was cut off after 8 bytes, 3 more were due", True, None),
        (Reply(b"[[1, 2], [3", has_length=False), "answered with what is no whole JSON; it ends in '[[1, 2], [3'", True, None),
        (Reply(gzip.compress(b"[]", mtime=0)[:-4]), "was cut off", True, None),
        (Reply(b"5\r\n[[1,2", headers={"Transfer-Encoding": "chunked"}, has_length=False), "was cut off", True, None),
        (Reply(b'{"retCode": 10006}'), 'answered without a list of rows in the answer: {"retCode": 10006}', True, None),
    ],
)
def test_each_way_an_answer_goes_wrong_is_told_apart(reply, said, passes, retry_after_s):
    with serving(lambda _path: reply) as venue, pytest.raises(VenueError) as error:
        source(venue.address).bars(ASKED)
    assert said in str(error.value)
    assert venue.address in str(error.value)
    assert (error.value.is_passing, error.value.retry_after_s) == (passes, retry_after_s)


def test_silence_ends_after_the_time_allowed():
    with (
        serving(lambda _path: Reply(is_silent=True)) as venue,
        pytest.raises(VenueError, match=r"gave no whole answer within 0.05 s") as error,
    ):
        source(venue.address, timeout_s=0.05).bars(ASKED)
    assert error.value.is_passing


def test_nobody_there_may_pass():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with pytest.raises(VenueError, match=r"can't be reached: connection refused") as error:
        source(address).bars(ASKED)
    assert error.value.is_passing


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault != "silence"])
def test_each_fault_of_the_local_venue_may_pass(fault):
    with serving(Klines(ROWS, lambda _number, _path: fault)) as venue, pytest.raises(VenueError) as error:
        source(venue.address + KLINES, columns=COLUMNS).bars(ASKED)
    assert error.value.is_passing


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"close": None}, 'row 3: null is no close in {"time"'),
        ({"close": "NaN"}, 'row 3: "NaN" is no close'),
        ({"close": "1_000"}, 'row 3: "1_000" is no close'),
        ({"close": True}, "row 3: true is no close"),
        ({"time": "yesterday"}, 'row 3: "yesterday" is no time'),
        ({"time": START * 10**6}, "is no time"),
    ],
)
def test_a_wrong_cell_is_named_and_may_pass(wrong, said):
    body = [*NAMED[:2], {**NAMED[2], **wrong}, *NAMED[3:]]
    text, passes = message(body)
    assert "1 of 6 rows of" in text
    assert said in text
    assert passes


def test_rows_that_are_all_wrong_blame_the_options_and_do_not_pass():
    text, passes = message(ROWS)
    assert "no row of" in text
    assert "row 1: nothing called 'time' in [1704067200000" in text
    assert text.endswith("does the option columns say where each value stands?")
    assert not passes
    text, passes = message(NAMED, columns=COLUMNS)
    assert "no row of" in text
    assert "row 1: nothing called 0 in {" in text
    text, passes = message([row[:3] for row in ROWS], columns=COLUMNS)
    assert "row 1: no value at place 3 in" in text


@pytest.mark.parametrize(
    ("body", "has_length", "said"),
    [
        (b"time,open,high,low,close,volume\n1,2,3\n", True, "row 1 has 3 cells where there are 6 columns: ['1', '2', '3']"),
        (b"time,open,high,low,close,volume\n1,2,3,4,5,6", False, "without saying its length, and its last line has no end"),
    ],
)
def test_csv_that_may_have_been_cut_off_is_refused(body, has_length, said):
    with serving(lambda _path: Reply(body, has_length=has_length)) as venue, pytest.raises(VenueError) as error:
        source(venue.address, format="csv").bars(ASKED)
    assert said in str(error.value)
    assert error.value.is_passing


def test_rows_that_go_back_are_refused_and_if_all_do_it_is_the_options():
    text, passes = message([*NAMED[:2], {**NAMED[2], "time": 1_704_067_200}, *NAMED[3:]])  # seconds among milliseconds
    assert "go back in time, from 2024-01-01T01:00:00Z to 1970-01-20T17:21:07.2Z" in text
    assert passes
    text, passes = message(ROWS[::-1], columns=COLUMNS)
    assert "and so do all; set newest_first to what the venue does" in text
    assert not passes


def test_trades_have_sides_and_numbers():
    with serving(lambda _path: Reply(json.dumps(TRADES).encode())) as venue:
        options = {"address": venue.address + "/trades/{symbol}", **TRADE_OPTIONS}
        trades = source(venue.address, trades=options).trades(BarRequest(("BTC/USDT",), 0))["BTC/USDT"]
        assert venue.paths == ["/trades/BTCUSDT"]
    assert trades.time.tolist() == [row["T"] * 10**6 for row in TRADES]
    assert trades.price.tolist() == [100, 101, 102, 103, 104]
    assert trades.side.tolist() == [-1, 1, -1, 1, -1]
    assert trades.number.tolist() == [7000, 7001, 7002, 7003, 7004]


def test_trades_of_a_source_without_them_are_none():
    assert source("http://localhost").trades(ASKED) == {}


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([{**TRADES[0], "m": "maybe"}, *TRADES[1:]], 'row 1: "maybe" is no side'),
        ([{**TRADES[0], "a": ""}, *TRADES[1:]], 'row 1: "" is no number'),
        ([TRADES[2], *TRADES[:2], *TRADES[3:]], "go back in time, from 2024-01-01T00:00:00.001Z to 2024-01-01T00:00:00Z"),
        ([{**TRADES[0], "q": -1}, *TRADES[1:]], "the size of a trade must be finite and 0 or more"),
    ],
)
def test_trades_that_are_wrong_are_refused(rows, said):
    with serving(lambda _path: Reply(json.dumps(rows).encode())) as venue, pytest.raises(VenueError) as error:
        source(venue.address, trades={"address": venue.address, **TRADE_OPTIONS}).trades(BarRequest(("X",), 0))
    assert said in str(error.value)
    assert error.value.is_passing


def test_a_full_answer_that_does_not_lead_on_is_refused():
    rows = [{**TRADES[0], "a": number} for number in range(3)]
    with serving(lambda _path: Reply(json.dumps(rows).encode())) as venue:
        options = {"address": venue.address + "/?{start}", **TRADE_OPTIONS}
        venue_source = source(venue.address + "/?{start}", limit=3, trades=options)
        with pytest.raises(
            VenueError, match=r"with 3 rows, and those from 2024-01-01T00:00:00Z on are all of 2024-01-01T00:00:00Z"
        ) as error:
            venue_source.trades(ASKED)
    assert not error.value.is_passing


def test_a_venue_that_ignores_the_range_is_refused():
    with pytest.raises(VenueError, match=r"does it heed {start} and {end}, and is unit right") as error:
        answer(ROWS, BarRequest(("BTC/USDT",), HOUR, 0, HOUR), KLINES, columns=COLUMNS, limit=6)
    assert not error.value.is_passing


def test_venue_time_is_that_of_the_last_answer_less_what_it_took():
    with serving(lambda _path: Reply(b"[]", headers={"Date": "Mon, 01 Jan 2024 00:00:10 GMT"})) as venue:
        found = source(venue.address)
        assert found.venue_time() is None
        found.bars(ASKED)
        late = START * 10**6 + 10 * 10**9 - found.venue_time()
    assert 0 < late < 5 * 10**9


def test_an_address_without_start_is_asked_once_and_one_with_it_by_pages():
    assert source("http://localhost/all.csv").paging is None
    paging = source("http://localhost/{start}", limit=50, per_second=2).paging
    assert (paging.rows, paging.per_second) == (50, 2)


def test_what_the_address_needs_must_be_given():
    with pytest.raises(DataError, match=r"can't be asked without start, and none is given"):
        source("http://localhost/{start}").bars(BarRequest(("X",), HOUR))
    with pytest.raises(DataError, match=r"is about one instrument, but 2 are asked for; put {symbol}"):
        source("http://localhost/").bars(BarRequest(("X", "Y"), HOUR))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"address": "file:///etc/passwd"}, "is no address of the web"),
        ({"address": "ftp://example.com/x"}, "is no address of the web"),
        ({"address": "http://example.com/a b"}, "is no address of the web"),
        ({"address": "http://example.com/{sybol}"}, "has {sybol}, which stands for nothing; allowed: {symbol}, {interval}"),
        ({"address": "http://example.com/{"}, "has braces that don't match"),
        ({"address": "http://example.com/{limit!r}"}, "which stands for nothing"),
        (
            {"address": "http://example.com/", "rows": "a.{start}"},
            "has {start}, which stands for nothing; allowed: {symbol}, {interval}",
        ),
        ({"address": "http://example.com/", "intervals": {"1h": "60"}}, "has no {interval} to put them"),
        ({"address": "http://example.com/", "limit": 1}, "greater than or equal to 2"),
    ],
)
def test_options_that_can_not_be_are_refused(options, said):
    with pytest.raises(ValidationError) as error:
        HttpSource.Options.model_validate(options)
    assert said in str(error.value)


def test_a_redirect_to_a_file_is_not_followed(tmp_path):
    (tmp_path / "x").write_text("[]")
    reply = Reply(b"", 302, {"Location": (tmp_path / "x").as_uri()})
    with serving(lambda _path: reply) as venue, pytest.raises(VenueError, match=r"answered 302"):
        source(venue.address).bars(ASKED)


def test_a_redirect_is_followed_to_the_web_alone():
    target = {}

    def reply(path):
        return Reply(b"", 302, {"Location": target["to"]}) if path == "/from" else Reply(json.dumps(NAMED).encode())

    with serving(reply) as venue:
        target["to"] = venue.address + "/to"
        assert len(source(venue.address + "/from").bars(ASKED)["BTC/USDT"]) == 6
        target["to"] = "ftp://127.0.0.1/x"
        with pytest.raises(VenueError, match="can't be reached: unknown url type: ftp"):
            source(venue.address + "/from").bars(ASKED)


FUNDING = [
    {
        "fundingTime": START + hour * 3_600_000 + 3,
        "fundingRate": f"0.000{hour % 9}",
        "markPrice": "" if hour == 8 else f"{100 + hour}",
    }
    for hour in range(0, 240, 8)
]
FUNDING_OPTIONS = {"columns": {"time": "fundingTime", "rate": "fundingRate", "mark": "markPrice"}}


def rates(path):
    """Answer as Binance does: the first so many rows of a range, both ends included."""
    query = {name: int(values[0]) for name, values in parse_qs(urlsplit(path).query).items() if name != "symbol"}
    found = [row for row in FUNDING if query["startTime"] <= row["fundingTime"] <= query["endTime"]]
    return Reply(json.dumps(found[: query["limit"]]).encode())


def funded(venue, **options):
    address = venue.address + "/rates?symbol={symbol}&startTime={start}&endTime={end}&limit={limit}"
    table = {"address": address, **FUNDING_OPTIONS}
    return source(venue.address + "/bars?{start}", funding=table, limit=7, per_second=1e6, **options)


def test_funding_of_a_page_has_rates_and_mark_prices():
    with serving(rates) as venue:
        found = funded(venue).funding_page(BarRequest(("BTC/USDT",), 0, START * 10**6, START * 10**6 + 240 * HOUR))["BTC/USDT"]
        assert venue.paths == [f"/rates?symbol=BTCUSDT&startTime={START - 1000}&endTime={START + 240 * 3_600_000 - 1}&limit=7"]
    assert found.time.tolist() == [(START + hour * 3_600_000) * 10**6 for hour in range(0, 56, 8)]
    assert found.rate[:3].tolist() == [0.0, 0.0008, 0.0007]
    assert found.mark[0] == 100
    assert np.isnan(found.mark[1])


def test_funding_is_asked_for_page_by_page_in_the_range_of_a_run():
    request = BarRequest(("BTC/USDT",), HOUR, START * 10**6, START * 10**6 + 200 * HOUR)
    with serving(rates) as venue:
        perpetual = Instrument("BTC/USDT", kind="perpetual")
        found = load_reference(funded(venue), [perpetual], request).funding["BTC/USDT"]
        assert len(venue.paths) > 3
        assert load_reference(funded(venue), [Instrument("BTC/USDT")], request).funding == {}
    assert found.time.tolist() == [(START + hour * 3_600_000) * 10**6 for hour in range(0, 200, 8)]


def test_funding_of_a_source_without_it_is_none():
    assert source("http://127.0.0.1:1/{start}").funding(("X",)) == {}


def test_headers_take_their_keys_from_the_environment(monkeypatch):
    monkeypatch.setenv("VENUE_KEY", "sesame-7")
    headers = {"X-Api-Key": "${VENUE_KEY}", "Authorization": "Bearer ${VENUE_KEY}"}
    with serving(lambda _path: Reply(json.dumps(NAMED).encode())) as venue:
        made = source(venue.address + "/bars", headers=headers)
        assert len(made.bars(ASKED)["BTC/USDT"]) == 6
        assert "sesame" not in repr(made.options) + json.dumps(made.options.model_dump(mode="json"))
    (sent,) = venue.headers
    assert (sent["X-Api-Key"], sent["Authorization"]) == ("sesame-7", "Bearer sesame-7")


@pytest.mark.parametrize(
    "reply",
    [
        Reply(b'{"msg": "unknown key sesame-7"}', status=401),
        Reply(b'{"msg": "unknown key sesame-7"}'),
        Reply(b'[{"time": "sesame-7"}]'),
        Reply(b"<title>sesame-7</title>"),
    ],
)
def test_headers_do_not_show_in_what_is_wrong_with_an_answer(monkeypatch, reply):
    monkeypatch.setenv("VENUE_KEY", "sesame-7")
    with serving(lambda _path: reply) as venue, pytest.raises(VenueError) as error:
        source(venue.address + "/bars", headers={"X-Api-Key": "${VENUE_KEY}"}).bars(ASKED)
    assert "***" in str(error.value)
    assert "sesame" not in "".join(traceback.format_exception(error.value))


def test_headers_are_not_sent_to_where_an_address_points_instead(monkeypatch):
    monkeypatch.setenv("VENUE_KEY", "sesame-7")
    with serving(lambda _path: Reply(json.dumps(NAMED).encode())) as other:
        with serving(lambda _path: Reply(status=302, headers={"Location": other.address})) as venue:
            source(venue.address + "/bars", headers={"X-Api-Key": "${VENUE_KEY}"}).bars(ASKED)
        assert venue.headers[0]["X-Api-Key"] == "sesame-7"
        assert "X-Api-Key" not in other.headers[0]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "the header 'X-Api-Key' needs the environment variable 'VENUE_KEY', which is not set; set it: export VENUE_KEY=..."),
        ("  ", "which is not set"),
        ("two\nlines", "the environment variable 'VENUE_KEY' holds more than one line of plain characters"),
    ],
)
def test_headers_whose_variable_holds_no_key_are_refused(monkeypatch, value, said):
    monkeypatch.delenv("VENUE_KEY", raising=False)
    if value is not None:
        monkeypatch.setenv("VENUE_KEY", value)
    with pytest.raises(ConfigError) as error:
        source("http://127.0.0.1:1/bars", headers={"X-Api-Key": "${VENUE_KEY}"}).bars(ASKED)
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            {"headers": {"X-Api-Key": "sesame-7"}},
            "the header 'X-Api-Key' names no environment variable; a key does not belong into",
        ),
        ({"headers": {"X Key": "${K}"}}, "'X Key' is no name of a header"),
        (
            {"headers": {"X-Api-Key": "${K}"}, "address": "http://x.example/bars"},
            "for anybody to read; the address of a key begins with",
        ),
    ],
)
def test_headers_that_would_give_a_key_away_are_refused(options, said):
    with pytest.raises(ValidationError) as error:
        source(**{"address": "https://x.example/bars", **options})
    assert said in str(error.value)
