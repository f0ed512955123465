"""The journal of a live account."""

import json
import sqlite3
from contextlib import closing

import pytest

from tradekit.errors import RunError
from tradekit.journal.store import JournalStore, Once, OrderRow

ROW = OrderRow("tk1", 0, "BTC/USDT", "{}", "sending", "", "0", "")


@pytest.fixture
def store(tmp_path):
    made = JournalStore(tmp_path / "accounts" / "main.sqlite")
    yield made
    made.close()


def test_input_and_what_follows_from_it_are_read_back(store):
    session = store.begin(1, {"a": 1}, "digest", b"bars")
    seq = store.append(session.id, '{"time": 5}', [ROW], account={"capital": 1.0})
    assert list(store.inputs(session.id)) == [(seq, '{"time": 5}')]
    assert store.orders() == [ROW]
    assert store.last_session() == session
    assert store.account() == {"capital": 1.0}
    assert store.last_time() == 5


def test_order_that_changed_keeps_its_intent(store):
    session = store.begin(1, {}, "digest", b"")
    store.append(session.id, "{}", [ROW])
    store.append(session.id, "{}", [OrderRow("tk1", 0, "BTC/USDT", "other", "open", "77", "0.5", "")])
    assert store.orders(session.id) == [OrderRow("tk1", 0, "BTC/USDT", "{}", "open", "77", "0.5", "")]


def test_trade_that_is_known_is_refused_and_nothing_else_is_kept(store):
    session = store.begin(1, {}, "digest", b"")
    store.append(session.id, "{}", [ROW], once=Once("fills", ("BTC/USDT", "9", "tk1"), "{}"))
    with pytest.raises(RunError, match=r"trade '9' in 'BTC/USDT' is in the journal already"):
        store.append(
            session.id,
            '{"second": 1}',
            [OrderRow("tk1", 0, "BTC/USDT", "{}", "open", "", "1", "")],
            once=Once("fills", ("BTC/USDT", "9", "tk1"), "{}"),
        )
    assert len(list(store.inputs(session.id))) == 1
    assert store.orders()[0].state == "sending"


def test_command_stays_asked_until_an_input_answers_it(store):
    session = store.begin(1, {}, "digest", b"")
    number = store.ask("halt", "news")
    assert [(asked.command, asked.reason) for asked in store.asked()] == [("halt", "news")]
    store.append(session.id, "{}", asked=number)
    assert store.asked() == []


def test_second_process_is_refused_and_named(store):
    store.lease()
    other = JournalStore(store.path)
    assert other.is_leased()
    with pytest.raises(RunError, match=r"account 'main' is traded by process \d+; end that, or name another account"):
        other.lease()
    store.close()
    assert not other.is_leased()
    other.lease()
    other.close()


def test_journal_of_another_format_is_refused(store):
    store.close()
    with sqlite3.connect(store.path) as db:
        db.execute("UPDATE about SET value = '9' WHERE key = 'format'")
    with pytest.raises(RunError, match="has format '9', and this version of tradekit reads 3"):
        JournalStore(store.path)


def test_store_tidy_moves_what_was_committed_into_the_file(tmp_path):
    store = JournalStore(tmp_path / "account.sqlite")
    session = store.begin(1, {}, "digest", b"")
    before = (tmp_path / "account.sqlite").stat().st_size
    for number in range(200):
        store.append(session.id, json.dumps({"time": number, "text": "x" * 1000}))
    assert (tmp_path / "account.sqlite").stat().st_size == before
    store.tidy()
    assert (tmp_path / "account.sqlite").stat().st_size > before + 200_000
    assert len(list(store.inputs(session.id))) == 200
    store.close()


def test_payment_that_is_known_is_refused(store):
    session = store.begin(1, {}, "digest", b"")
    funding = Once("payments", ("PERP", "funding", "7"), '{"payment": 1}')
    store.append(session.id, "{}", once=funding)
    store.append(session.id, "{}", once=Once("payments", ("PERP", "liquidation fee", "7"), '{"payment": 2}'))
    with pytest.raises(RunError, match=r"payment '7' in 'PERP' is in the journal already"):
        store.append(session.id, "{}", once=funding)
    assert store.payments() == ['{"payment": 1}', '{"payment": 2}']
    assert store.payment_keys() == {("PERP", "funding", "7"), ("PERP", "liquidation fee", "7")}


def test_trade_without_an_order_that_is_known_is_refused(store):
    session = store.begin(1, {}, "digest", b"")
    store.append(session.id, "{}", once=Once("imposed", ("PERP", "9", "o1"), "{}"))
    with pytest.raises(RunError, match=r"trade '9' in 'PERP' is in the journal already"):
        store.append(session.id, "{}", once=Once("imposed", ("PERP", "9", "o1"), "{}"))


def test_journal_of_the_format_before_is_brought_up_to_date(store):
    session = store.begin(1, {"a": 1}, "digest", b"bars")
    store.append(session.id, '{"time": 5}', [ROW])
    store.close()
    with closing(sqlite3.connect(store.path)) as db, db:
        db.execute("DROP TABLE payments")
        db.execute("DROP TABLE imposed")
        db.execute("UPDATE about SET value = '2' WHERE key = 'format'")
    for _ in range(2):
        again = JournalStore(store.path)
        assert again.last_session() == session
        assert again.orders() == [ROW]
        assert again.payments() == []
        again.close()
