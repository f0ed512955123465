from types import SimpleNamespace

from tradekit_dumps.orders import OrderBook

from tradekit import BarRequest

LAST, SNAPSHOT = 128, 32


def feed(*records):
    """Feed records of action, number, side, price and size, each an event of its own unless flags say otherwise."""
    book = OrderBook()
    for time, (action, number, side, price, size, *flags) in enumerate(records, 1):
        facts = {"action": action, "order_id": number, "side": side, "price": int(price * 1e9), "size": size}
        book.take(SimpleNamespace(**facts, flags=flags[0] if flags else LAST, sequence=100 + time), time)
    found = book.result(BarRequest(("X",), 0), "X", "x.dbn")
    rows = zip(found.time.tolist(), found.side.tolist(), found.price.tolist(), found.size.tolist(), strict=True)
    return list(rows), found


def test_orders_of_one_price_are_added_up():
    rows, found = feed(("A", 1, "B", 5, 2), ("A", 2, "B", 5, 3), ("A", 3, "A", 6, 1))
    assert rows == [(1, 1, 5, 2), (2, 1, 5, 5), (3, -1, 6, 1)]
    assert found.sequence.tolist() == [101, 102, 103]
    assert not found.is_snapshot.any()


def test_cancels_take_a_part_or_all():
    rows, _ = feed(("A", 1, "B", 5, 3), ("C", 1, "B", 5, 1), ("C", 1, "B", 5, 2))
    assert rows == [(1, 1, 5, 3), (2, 1, 5, 2), (3, 1, 5, 0)]


def test_order_that_is_changed_moves_from_level_to_level():
    rows, _ = feed(("A", 1, "B", 5, 3), ("M", 1, "B", 4, 2))
    assert rows == [(1, 1, 5, 3), (2, 1, 5, 0), (2, 1, 4, 2)]


def test_records_of_one_event_become_one_update_at_its_last():
    rows, found = feed(
        ("A", 1, "B", 5, 3), ("T", 0, "B", 5, 1, 0), ("F", 1, "B", 5, 1, 0), ("C", 1, "B", 5, 1, 0), ("A", 2, "A", 6, 1)
    )
    assert rows == [(1, 1, 5, 3), (5, 1, 5, 2), (5, -1, 6, 1)]
    assert found.sequence.tolist() == [101, 105, 105]


def test_records_of_a_snapshot_become_one_whole_book():
    rows, found = feed(
        ("R", 0, "N", 0, 0, SNAPSHOT),
        ("A", 1, "B", 5, 3, SNAPSHOT),
        ("A", 2, "B", 6, 1, SNAPSHOT),
        ("A", 3, "A", 7, 1, SNAPSHOT | LAST),
        ("C", 2, "B", 6, 1),
    )
    assert rows == [(4, 1, 6, 1), (4, 1, 5, 3), (4, -1, 7, 1), (5, 1, 6, 0)]
    assert found.is_snapshot.tolist() == [True] * 3 + [False]


def test_book_that_is_cleared_loses_all_its_levels():
    rows, _ = feed(("A", 1, "B", 5, 3), ("A", 2, "A", 6, 1), ("R", 0, "N", 0, 0))
    assert rows[2:] == [(3, 1, 5, 0), (3, -1, 6, 0)]


def test_orders_from_before_the_file_are_counted():
    rows, found = feed(("C", 9, "B", 5, 3), ("M", 8, "B", 4, 2))
    assert rows == [(2, 1, 4, 2)]
    assert found.origin == "x.dbn (2 records of orders from before)"
