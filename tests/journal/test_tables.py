import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from random_play import random_play
from stage import check, limit, play
from tradekit.journal.events import events
from tradekit.journal.tables import equity_table, exposures, fills_table, journal_table, orders_table, positions_table
from tradekit.model.event import EventKind
from tradekit.model.instrument import Instrument
from tradekit.model.reference import ScheduledKind
from tradekit.model.risk import LimitKind, Verdict
from tradekit.model.timeline import Schedule
from tradekit.simulator.build import is_compiled
from tradekit.simulator.setup import Currency

FLAT = 100.0
SEEDS = st.integers(0, 2**32 - 1)
EXAMPLES = 60 if is_compiled() else 10


def test_orders_table_tells_what_was_asked_and_what_came_of_it():
    def on_bar(ctx):
        ctx["X"].buy(20)
        ctx["X"].sell(1, stop=90)
        ctx["Y"].buy(2, limit=9)

    run = play({"X": [FLAT, FLAT], "Y": [10.0] * 2}, {0: on_bar}, fee_rate=0.25)
    rows = orders_table(run.record).to_pylist()
    assert [row["order"] for row in rows] == [0, 1, 2]
    assert rows[0] | {"time": None} == {
        "order": 0,
        "time": None,
        "symbol": "X",
        "kind": "market",
        "asked": 20,
        "quantity": 20,
        "limit": None,
        "stop": None,
        "status": "filled",
        "reason": "insufficient funds",
        "filled": pytest.approx(8),
        "price": 100,
        "fees": pytest.approx(200),
    }
    assert (rows[1]["status"], rows[1]["reason"], rows[1]["stop"], rows[1]["price"]) == (
        "rejected",
        "short in cash account",
        90,
        None,
    )
    assert (rows[2]["status"], rows[2]["reason"], rows[2]["limit"], rows[2]["filled"]) == ("open", "", 9, 0)
    assert str(rows[0]["time"]) == "1970-01-01 00:01:00+00:00"


def test_fills_and_positions_tables_have_a_row_a_fill():
    run = play({"X": [FLAT, (FLAT, 121, FLAT, FLAT)]}, {0: lambda ctx: [ctx.buy(2), ctx.sell(5, limit=120)]}, is_margin=True)
    rows = [{name: value for name, value in row.items() if name != "time"} for row in fills_table(run.record).to_pylist()]
    assert rows == [
        {
            "order": 0,
            "symbol": "X",
            "quantity": 2,
            "price": 100,
            "value": 200,
            "fee": 0,
            "slippage": 0,
            "at": "open",
            "liquidity": "taker",
        },
        {
            "order": 1,
            "symbol": "X",
            "quantity": -5,
            "price": 120,
            "value": 600,
            "fee": 0,
            "slippage": 0,
            "at": "inside",
            "liquidity": "maker",
        },
    ]
    after = positions_table(run.record)
    assert (after["quantity"].to_pylist(), after["average_price"].to_pylist()) == ([2, -3], [100, 120])


def test_flat_position_has_no_average_price():
    run = play({"X": [FLAT] * 3}, {0: lambda ctx: ctx.buy(2), 1: lambda ctx: ctx.exit()})
    assert positions_table(run.record)["average_price"].to_pylist() == [100, None]


def test_equity_table_marks_stale_prices():
    run = play({"X": [FLAT, FLAT, None, 110], "Y": [1.0] * 4}, {0: lambda ctx: ctx["X"].buy(5)})
    table = equity_table(run.record, exposures(run.record))
    assert table["equity"].to_pylist() == [1000, 1000, 1000, 1050]
    assert table["cash"].to_pylist() == [1000, 500, 500, 500]
    assert table["gross_exposure"].to_pylist() == [0, 500, 500, 550]
    assert table["is_stale"].to_pylist() == [False, False, True, False]


def test_exposures_add_up_by_size_and_by_sign():
    run = play({"X": [FLAT] * 2, "Y": [10.0] * 2}, {0: lambda ctx: [ctx["X"].buy(3), ctx["Y"].sell(50)]}, is_margin=True)
    found = exposures(run.record)
    assert (found.gross.tolist(), found.net.tolist()) == ([0, 800], [0, -200])


@pytest.mark.parametrize(
    ("buys", "gross", "net"),
    [
        ({"X": -3}, 300, -300),
        ({"X": 3, "Y": 20}, 500, 500),
        ({"X": -3, "Y": 20, "Z": 5}, 505, -95),
        ({"X": 3, "Y": -20, "Z": -5}, 505, 95),
        ({"X": 3, "Y": 20, "Z": -5}, 505, 495),
    ],
)
def test_exposures_of_several_instruments_add_up(buys, gross, net):
    def on_bar(ctx):
        for symbol, quantity in buys.items():
            ctx[symbol].target(quantity=quantity)

    run = play({"X": [FLAT] * 2, "Y": [10.0] * 2, "Z": [1.0] * 2}, {0: on_bar}, is_margin=True)
    found = exposures(run.record)
    assert (found.gross.tolist(), found.net.tolist()) == ([0, gross], [0, net])


@given(seed=SEEDS)
@settings(max_examples=EXAMPLES, deadline=None)
def test_cash_and_net_exposure_make_the_equity(seed):
    run = random_play(seed)
    found = exposures(run.record)
    table = equity_table(run.record, found)
    cash = table["cash"].to_numpy()
    turnover = run.setup.capital + sum(abs(quantity * price) for _, _, quantity, price in run.fills)
    assert np.allclose(cash + found.net, run.equity, rtol=1e-9, atol=1e-9 * turnover)
    assert cash[-1] == run.cash
    assert (found.gross >= np.abs(found.net) - 1e-9 * turnover).all()


@given(seed=SEEDS)
@settings(max_examples=EXAMPLES, deadline=None)
def test_tables_agree_with_each_other(seed):
    record = random_play(seed).record
    orders, fills, journal = orders_table(record), fills_table(record), journal_table(record)
    assert sum(orders["fees"].to_pylist()) == pytest.approx(sum(fills["fee"].to_pylist()))
    filled = [row for row in orders.to_pylist() if row["status"] == "filled"]
    assert sorted(row["order"] for row in filled) == sorted(fills["order"].to_pylist())
    by_order = {row["order"]: row for row in fills.to_pylist()}
    for row in filled:
        assert row["filled"] == by_order[row["order"]]["quantity"]
        assert row["price"] == pytest.approx(by_order[row["order"]]["price"])
    assert journal.num_rows == len(record.log["kind"])
    assert journal["event"].to_pylist().count("fill") == fills.num_rows


def test_journal_table_tells_every_entry_in_order():
    rules = [limit(LimitKind.MAX_ORDER_VALUE, 500), check(lambda order, account: Verdict.accept("fine", {"b": 2, "a": 1}))]
    run = play({"X": [FLAT, 250, 800]}, {0: lambda ctx: ctx.sell(8)}, rules=rules, is_margin=True, leverage=5.0)
    rows = [
        {name: value for name, value in row.items() if value is not None and name != "time"}
        for row in journal_table(run.record).to_pylist()
    ]
    about = {"order": 0, "symbol": "X"}
    assert rows == [
        {"number": 0, "event": "order", **about, "detail": "market", "quantity": -8},
        {
            "number": 1,
            "event": "verdict",
            "cause": 0,
            **about,
            "detail": "resize",
            "rule": "max-order-value",
            "quantity": -8,
            "allowed": -5,
            "judged": 800,
            "limit": 500,
        },
        {
            "number": 2,
            "event": "verdict",
            "cause": 0,
            **about,
            "detail": "accept",
            "rule": "mine",
            "text": "fine",
            "numbers": '{"a": 1.0, "b": 2.0}',
            "quantity": -5,
            "allowed": -5,
        },
        {
            "number": 3,
            "event": "fill",
            "cause": 0,
            **about,
            "detail": "open taker",
            "quantity": -5,
            "price": 250,
            "fee": 0,
            "slippage": 0,
            "position": -5,
        },
        {"number": 4, "event": "liquidation", "detail": "", "equity": -1750, "maintenance": 400},
        {"number": 5, "event": "order", "cause": 4, "order": 1, "symbol": "X", "detail": "market", "quantity": 5},
        {
            "number": 6,
            "event": "fill",
            "cause": 5,
            "order": 1,
            "symbol": "X",
            "detail": "inside taker",
            "quantity": 5,
            "price": 800,
            "fee": 0,
            "slippage": 0,
            "position": 0,
        },
        {"number": 7, "event": "halt", "detail": "", "judged": 2.75, "limit": 1, "equity": -1750, "peak": 1000},
    ]


def test_tables_tell_of_actions_and_cash():
    schedule = Schedule.of([(2, 0, ScheduledKind.SPLIT, 1.5, np.nan), (2, 0, ScheduledKind.DIVIDEND, 2.0, np.nan)])
    share = Instrument("X", kind="equity", currency="EUR")
    run = play(
        {"X": [30.0, 30.0, 20.0, None], "Y": [1.0] * 4},
        {0: lambda ctx: ctx["X"].buy(3)},
        [share],
        currencies=[Currency("EUR", 100.0, 2.0)],
        schedule=schedule,
    )
    rows = [{name: value for name, value in row.items() if value is not None} for row in journal_table(run.record).to_pylist()]
    told = [{name: row[name] for name in row if name not in ("number", "time", "symbol")} for row in rows[-4:]]
    assert told == [
        {"event": "action", "detail": "split", "value": 1.5, "position": 4},
        {
            "event": "cash",
            "cause": rows[-4]["number"],
            "detail": "in lieu",
            "currency": "EUR",
            "amount": 10,
            "price": 20,
            "position": 0.5,
        },
        {"event": "action", "detail": "dividend", "value": 2, "position": 4},
        {
            "event": "cash",
            "cause": rows[-2]["number"],
            "detail": "dividend",
            "currency": "EUR",
            "amount": 8,
            "price": 2,
            "position": 4,
        },
    ]
    assert positions_table(run.record)["quantity"].to_pylist() == [3, 4]
    table = equity_table(run.record, exposures(run.record))
    assert table["cash_EUR"].to_pylist() == [100, 10, 28, 28]
    assert table["rate_EUR"].to_pylist() == [2] * 4
    assert table["cash"].to_pylist() == [1200, 1020, 1056, 1056]
    assert table["gross_exposure"].to_pylist() == [0, 180, 160, 160]


def test_exposure_over_a_hole_follows_a_split():
    schedule = Schedule.of([(2, 0, ScheduledKind.SPLIT, 7.0, np.nan)])
    run = play({"X": [70.0, 70.0, None, 10.0], "Y": [1.0] * 4}, {0: lambda ctx: ctx["X"].buy(1)}, schedule=schedule)
    assert exposures(run.record).gross.tolist() == [0, 70, 70, 70]


def test_events_of_money_and_actions_say_what_they_are():
    schedule = Schedule.of([(2, 0, ScheduledKind.DIVIDEND, 2.0, np.nan)])
    run = play({"X": [30.0] * 3}, {0: lambda ctx: ctx.buy(3)}, schedule=schedule)
    assert [event.text for event in events(run.record)][-2:] == ["dividend", "dividend in USD"]


def test_journal_table_numbers_that_are_none_are_null_in_json():
    rules = [check(lambda order, account: Verdict.accept("", {"ratio": float("nan"), "most": float("inf")}))]
    run = play({"X": [FLAT]}, {0: lambda ctx: ctx.buy(1)}, rules=rules)
    [numbers] = [text for text in journal_table(run.record)["numbers"].to_pylist() if text is not None]
    assert json.loads(numbers, parse_constant=pytest.fail) == {"ratio": None, "most": None}


def test_tables_of_a_run_without_orders_are_empty():
    record = play({"X": [FLAT]}, {}).record
    for table in (orders_table(record), fills_table(record), positions_table(record), journal_table(record)):
        assert table.num_rows == 0
    assert equity_table(record, exposures(record)).num_rows == 1
    assert record.entries(EventKind.ORDER).tolist() == []
