import numpy as np

from stage import check, play
from tradekit.model.event import EventKind
from tradekit.model.risk import Verdict

FLAT = 100.0
ORDERS = 7000


def many():
    """Return a run that leaves more entries than are open at a time."""
    return play({"X": [FLAT] * 4}, lambda ctx: [ctx.buy(0.001) for _ in range(ORDERS if ctx.index != 1 else 0)], capital=1e6)


def test_log_of_many_entries_tells_each_as_it_was_written():
    run = many()
    kinds = [EventKind.ORDER] * ORDERS + [EventKind.FILL] * ORDERS + [EventKind.ORDER] * ORDERS + [EventKind.FILL] * ORDERS
    assert [entry.kind for entry in run.log] == [*kinds, *[EventKind.ORDER] * ORDERS]
    fills = run.entries(EventKind.FILL)
    assert [fill.order for fill in fills] == list(range(2 * ORDERS))
    assert [fill.cause for fill in fills] == [*range(ORDERS), *range(2 * ORDERS, 3 * ORDERS)]
    assert [fill.row for fill in fills] == [1] * ORDERS + [3] * ORDERS
    opened = run.setup.bars.open_time
    assert [fill.time for fill in fills] == [opened[1]] * ORDERS + [opened[3]] * ORDERS
    assert {(fill.a, fill.b) for fill in fills} == {(0.001, FLAT)}
    np.testing.assert_allclose([fill.e for fill in fills], np.arange(1, 2 * ORDERS + 1) * 0.001)
    assert fills[-1].g == run.simulation.ledger.amounts()[0]


def test_log_from_an_entry_on_is_the_rest_of_the_whole():
    log = many().simulation.log
    whole = log.columns()
    for start in (0, 1, 1023, 1024, 1025, 34_000, len(log) - 1, len(log)):
        rest = log.columns(start)
        assert list(rest) == list(whole)
        for name, column in whole.items():
            np.testing.assert_array_equal(rest[name], column[start:], err_msg=f"{name} from {start}")


def test_log_tells_each_open_entry_as_its_columns_do():
    log = many().simulation.log
    first = len(log) // 1024 * 1024
    assert log.told(first - 1) is None
    assert log.told(len(log)) is None
    columns = log.columns(first)
    for place in (0, 1, len(log) - first - 2, len(log) - first - 1):
        *about, numbers = log.told(first + place)
        assert about == [columns[name][place] for name in ("kind", "code", "rule", "instrument", "order", "cause", "time")]
        whole = [columns[name][place] for name in "abcdefg"]
        np.testing.assert_array_equal([*numbers, *[np.nan] * (7 - len(numbers))], whole)


def test_log_without_entries_has_all_columns():
    columns = play({"X": [FLAT]}, {}).simulation.log.columns()
    assert list(columns) == [*("kind", "code", "rule", "instrument", "row", "order", "cause", "time"), *"abcdefg"]
    assert {len(column) for column in columns.values()} == {0}


def test_numbers_that_an_entry_has_not_got_are_nan_between_those_that_it_has():
    def judge(order, account):
        return Verdict.resize(0.5, "half")

    run = play({"X": [FLAT, FLAT]}, {0: lambda ctx: ctx.buy(1, stop=90.0)}, rules=[check(judge)])
    order, verdict = run.log[0], run.log[1]
    np.testing.assert_array_equal(order[-7:], [1.0, np.nan, 90.0, *[np.nan] * 4])
    np.testing.assert_array_equal(verdict[-7:], [1.0, 0.5, *[np.nan] * 5])
