from decimal import Decimal
from pathlib import Path

import pytest
from tradekit_venue.engine.candles import HOUR
from tradekit_venue.engine.order import Side
from tradekit_venue.loading import Rules, load

from tradekit import ConfigError, DataError, Instrument, open_source

D = Decimal
DAY_ONE = 1_704_067_200_000
EXAMPLES = Path(__file__).resolve().parents[3] / "examples" / "data"


def bars(folder, rows):
    path = folder / "x.csv"
    path.write_text(
        "time,open,high,low,close,volume\n" + "".join(f"{DAY_ONE // 1000 + hour * 3600},{row}\n" for hour, row in enumerate(rows))
    )
    return open_source("csv", [f'path="{path}"']).source


def test_bars_become_history_and_the_trades_that_are_still_to_come(tmp_path) -> None:
    source = bars(tmp_path, ["10,12.5,9,11,4", "11,12,10,10.25,8", "10,11,10,11,0.5", "11,11,11,11,1"])
    found = load(source, "ABC/USD", "bars", Rules())
    assert (found.market.symbol, found.market.tick, found.market.lot, found.interval) == ("ABC/USD", D("0.01"), D("0.1"), "1h")
    assert [(one.open_time, one.high, one.volume) for one in found.history] == [
        (DAY_ONE, D("12.5"), D(4)),
        (DAY_ONE + HOUR, D(12), D(8)),
    ]
    prints = list(found.prints)
    assert [((one.time - DAY_ONE) // HOUR, one.price) for one in prints[:4]] == [(2, D(10)), (2, D(10)), (2, D(11)), (2, D(11))]
    assert (sum(one.quantity for one in prints), found.start, found.end) == (D("1.5"), DAY_ONE + 2 * HOUR, DAY_ONE + 4 * HOUR)


def test_start_says_where_history_ends(tmp_path) -> None:
    source = bars(tmp_path, ["10,12,9,11,4", "11,12,10,10,8", "10,11,10,11,1"])
    assert len(load(source, "ABC/USD", "bars", Rules(start=DAY_ONE + HOUR)).history) == 1


def test_trades_become_prints_with_their_sides_and_history_in_minutes(tmp_path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("time,price,size,side\n1704067260,10.5,0.25,buy\n1704067290,10.25,1,sell\n1704067350,10,2,buy\n")
    source = open_source("csv", [f'trades.path="{path}"']).source
    found = load(source, "ABC/USD", "trades", Rules(start=DAY_ONE + 120_000))
    assert [(one.open_time, one.open, one.close, one.volume, one.bought) for one in found.history] == [
        (DAY_ONE + 60_000, D("10.5"), D("10.25"), D("1.25"), D("0.25"))
    ]
    assert [(one.time, one.price, one.quantity, one.side) for one in found.prints] == [(DAY_ONE + 150_000, D(10), D(2), Side.BUY)]


def test_bundled_bars_are_read_exactly() -> None:
    source = open_source("csv", [f'path="{EXAMPLES / "BTC-USDT-1h.csv.gz"}"']).source
    found = load(source, "BTC/USDT", "bars", Rules(start=1_640_995_200_000 + 2 * HOUR))
    assert (found.market.tick, found.interval, len(found.history)) == (D("0.01"), "1h", 2)
    assert (found.history[0].high, found.history[0].volume) == (D("46731.39"), D("1503.33095"))


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (["10,12,9,11,4", "10,9,9,9,1"], "bar 2 of 'ABC/USD' has a high or low that the open or close is outside of"),
        (["10,12,9,11,4", "10,12,0,11,1"], "bar 2 of 'ABC/USD' has prices that are not all above 0"),
        (["10,12,9,11,-4", "10,12,9,11,1"], "bar 1 of 'ABC/USD' has a volume that is not 0 or more"),
        (["10,12,9,11,4"], "1 bar tells no interval; say it: --interval 1h"),
    ],
)
def test_bars_that_no_market_has_made_are_refused(tmp_path, rows, said) -> None:
    with pytest.raises(DataError) as error:
        load(bars(tmp_path, rows), "ABC/USD", "bars", Rules())
    assert said in str(error.value)


def test_symbol_that_is_no_pair_is_refused(tmp_path) -> None:
    with pytest.raises(ConfigError, match=r"'ABC' names no pair of currencies; write base and quote, such as BTC/USDT"):
        load(bars(tmp_path, ["10,12,9,11,4"]), "ABC", "bars", Rules())


def test_source_without_trades_is_refused(tmp_path) -> None:
    with pytest.raises(DataError, match=r"has no trades of 'ABC/USD'; say where they are: --set trades.path=FILE"):
        load(bars(tmp_path, ["10,12,9,11,4"]), "ABC/USD", "trades", Rules())


def test_steps_that_money_can_not_be_exact_with_are_refused(tmp_path) -> None:
    source = bars(tmp_path, ["10,12,9,11,4", "10,12,9,11,4"])
    with pytest.raises(ConfigError, match=r"make one of them coarser; say --tick or --lot"):
        load(source, "ABC/USD", "bars", Rules(tick=D("0.00001"), lot=D("0.00001")))


def test_bars_of_an_interval_that_no_venue_offers_are_refused(tmp_path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("time,open,high,low,close,volume\n1704067200,1,1,1,1,1\n1704067620,1,1,1,1,1\n1704068040,1,1,1,1,1\n")
    with pytest.raises(DataError, match=r"bars of 420000 ms are of no interval that a venue offers: 1s, 1m"):
        load(open_source("csv", [f'path="{path}"']).source, "ABC/USD", "bars", Rules())


@pytest.mark.parametrize(
    ("multiplier", "asked", "contract", "lot"), [(1.0, None, "1", "0.1"), (0.5, None, "0.5", "0.05"), (1.0, "0.2", "0.2", "0.1")]
)
def test_sizes_of_perpetuals_are_kept_in_units_however_they_are_counted(tmp_path, multiplier, asked, contract, lot) -> None:
    source = bars(tmp_path, ["10,12.5,9,11,4.5", "11,12,10,10.25,8"])
    source.instruments = lambda: (Instrument("ABC/USD:USD", kind="perpetual", multiplier=multiplier),)
    found = load(source, "ABC/USD:USD", "bars", Rules(contract=None if asked is None else D(asked)))
    assert (found.market.contract, str(found.market.lot)) == (D(contract), lot)
    assert [one.volume for one in found.history] == [D("4.5") * D(str(multiplier))]
    assert sum(one.quantity for one in found.prints) == 8 * D(str(multiplier))


def test_contract_that_no_lot_is_a_share_of_is_refused(tmp_path) -> None:
    source = bars(tmp_path, ["10,12,9,11,4", "11,12,10,10,8"])
    for contract, said in (("0.3", "and its lot of 1 is no number of contracts .* --lot or --contract"), ("-1", "must be above 0")):
        with pytest.raises(ConfigError, match=rf"^a contract of 'ABC/USD:USD' is {contract} ABC.*{said}"):
            load(source, "ABC/USD:USD", "bars", Rules(contract=D(contract)))
