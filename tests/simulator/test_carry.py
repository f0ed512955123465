"""Splits, dividends, delistings, funding, borrowing and interest, by hand and on real data."""

from dataclasses import replace

import numpy as np
import pytest

from stage import bars_of, play, setup_of
from tradekit.model.bars import Bars
from tradekit.model.event import CashKind, EventKind
from tradekit.model.instrument import Instrument
from tradekit.model.reference import ScheduledKind
from tradekit.model.timeline import Schedule
from tradekit.simulator.setup import AccountTerms, Currency

FLAT = 100.0
NAN = np.nan
DAY = 86_400_000_000_000
SPLIT, DIVIDEND, DELISTING, FUNDING = ScheduledKind


def scheduled(*entries):
    """Return a schedule of (row, kind, value) of the first instrument."""
    return Schedule.of([(row, 0, kind, value, NAN) for row, kind, value in entries])


def cash_of(run):
    """Return kind, amount, rate, price and units of each cash entry; NaN is None."""
    found = [(CashKind(entry.code), entry.a, entry.b, entry.c, entry.d) for entry in run.entries(EventKind.CASH)]
    return [tuple(None if value != value else value for value in entry) for entry in found]


def daily(series, hours=24):
    bars = bars_of(series)
    opened = np.arange(len(bars), dtype=np.int64) * hours * DAY // 24
    return replace(bars, open_time=opened, close_time=opened + hours * DAY // 24)


def actions_of(run):
    return [(entry.row, ScheduledKind(entry.code), entry.a, entry.e) for entry in run.entries(EventKind.ACTION)]


def test_split_multiplies_units_and_divides_prices():
    run = play({"X": [700.0, 700.0, 100.0, 110.0]}, {0: lambda ctx: ctx.buy(1)}, schedule=scheduled((2, SPLIT, 7.0)))
    assert run.equity == [1000, 1000, 1000, 1070]
    assert run.position() == 7
    assert run.context["X"].average_price == pytest.approx(100)
    assert actions_of(run) == [(2, SPLIT, 7, 7)]


def test_split_pays_out_the_fraction_of_a_share():
    share = Instrument("X", kind="equity")
    run = play({"X": [30.0, 30.0, 20.0]}, {0: lambda ctx: ctx.buy(3)}, [share], schedule=scheduled((2, SPLIT, 1.5)))
    assert run.position() == 4
    assert cash_of(run) == [(CashKind.IN_LIEU, 10, None, 20, 0.5)]
    assert run.equity == [1000, 1000, 1000]


def test_reverse_split_pays_out_what_is_less_than_a_lot():
    run = play(
        {"X": [1.0, 1.0, 10.0]}, {0: lambda ctx: ctx.buy(129)}, [Instrument("X", lot=0.5)], schedule=scheduled((2, SPLIT, 0.1))
    )
    assert run.position() == 12.5
    assert cash_of(run) == [(CashKind.IN_LIEU, pytest.approx(4), None, 10, pytest.approx(0.4))]


def test_reverse_split_of_too_few_shares_pays_out_all():
    run = play(
        {"X": [1.0, 1.0, 10.0]}, {0: lambda ctx: ctx.buy(3)}, [Instrument("X", kind="equity")], schedule=scheduled((2, SPLIT, 0.1))
    )
    assert run.position() == 0
    assert run.context["X"].average_price != run.context["X"].average_price
    assert run.cash == pytest.approx(1000)


def test_split_of_a_short_position_buys_the_fraction_back():
    run = play(
        {"X": [30.0, 30.0, 20.0]},
        {0: lambda ctx: ctx.sell(3)},
        [Instrument("X", kind="equity")],
        is_margin=True,
        schedule=scheduled((2, SPLIT, 1.5)),
    )
    assert run.position() == -4
    assert run.cash == pytest.approx(1000 + 90 - 10)
    assert run.equity[-1] == pytest.approx(1000)


def test_split_counts_in_equity_before_the_next_bar():
    run = play(
        {"X": [700.0, 700.0, None, 100.0], "Y": [1.0] * 4}, {0: lambda ctx: ctx["X"].buy(1)}, schedule=scheduled((2, SPLIT, 7))
    )
    assert run.equity == [1000] * 4


def test_dividend_is_paid_on_what_was_held_before_the_day():
    run = play({"X": [FLAT] * 4}, {0: lambda ctx: ctx.buy(5), 1: lambda ctx: ctx.buy(2)}, schedule=scheduled((2, DIVIDEND, 1.5)))
    assert run.equity == [1000, 1000, 1007.5, 1007.5]
    assert cash_of(run) == [(CashKind.DIVIDEND, 7.5, None, 1.5, 5)]


def test_dividend_of_the_day_of_a_split_is_for_new_units():
    run = play({"X": [FLAT, FLAT, 50.0]}, {0: lambda ctx: ctx.buy(5)}, schedule=scheduled((2, DIVIDEND, 1.0), (2, SPLIT, 2.0)))
    assert run.equity[-1] == 1010


def test_short_position_pays_the_dividend():
    run = play({"X": [FLAT] * 3}, {0: lambda ctx: ctx.sell(5)}, is_margin=True, schedule=scheduled((2, DIVIDEND, 1.5)))
    assert run.equity[-1] == 992.5


def test_delisting_turns_the_position_into_cash():
    run = play(
        {"X": [FLAT, FLAT, None], "Y": [1.0] * 3}, {0: lambda ctx: ctx["X"].buy(5)}, schedule=scheduled((2, DELISTING, 40.0))
    )
    assert run.equity == [1000, 1000, 700]
    assert (run.cash, run.position("X")) == (700, 0)
    assert run.simulation.ledger.realised == -300
    assert actions_of(run) == [(2, DELISTING, 40, 0)]


def test_funding_is_paid_by_longs_on_the_mark_price():
    schedule = Schedule.of([(1, 0, FUNDING, 0.001, 90.0), (2, 0, FUNDING, -0.002, NAN), (3, 0, FUNDING, 0.01, NAN)])
    run = play(
        {"X": [FLAT, FLAT, 110.0, 110.0]},
        {0: lambda ctx: ctx.buy(2), 2: lambda ctx: ctx.exit()},
        [Instrument("X", kind="perpetual", multiplier=5.0)],
        is_margin=True,
        leverage=2.0,
        schedule=schedule,
    )
    assert cash_of(run) == [
        (CashKind.FUNDING, pytest.approx(-0.9), 0.001, 90, 2),
        (CashKind.FUNDING, pytest.approx(2.2), -0.002, 110, 2),
    ]
    assert run.equity[-1] == pytest.approx(1000 + 100 - 0.9 + 2.2)


def test_borrowing_is_paid_for_each_day_that_begins_with_a_short_position():
    run = play(
        daily({"X": [FLAT] * 6}),
        {0: lambda ctx: ctx.sell(5), 3: lambda ctx: ctx.exit()},
        is_margin=True,
        terms=AccountTerms(borrow_rate=0.365),
    )
    # Sold as day 1 opens, bought back as day 4 opens: three nights.
    assert cash_of(run) == [(CashKind.BORROWING, pytest.approx(-0.5), 0.365, FLAT, -5)] * 3


def test_borrowing_over_a_weekend_is_of_three_days():
    bars = daily({"X": [FLAT] * 4})
    opened = bars.open_time + np.array([0, 0, 2, 2]) * DAY
    run = play(
        replace(bars, open_time=opened, close_time=opened + DAY),
        {0: lambda ctx: ctx.sell(5)},
        [Instrument("X", borrow_rate=0.73)],
        is_margin=True,
        terms=AccountTerms(borrow_rate=0.365),
    )
    assert [amount for _, amount, *_ in cash_of(run)] == [pytest.approx(-3.0), pytest.approx(-1.0)]


def test_hours_within_a_day_cost_nothing_to_borrow():
    run = play(
        daily({"X": [FLAT] * 50}, hours=1),
        {1: lambda ctx: ctx.sell(5), 20: lambda ctx: ctx.exit(), 30: lambda ctx: ctx.sell(5)},
        is_margin=True,
        terms=AccountTerms(borrow_rate=0.365),
    )
    assert [(entry.row, entry.a) for entry in run.entries(EventKind.CASH)] == [(48, pytest.approx(-0.5))]


def test_short_perpetual_borrows_nothing():
    run = play(
        daily({"X": [FLAT] * 4}),
        {0: lambda ctx: ctx.sell(5)},
        [Instrument("X", kind="perpetual")],
        is_margin=True,
        terms=AccountTerms(borrow_rate=1.0),
    )
    assert cash_of(run) == []


def test_cash_earns_interest_and_a_loan_costs():
    terms = AccountTerms(interest_rate=0.0365, loan_rate=0.073)
    idle = play(daily({"X": [FLAT] * 3}), {}, terms=terms)
    assert idle.equity == [1000, pytest.approx(1000.1), pytest.approx(1000.1 * 1.0001)]
    owing = play(daily({"X": [FLAT] * 3}), {0: lambda ctx: ctx.buy(15)}, is_margin=True, leverage=2.0, terms=terms)
    assert [amount for _, amount, *_ in cash_of(owing)] == [pytest.approx(0.1), pytest.approx(-499.9 * 0.0002)]


def test_money_from_short_sales_earns_nothing():
    run = play(daily({"X": [FLAT] * 3}), {0: lambda ctx: ctx.sell(5)}, is_margin=True, terms=AccountTerms(interest_rate=0.0365))
    assert [amount for _, amount, *_ in cash_of(run)] == [pytest.approx(0.1), pytest.approx(1000.1 * 0.0001)]


def test_interest_is_paid_in_each_currency():
    run = play(daily({"X": [FLAT] * 2}), {}, currencies=[Currency("EUR", 500.0, 2.0)], terms=AccountTerms(interest_rate=0.0365))
    assert [(entry.e, entry.a) for entry in run.entries(EventKind.CASH)] == [(0, pytest.approx(0.1)), (1, pytest.approx(0.05))]
    assert run.equity == [2000, pytest.approx(2000.2)]


@pytest.mark.parametrize(
    ("schedule", "said"),
    [
        (replace(scheduled((1, SPLIT, 2.0)), row=np.array([1, 2])), "columns of one length"),
        (replace(scheduled((1, SPLIT, 2.0), (2, SPLIT, 2.0)), row=np.array([2, 1])), "in order of their rows"),
        (Schedule.of([(1, 5, SPLIT, 2.0, NAN)]), "instruments from 0 to 0"),
        (scheduled((1, SPLIT, 0.0)), "the value of a split must be above 0"),
    ],
)
def test_schedule_that_makes_no_sense_is_refused(schedule, said):
    with pytest.raises(ValueError, match=said):
        setup_of(bars_of({"X": [FLAT] * 3}), schedule=schedule)


def feather(path):
    import pyarrow as pa
    import pyarrow.feather

    table = pyarrow.feather.read_table(path)
    times = np.array(table["date"].cast(pa.timestamp("ns", tz="UTC")).cast("int64"))
    return times, {name: np.array(table[name], dtype=np.float64) for name in ("open", "high", "low", "close", "volume")}


def test_real_funding_of_one_bitcoin_is_the_sum_of_rates_times_marks(market_data):
    folder = market_data / "crypto/binance_2023_2025/perp"
    times, columns = feather(folder / "BTC_USDT_USDT-1h-futures.feather")
    hour = 3_600_000_000_000
    bars = Bars(("BTC",), times, times + hour, *(column[:, None] for column in columns.values()))
    paid_at, rates = feather(folder / "BTC_USDT_USDT-8h-funding_rate.feather")
    mark_at, marks = feather(folder / "BTC_USDT_USDT-8h-mark.feather")
    paid_at = (paid_at + hour // 2) // hour * hour  # stamps are some milliseconds late
    mark = marks["open"][np.searchsorted(mark_at, paid_at)]
    rows = np.searchsorted(bars.close_time, paid_at)
    entries = [(row, 0, FUNDING, rate, price) for row, rate, price in zip(rows, rates["open"], mark, strict=True)]
    run = play(
        bars,
        {0: lambda ctx: ctx.buy(1)},
        [Instrument("BTC", kind="perpetual")],
        capital=1e6,
        is_margin=True,
        schedule=Schedule.of(entries),
    )
    funding = [entry.a for entry in run.entries(EventKind.CASH)]
    assert len(funding) == len(paid_at) == 997
    assert sum(funding) == pytest.approx(-np.sum(rates["open"] * mark), rel=1e-12)
    assert -10_000 < sum(funding) < -5_000
    entry = run.entries(EventKind.FILL)[0]
    assert run.equity[-1] == pytest.approx(1e6 + bars.close[-1, 0] - entry.b + sum(funding), rel=1e-12)


def test_real_split_and_dividends_of_apple(market_data):
    import pandas as pd

    folder = market_data / "equity_daily/us9_2004_2014"
    table = pd.read_csv(folder / "bars.csv.gz")
    own = table[table["symbol"] == "AAPL"]
    days = own["date"].to_numpy(dtype="M8[ns]").astype(np.int64)
    bars = Bars(("AAPL",), days, days + DAY, *(own[[name]].to_numpy(float) for name in ("open", "high", "low", "close", "volume")))
    splits = pd.read_csv(folder / "splits.csv").query("symbol == 'AAPL'")
    dividends = pd.read_csv(folder / "dividends.csv").query("symbol == 'AAPL'")
    entries = [
        (int(np.searchsorted(days, np.datetime64(date, "ns").astype(np.int64))), 0, SPLIT, 1 / ratio, NAN)
        for date, ratio in zip(splits["effective_date"], splits["ratio"], strict=True)
    ]
    split_rows = [(entry[0], entry[3]) for entry in entries]
    for date, amount in zip(dividends["ex_date"], dividends["amount"], strict=True):
        row = int(np.searchsorted(days, np.datetime64(date, "ns").astype(np.int64)))
        # The file's amounts are for units as they were after the last split.
        later = np.prod([ratio for at, ratio in split_rows[-1:] if at > row])
        entries.append((row, 0, DIVIDEND, amount * later, NAN))
    run = play(
        bars, {0: lambda ctx: ctx.buy(100)}, [Instrument("AAPL", kind="equity")], capital=100_000.0, schedule=Schedule.of(entries)
    )
    shares = 100 * np.prod([ratio for _, ratio in split_rows])
    assert run.position("AAPL") == pytest.approx(shares)
    assert shares == pytest.approx(1400)
    paid = sum(entry.a for entry in run.entries(EventKind.CASH) if entry.code == CashKind.DIVIDEND)
    assert paid == pytest.approx(1400 * dividends["amount"].sum(), rel=1e-9)
    assert run.equity[-1] == pytest.approx(100_000 - 100 * run.fills[0][3] + 1400 * bars.close[-1, 0] + paid, rel=1e-9)
