import pytest

from stage import check, play
from tradekit.model.event import EventKind
from tradekit.model.instrument import Instrument
from tradekit.model.order import OrderKind, OrderStatus, Reason
from tradekit.model.risk import Verdict

FLAT = 100.0


def test_orders_are_numbered_as_they_were_asked_for():
    def on_bar(ctx):
        assert ctx.buy(1) == 0
        assert ctx.buy(2, limit=90) == 1
        assert ctx.sell(3, stop=80) == 2

    run = play({"X": [FLAT]}, {0: on_bar}, is_margin=True)
    assert [(order.kind, order.asked, order.quantity, order.row) for order in run.orders] == [
        (OrderKind.MARKET, 1, 1, 0),
        (OrderKind.LIMIT, 2, 2, 0),
        (OrderKind.STOP, -3, -3, 0),
    ]
    assert (run.orders[1].limit, run.orders[2].stop) == (90, 80)


def test_log_names_the_order_entry_as_the_cause():
    run = play({"X": [FLAT, FLAT]}, {0: lambda ctx: ctx.buy(20)}, rules=[check(lambda order, account: Verdict.accept())])
    assert [(EventKind(entry.kind).name, entry.cause) for entry in run.log] == [
        ("ORDER", -1),
        ("VERDICT", 0),
        ("FILL", 0),
        ("CANCEL", 0),
    ]


def test_cancelled_order_is_out_of_the_book():
    def on_bar(ctx):
        if ctx.index == 0:
            ctx.buy(1, limit=90)
            ctx.buy(2, limit=90)
        elif ctx.index == 1:
            ctx["X"].cancel(0)
            assert ctx["X"].open_orders == (1,)

    run = play({"X": [FLAT, FLAT, (FLAT, FLAT, 80, FLAT)]}, on_bar)
    assert run.fills == [(2, "X", 2, 90)]
    assert [(order.status, order.reason) for order in run.orders] == [
        (OrderStatus.CANCELLED, Reason.BY_STRATEGY),
        (OrderStatus.FILLED, Reason.NONE),
    ]
    assert run.reasons == [(EventKind.CANCEL, Reason.BY_STRATEGY, 1)]


def test_book_grows_beyond_its_first_size():
    run = play({"X": [FLAT] * 3}, lambda ctx: [ctx.buy(0.001) for _ in range(300)])
    assert len(run.orders) == 900
    assert len(run.fills) == 600
    assert all(order.filled == 0.001 for order in run.orders[:600])
    assert [order.status for order in run.orders[600:]] == [OrderStatus.OPEN] * 300


def test_open_orders_survive_growth():
    def on_bar(ctx):
        if ctx.index == 0:
            for _ in range(100):
                ctx.buy(0.01, limit=90)
        elif ctx.index < 5:
            for _ in range(100):
                ctx.buy(0.001)

    run = play({"X": [FLAT] * 6 + [(FLAT, FLAT, 80, FLAT)]}, on_bar)
    assert [order.filled for order in run.orders[:100]] == [0.01] * 100


@pytest.mark.parametrize("lot", [None, 0.01])
def test_orders_that_come_and_go_leave_nothing_behind(lot):
    """What open orders would trade is kept as a sum; what rounding leaves of it must not count as an order."""

    def on_bar(ctx):
        if ctx.index % 2 == 0:
            for size in (0.1, 0.2, 0.3, 0.7):
                ctx.sell(size, limit=200)
                ctx.buy(size)
        else:
            ctx["X"].cancel()
            ctx.exit()

    seen = []

    def judge(order, account):
        seen.append(len(account.open_orders))
        return Verdict.accept()

    run = play({"X": [FLAT] * 42}, on_bar, [Instrument("X", lot=lot)], is_margin=True, rules=[check(judge)])
    assert run.position() == pytest.approx(1.3)
    assert max(seen) == 7
    assert all(abs(order.filled) == abs(order.quantity) for order in run.orders if order.status is OrderStatus.FILLED)
