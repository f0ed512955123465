"""The commands about the store, as a person types them."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from stored_rows import HOUR, KEY, at, hours, of_kind
from tradekit import Actions, Series, Trades
from tradekit.cli.main import main
from tradekit.data.store.exporting import export
from tradekit.data.store.folder import Store
from tradekit.data.store.keys import DataKey
from tradekit.data.store.kinds import LAYOUTS

DAY = 24 * HOUR
BARS = """time,open,high,low,close,volume
2024-01-31T22:00,100,103,99,102,1200
2024-01-31T23:00,102,104,101,103,900
2024-02-01T00:00,103,104,102,102,800
2024-02-01T01:00,102,103,100,101,700
"""
RUN = """risk = []
[run]
name = "demo"
[account]
currency = "USD"
capital = 10_000
[data]
source = "store"
instruments = ["ACME"]
interval = "1h"
[strategy]
name = "buy-and-hold"
[execution]
costs = []
"""
IMPORT = ("data", "import", "csv", "bars.csv", "--venue", "nyse", "--symbol", "ACME", "--interval", "1h")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("COLUMNS", "TRADEKIT_RUNS", "TRADEKIT_STORE"):
        monkeypatch.delenv(name, raising=False)
    Path("bars.csv").write_text(BARS)
    Path("run.toml").write_text(RUN)
    return tmp_path


def said(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    capsys.readouterr()
    assert main(arguments) == code, capsys.readouterr()
    told = capsys.readouterr()
    return told.out if code == 0 else told.out + told.err


def as_json(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> object:
    return json.loads(said(capsys, *arguments, "--json", code=code))


def test_import_file_is_listed_and_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert "nyse ACME bars 1h     4  2024-01-31T22:00:00Z  2024-02-01T01:00:00Z         1" in said(
        capsys, *IMPORT, "--fact", "tick=0.01"
    )
    assert as_json(capsys, "data", "list")[0]["rows"] == 4
    shown = said(capsys, "data", "show", "ACME", "--head", "1")
    assert "instrument tick = 0.01" in shown
    assert "covered    2024-01-31T22:00:00Z to 2024-02-01T02:00:00Z" in shown
    assert "..." in shown
    assert as_json(capsys, "data", "show", "ACME")["instrument"] == {"tick": 0.01}


def test_import_the_same_again_is_nothing_new(capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, *IMPORT)
    assert "1, nothing new" in said(capsys, *IMPORT)
    assert as_json(capsys, *IMPORT)[0]["new"] is False


def test_import_several_files_is_one_revision_in_order_of_time(capsys: pytest.CaptureFixture[str]) -> None:
    lines = BARS.splitlines(keepends=True)
    Path("b.csv").write_text(lines[0] + "".join(lines[1:3]))
    Path("a.csv").write_text(lines[0] + "".join(lines[3:]))
    told = as_json(capsys, *IMPORT[:3], "a.csv", "b.csv", *IMPORT[4:])
    assert (told[0]["rows"], told[0]["revision"]) == (4, 1)
    assert Store("store").open(DataKey("nyse", "ACME", "bars", "1h")).read().close.tolist() == [102, 103, 102, 101]


def test_import_range_takes_only_what_is_in_it(capsys: pytest.CaptureFixture[str]) -> None:
    told = as_json(capsys, *IMPORT, "--start", "2024-01-31T23:00", "--end", "2024-02-01T01:00")
    assert told[0]["rows"] == 2


def test_import_from_a_run_file_takes_its_instruments_and_interval(capsys: pytest.CaptureFixture[str]) -> None:
    Path("from.toml").write_text('[data]\nsource = "csv"\npath = "bars.csv"\ninstruments = ["ACME"]\ninterval = "1h"\n')
    assert as_json(capsys, "data", "import", "from.toml", "--venue", "nyse")[0]["data_set"] == "nyse ACME bars 1h"


def test_import_trades_needs_no_more_than_their_file(capsys: pytest.CaptureFixture[str]) -> None:
    Path("trades.csv").write_text("time,price,size\n1704067200,42300,0.5\n1704067260,42310,0.1\n")
    told = as_json(capsys, "data", "import", "csv", "trades.csv", "--venue", "kraken", "--symbol", "BTC/EUR", "--kind", "trades")
    assert (told[0]["data_set"], told[0]["rows"]) == ("kraken BTC/EUR trades", 2)


def test_import_actions_of_those_that_have_any(capsys: pytest.CaptureFixture[str]) -> None:
    Path("splits.csv").write_text("symbol,date,ratio\nACME,2024-01-02,2\n")
    arguments = (
        "data",
        "import",
        "csv",
        "--venue",
        "nyse",
        "--symbol",
        "ACME",
        "--symbol",
        "OTHER",
        "--kind",
        "actions",
    )
    told = as_json(capsys, *arguments, "--set", "actions.splits.path=splits.csv")
    assert [one["data_set"] for one in told] == ["nyse ACME actions"]


@pytest.mark.parametrize(
    ("change", "arguments", "message"),
    [
        (lambda text: text.replace("102,103,100,101", "102,x,100,101"), (), "line 5: 'x' in column 'high' is not a number"),
        (
            lambda text: text + text.splitlines()[1] + "\n",
            (),
            "has 1 bars with a time before that of the row above, the first in row 5",
        ),
        (
            lambda text: text + text.splitlines()[4] + "\n",
            (),
            "has 1 bars with a time that another has, the first at 2024-02-01T01:00",
        ),
        (lambda text: text, ("--interval", "2h"), "no two bars of 'ACME' are 2h apart; the commonest step is 1h; set --interval"),
        (lambda text: text, ("--interval", "2x"), "--interval: '2x' is not an interval"),
        (lambda text: text, ("--fact", "tick=no"), "fact.tick"),
        (lambda text: text, ("--kind", "trades"), "--interval is for bars, and trades have none"),
        (lambda text: text.splitlines()[0] + "\n", (), "has columns and no rows"),
    ],
)
def test_import_what_can_not_be_kept_is_refused(
    capsys: pytest.CaptureFixture[str], change: object, arguments: tuple[str, ...], message: str
) -> None:
    Path("bars.csv").write_text(change(BARS))
    capsys.readouterr()
    assert main([*IMPORT, *arguments]) in (2, 4)
    assert message in capsys.readouterr().err
    assert Store("store").keys() == []


def test_import_without_interval_or_symbols_says_what_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    assert "add --interval" in said(capsys, *IMPORT[:8], code=2)


def test_import_bars_of_a_threshold_from_a_file_says_what_they_are_made_of(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*IMPORT[:-1], "50 volume"]) == 2
    message = capsys.readouterr().err
    assert "the source 'csv' has no bars of 50 volume" in message
    assert "tradekit data resample DATA_SET --to '50 volume'" in message


def test_import_bars_of_a_threshold_from_a_store_have_the_same_content() -> None:
    time = np.arange(10) * 30_000_000_000
    trades = Trades(time, 10.0 + np.arange(10), np.ones(10))
    first = Store(Path("first"))
    first.create(DataKey("lab", "X", "trades")).put(trades, "test", "to begin with")
    assert main(["data", "resample", "trades", "--to", "3 trades", "--store", "first"]) == 0
    asked = ("--venue", "lab", "--symbol", "X", "--interval", "3 trades", "--store", "second")
    assert main(["data", "import", "store", *asked, "--set", "path=first"]) == 0
    key = DataKey("lab", "X", "bars", "3 trades")
    contents = [store.open(key).manifest.revision(1).content for store in (first, Store(Path("second")))]
    assert contents[0] == contents[1]


def test_import_bars_without_volume_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    Path("bars.csv").write_text(BARS.replace("volume", "VolumeFrom"))
    assert main(IMPORT) == 0
    assert capsys.readouterr().out.endswith("! nyse ACME bars 1h: no volume is known\n")


def test_import_of_what_is_seldom_traded_is_kept_on_demand_and_checked_to_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, *IMPORT)
    words = [*IMPORT[:6], "--symbol", "RARE", "--interval", "2h"]
    assert "or say --spacing accept" in said(capsys, *words, code=4)
    said(capsys, *words, "--spacing", "accept")
    told = said(capsys, "data", "check", code=4)
    assert "a run refuses nyse RARE bars 2h because of spacing" in told
    assert "no two bars are 2h apart; the commonest step from one to the next is 1h" in told
    assert "nyse ACME bars 1h" in told


def test_import_out_of_order_is_sorted_on_demand_and_counted(capsys: pytest.CaptureFixture[str]) -> None:
    lines = BARS.splitlines(keepends=True)
    Path("bars.csv").write_text("".join([lines[0], *reversed(lines[1:]), lines[1].replace("1200", "7")]))
    told = said(capsys, *IMPORT, "--unsorted", "sort", "--duplicates", "first")
    assert "! nyse ACME bars 1h: sorted: 3 bars with a time before that of the row above" in told
    assert "left out: 1 bars with a time that another has; the first one is kept" in told
    assert Store("store").open(DataKey("nyse", "ACME", "bars", "1h")).read().volume.tolist() == [1200, 900, 800, 700]
    said(capsys, *IMPORT, "--unsorted", "sort", "--duplicates", "last")
    assert Store("store").open(DataKey("nyse", "ACME", "bars", "1h")).read().volume.tolist() == [7, 900, 800, 700]


@pytest.mark.parametrize("kind", ["bars", "trades", "quotes", "book", "funding"])
@pytest.mark.parametrize(("source", "ending"), [("csv", ".csv"), ("csv", ".csv.gz"), ("parquet", ".parquet")])
def test_export_is_imported_again_as_the_same_content(
    capsys: pytest.CaptureFixture[str], kind: str, source: str, ending: str
) -> None:
    key = DataKey("binance", "BTC/USDT", kind, "1h" if kind == "bars" else "")
    data = of_kind(kind)
    first = Store("store").create(key)
    first.put(data, "test", "import")
    said(capsys, "data", "export", str(key), "--to", f"rows{ending}")
    more = ["--interval", "1h"] if kind == "bars" else []
    if kind == "funding":
        more = [
            "--set",
            f'funding.mark={{ path = "rows{ending}", columns = {{ value = "mark" }} }}',
            "--set",
            "funding.columns.value=rate",
        ]
    said(capsys, "data", "import", source, f"rows{ending}", "--venue", "again", "--symbol", "BTC/USDT", "--kind", kind, *more)
    again = Store("store").open(DataKey("again", "BTC/USDT", kind, key.interval))
    assert again.manifest.revisions[-1].content == first.manifest.revisions[-1].content


def test_export_range_and_revision_are_those_that_are_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    data_set = Store("store").create(KEY)
    data_set.put(hours("2024-01-01", 4), "csv", "import")
    data_set.put(hours("2024-01-01", 4, 500.0), "csv", "correction")
    arguments = ("data", "export", "BTC", "--to", "x.csv", "--start", "2024-01-01T01:00", "--end", "2024-01-01T03:00")
    assert said(capsys, *arguments, "--revision", "1") == "2 rows of binance bars 1h, revision 1 written to x.csv\n"
    assert Path("x.csv").read_text().splitlines()[1].endswith(",100.5,102,100,101,10")


def test_export_to_a_name_that_says_nothing_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    Store("store").create(KEY).put(hours("2024-01-01", 4), "csv", "import")
    assert "'x.txt' does not say how it is to be written; its name ends with .csv" in said(
        capsys, "data", "export", "BTC", "--to", "x.txt", code=4
    )
    assert "'no/x.csv' can't be written" in said(capsys, "data", "export", "BTC", "--to", "no/x.csv", code=4)


def test_export_actions_hold_every_column(tmp_path: Path) -> None:
    export(of_kind("actions"), "actions", tmp_path / "x.csv")
    assert (tmp_path / "x.csv").read_text().splitlines()[:2] == ["time,kind,value", "2024-01-31 20:00:00.000000000Z,0,0.5"]
    assert list(LAYOUTS["actions"].columns) == ["time", "kind", "value"]


def test_show_words_that_fit_several_or_none_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert "is called 'BTC'; it is empty" in said(capsys, "data", "show", "BTC", code=4)
    for interval in ("1h", "2h"):
        Store("store").create(DataKey("binance", "BTC/USDT", "bars", interval)).put(hours("2024-01-01", 2), "csv", "import")
    assert "'BTC/USDT' may be any of 'binance BTC/USDT bars 1h', 'binance BTC/USDT bars 2h'; write more of it" in said(
        capsys, "data", "show", "BTC/USDT", code=4
    )
    assert "no data set of 'store' is called 'ETH'" in said(capsys, "data", "show", "ETH", code=4)
    assert "2 rows" in said(capsys, "data", "show", "BTC/USDT", "2h")


def test_list_empty_store_says_what_fills_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "data", "list").startswith("nothing is kept in store; 'tradekit data import'")


def test_verify_good_and_damaged_store(capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, *IMPORT)
    assert said(capsys, "data", "verify").endswith("all 1 data sets are what was written\n")
    (file,) = Path("store").rglob("2024-02.1.parquet")
    file.write_bytes(b"x" + file.read_bytes())
    Path("store/mine.txt").write_text("x")
    told = said(capsys, "data", "verify", code=1)
    assert "! nyse ACME bars 1h: " in told
    assert f"{Path('store/mine.txt')} is none of the store's" in told
    assert told.endswith("1 of 1 data sets are not what was written\n")
    found = json.loads(said(capsys, "data", "verify", "--json", code=1))
    assert "is not what was written" in found["data_sets"][0]["problems"][0]
    assert found["outside"]["foreign"] == ["store/mine.txt"]


def test_run_repeated_with_its_revisions_is_the_same_after_a_correction(capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, *IMPORT)
    said(capsys, "run", "run.toml")
    Path("bars.csv").write_text(BARS.replace("102,103,100,101,700", "102,103,90,95,700"))
    said(capsys, *IMPORT, "--why", "a wrong close")
    said(capsys, "run", "run.toml")
    said(capsys, "run", "run.toml", "--set", 'data.revisions={ "nyse ACME bars 1h" = 1 }')
    runs = sorted(path.name for path in Path("runs").iterdir() if path.is_dir())
    manifests = [json.loads(Path("runs", run, "manifest.json").read_text()) for run in runs]
    assert [manifest["data"][0]["revision"] for manifest in manifests] == [1, 2, 1]
    assert {manifest["data"][0]["data_set"] for manifest in manifests} == {"nyse ACME bars 1h"}
    assert manifests[0]["files"] == manifests[2]["files"] != manifests[1]["files"]
    assert "! the data of ACME differ" in said(capsys, "runs", "compare", runs[0], runs[1])
    told = said(capsys, "runs", "compare", runs[0], runs[2])
    assert "all figures are the same" in told
    assert "the same tables, byte for byte: orders, fills, positions, equity, trades, journal" in told


def test_run_of_a_store_is_that_of_the_files_it_was_filled_from(capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, *IMPORT)
    said(capsys, "run", "run.toml")
    said(capsys, "run", "run.toml", "--set", "data.source=csv", "--set", "data.path=bars.csv")
    first, second = (json.loads(path.read_text()) for path in sorted(Path("runs").glob("*/manifest.json")))
    assert first["files"] == second["files"]
    assert first["data"][0]["sha256"] == second["data"][0]["sha256"]


def test_prune_holds_what_a_run_has_used(capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, *IMPORT)
    said(capsys, "run", "run.toml")
    for close in ("96", "97"):
        Path("bars.csv").write_text(BARS.replace("102,103,100,101,700", f"102,103,90,{close},700"))
        said(capsys, *IMPORT)
    told = said(capsys, "data", "prune", "--keep", "1", "--dry-run")
    assert "revision 1 stays, because a run in runs has used it" in told
    assert "revision 2 would go" in told
    assert "1 file, 0.00 MB, would be removed" in told
    assert as_json(capsys, "data", "prune", "--keep", "1")[0]["revisions"] == [2]
    assert len(list(Path("store").rglob("*.parquet"))) == 3
    assert said(capsys, "data", "verify").endswith("all 1 data sets are what was written\n")
    shutil.rmtree("runs")
    assert "revision 1 is gone" in said(capsys, "data", "prune", "--keep", "1")


def test_prune_run_that_can_not_be_read_stops_it(capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, *IMPORT)
    Path("runs/broken").mkdir(parents=True)
    Path("runs/broken/manifest.json").write_text("{")
    assert "what 'broken' in 'runs' has used is not known" in said(capsys, "data", "prune", "--keep", "1", code=1)
    said(capsys, "data", "prune")


def test_import_nan_prices_are_kept_as_they_are_read(capsys: pytest.CaptureFixture[str]) -> None:
    Path("bars.csv").write_text(BARS.replace("103,104,102,102,800", "103,104,,102,800"))
    said(capsys, *IMPORT)
    assert np.isnan(Store("store").open(DataKey("nyse", "ACME", "bars", "1h")).read(at("2024-02-01")).low[0])


@pytest.mark.parametrize("ending", [".csv", ".csv.gz", ".parquet"])
def test_export_of_each_data_set_that_a_store_can_hold_is_imported_again_as_the_same(
    capsys: pytest.CaptureFixture[str], ending: str
) -> None:
    opened = at("2024-01-31T20:00") + np.array([0, 7, 7_000, 9_000_000_000_000])
    uneven = Series(opened, opened + np.array([5, 11, 8_999, 10**9]), *np.full((5, 4), 100.25), origin="a test")
    kinds = np.array([0, 1, 2, 0], np.int32)
    actions = Actions(opened[[0, 0, 1, 3]], kinds, np.array([2.0, 0.1, 0.0, 1 / 3]), "a test")
    kept = {
        ("bars", "1h"): replace(hours("2024-01-31T14:30", 8), close_time=hours("2024-01-31T14:30", 8).close_time - 7),
        ("bars", "1d"): replace(
            hours("2024-01-31T00:00", 2),
            open_time=at("2024-01-30") + DAY * np.arange(1, 3) + 14 * HOUR,
            close_time=at("2024-01-30") + DAY * np.arange(1, 3) + 21 * HOUR,
        ),
        **{("bars", size): uneven for size in ("1000 trades", "50 volume", "1000000 value")},
        ("actions", ""): actions,
        **{(kind, ""): of_kind(kind) for kind in ("trades", "quotes", "book", "funding")},
    }
    assert {kind for kind, _ in kept} == set(LAYOUTS)
    for (kind, size), data in kept.items():
        key, file = DataKey("binance", "BTC/USDT", kind, size), f"{kind} {size}{ending}"
        Store("store").create(key).put(data, "test", "import")
        said(capsys, "data", "export", str(key), "--to", file)
        more = ["--interval", size, "--set", "columns.close_time=close_time"] if kind == "bars" else []
        if kind == "funding":
            mark = f'funding.mark={{ path = "{file}", columns = {{ value = "mark" }} }}'
            more = ["--set", mark, "--set", "funding.columns.value=rate"]
        source = "parquet" if ending == ".parquet" else "csv"
        said(capsys, "data", "import", source, file, "--venue", "again", "--symbol", "BTC/USDT", "--kind", kind, *more)
        again = Store("store").open(DataKey("again", "BTC/USDT", kind, size))
        assert again.manifest.revisions[-1].content == Store("store").open(key).manifest.revisions[-1].content, key


def test_run_on_bars_of_a_threshold_from_a_file_takes_each_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    Path("bars.csv").write_text(
        "time,close_time,open,high,low,close\n2024-01-01T00:00,2024-01-01T07:12,1,2,1,2\n2024-01-02,2024-01-02T00:01,2,3,2,3\n"
    )
    text = RUN.replace('source = "store"', 'source = "csv"\npath = "bars.csv"\ncolumns = { close_time = "close_time" }')
    Path("run.toml").write_text(text.replace('"1h"', '"50 volume"'))
    told = said(capsys, "check", "run.toml")
    assert "ACME" in told
    assert "2024-01-01" in told


def test_import_that_fails_leaves_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, *IMPORT)
    Path("other.csv").write_text("time,close_time,open,high,low,close\n2024-01-01,2024-01-01,1,2,1,2\n")
    other = ("data", "import", "csv", "other.csv", "--venue", "lse", "--symbol", "ACME", "--interval", "1h")
    assert "closes before it opens" in said(capsys, *other, "--set", "columns.close_time=close_time", code=4)
    assert not Path("store/lse").exists()
    assert "4 rows" in said(capsys, "data", "show", "ACME")


def test_prune_removes_what_a_fetch_asked_for_in_vain_and_verify_tells(capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, *IMPORT)
    store = Store("store")
    empty, begun = (store.create(DataKey("lse", symbol, "bars", "1h")) for symbol in ("ACME", "BETA"))
    for data_set in (empty, begun):
        data_set.stage(hours("2024-01-01", 0), at("2024-01-01"), at("2024-01-02"), "venue")
    empty.commit("venue", "fetched")
    told = said(capsys, "data", "verify")
    assert "nothing in it" in told
    assert "1 data set that a fetch has begun; the same 'tradekit data fetch' goes on with it" in told
    assert "1 data set in which nothing is; 'tradekit data prune' removes it" in told
    assert "lse" not in said(capsys, "data", "list")
    told = said(capsys, "data", "prune", "--dry-run")
    assert "lse ACME bars 1h: nothing is in it; it would go" in told
    assert empty.manifest == store.create(empty.key).manifest
    assert "lse ACME bars 1h: nothing is in it; it is gone\n1 file, 0.00 MB, was removed\n" in said(capsys, "data", "prune")
    assert store.remnants() == [begun.key]
    assert begun.covered() == [(at("2024-01-01"), at("2024-01-02"))]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (
            ("csv", "ticks.csv", "--kind", "trades", "--set", "columns.time=when"),
            2,
            ": columns is about the bars, and no file of these is named; that of the trades is",
        ),
        (("csv", "ticks.csv", "--kind", "trades"), 4, '; name it: trades.columns = { time = "..." }'),
        (("csv", "ticks.csv", "--kind", "funding"), 4, '; name it: funding.columns = { time = "..." }'),
        (
            ("csv", "ticks.csv", "--kind", "book", "--set", "book.levels={}", "--set", "book.columns.time=when"),
            4,
            '; name it: book.levels = { bid_price = "..." }',
        ),
        (
            ("csv", "--kind", "actions", "--set", "path=bars.csv"),
            4,
            "gave no actions of 'ACME'; say where they are, each kind in a table of its own: actions.splits.path, or all in one",
        ),
        (("csv", "--kind", "quotes", "--set", "path=bars.csv"), 4, "gave no quotes of 'ACME'; say where they are: [data.quotes]"),
        (
            ("csv", "bare.csv", "--kind", "trades"),
            4,
            "if that is its first row, say so, and what the columns are: header = false, names",
        ),
    ],
)
def test_import_says_the_key_that_is_missing(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], code: int, message: str
) -> None:
    Path("ticks.csv").write_text("when,price,size\n1704067200,42300,0.5\n")
    Path("bare.csv").write_text("1704067200,42300,0.5\n1704067201,42300,0.5\n")
    told = said(capsys, "data", "import", *arguments, "--venue", "x", "--symbol", "ACME", code=code)
    assert message in told
    assert ": :" not in told
