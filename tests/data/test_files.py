from pathlib import Path

import pytest

from tradekit import DataError
from tradekit.data.files import files_of, has_symbol, symbols_in


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in (
        "BTC_USDT.csv",
        "ETH.csv",
        "SPY-2007.csv",
        "SPY-2008.csv",
        "IEF-2008.csv",
        "by/AAPL/a.csv",
        "by/AAPL/b.csv",
        "odd[1].csv",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    return tmp_path


def names(paths: list[Path]) -> list[str]:
    return [path.name for path in paths]


def test_files_of_a_plain_path_is_that_file(folder):
    assert names(files_of(folder / "odd[1].csv")) == ["odd[1].csv"]


def test_files_of_a_symbol_spells_slash_and_colon_as_underscore(folder):
    assert names(files_of(folder / "{symbol}.csv", "BTC/USDT")) == ["BTC_USDT.csv"]
    assert names(files_of(folder / "{symbol}.csv", "BTC:USDT")) == ["BTC_USDT.csv"]


def test_files_of_a_pattern_are_sorted_by_name(folder):
    assert names(files_of(folder / "{symbol}-*.csv", "SPY")) == ["SPY-2007.csv", "SPY-2008.csv"]
    assert names(files_of(folder / "by" / "{symbol}" / "*.csv", "AAPL")) == ["a.csv", "b.csv"]
    assert names(files_of(folder / "odd[1].*")) == ["odd[1].csv"]


@pytest.mark.parametrize(
    ("path", "symbol", "message"),
    [
        ("ETC.csv", "", "no file '{}/ETC.csv'; did you mean 'ETH.csv'?"),
        (
            "{symbol}.csv",
            "BTC/USD",
            "no file '{}/BTC_USD.csv' for 'BTC/USD' (in file names '/' and ':' are written '_'); did you mean 'BTC_USDT.csv'?",
        ),
        ("{symbol}.csv", "zzz", "no file '{}/zzz.csv' for 'zzz'"),
        ("none/x.csv", "", "no file '{}/none/x.csv': there is no folder '{}/none'"),
        ("by", "", "'{0}/by' is a directory, not a file; for all of its files write '{0}/by/*'"),
        ("{symbol}-*.csv", "GLD", "no file matches '{}/GLD-*.csv' for 'GLD'"),
        ("*.txt", "", "no file matches '{}/*.txt'"),
    ],
)
def test_files_of_a_path_without_a_file_says_what_is_there(folder, path, symbol, message):
    with pytest.raises(DataError) as error:
        files_of(folder / path, symbol)
    assert str(error.value) == message.replace("{}", str(folder)).replace("{0}", str(folder))


def test_files_of_a_name_too_long_for_the_system_can_not_be_reached(folder):
    with pytest.raises(DataError, match=r"can't be reached: File name too long"):
        files_of(folder / ("x" * 300))


def test_symbols_in_reads_them_off_the_file_names(folder):
    assert symbols_in(folder / "{symbol}.csv") == ["BTC_USDT", "ETH", "IEF-2008", "SPY-2007", "SPY-2008", "odd[1]"]
    assert symbols_in(folder / "{symbol}-*.csv") == ["IEF", "SPY"]
    assert symbols_in(folder / "by" / "{symbol}" / "*.csv") == ["AAPL"]


def test_symbols_in_a_repeated_symbol_must_agree(folder):
    (folder / "by" / "AAPL" / "AAPL.csv").write_text("x")
    (folder / "by" / "AAPL" / "MSFT.csv").write_text("x")
    assert symbols_in(folder / "by" / "{symbol}" / "{symbol}.csv") == ["AAPL"]


def test_symbols_in_an_empty_folder_is_an_error(folder):
    with pytest.raises(DataError, match=r"no file matches '.*\{symbol\}.txt'"):
        symbols_in(folder / "{symbol}.txt")


def test_has_symbol_sees_it_in_any_part():
    assert has_symbol(Path("data/{symbol}/bars.csv"))
    assert not has_symbol(Path("data/symbol.csv"))
