"""What other processes ask of the one that trades."""

import contextlib
import sqlite3

import pytest

from tradekit.errors import ConfigError
from tradekit.journal.mailbox import Mailbox
from tradekit.journal.store import JournalStore


@pytest.fixture
def mailbox(tmp_path):
    return Mailbox(tmp_path / "main.asked")


def test_mailbox_gives_what_was_asked_for_behind_a_place(mailbox):
    first = mailbox.ask("halt", "news\nat ten")
    second = mailbox.ask("resume", "it was nothing", "watchdog")
    found = mailbox.since(0)
    assert [(one.id, one.command, one.reason, one.cause) for one in found] == [
        (first, "halt", "news\nat ten", "operator"),
        (second, "resume", "it was nothing", "watchdog"),
    ]
    assert mailbox.since(first) == found[1:]
    assert mailbox.since(second) == []
    assert mailbox.since(second + 1_000) == found  # a file that somebody has put another in the place of


def test_mailbox_that_nobody_has_written_to_is_empty(mailbox):
    assert mailbox.since(0) == []
    assert mailbox.size() == 0


def test_mailbox_line_that_was_cut_off_spoils_no_other_and_halts(mailbox):
    mailbox.path.write_bytes(b'\n{"time": 1, "comm')
    assert mailbox.since(0) == []  # it may be on its way
    mailbox.ask("reduce-only", "later")
    cut, later = mailbox.since(0)
    assert cut.command == "halt"
    assert cut.reason == "a line of what was asked for can't be read: b'{\"time\": 1, \"comm\\n'"
    assert later.command == "reduce-only"


def test_mailbox_command_that_is_none_halts(mailbox):
    mailbox.path.write_text('{"time": 1, "command": "stop", "reason": "", "cause": "operator"}\n')
    (found,) = mailbox.since(0)
    assert (found.command, found.reason) == ("halt", "'stop' was asked for, which is no command")


def test_mailbox_refuses_to_ask_for_what_is_no_command(mailbox):
    with pytest.raises(ConfigError, match=r"can't be asked for 'stop'; allowed: reduce-only, halt, flatten, resume"):
        mailbox.ask("stop", "")


def test_halt_can_be_asked_for_and_read_while_another_process_is_in_a_transaction(tmp_path):
    path = tmp_path / "main.sqlite"
    JournalStore(path).close()
    hanging = sqlite3.connect(path, isolation_level=None)
    hanging.execute("BEGIN IMMEDIATE")
    store = JournalStore(path)
    store.ask("halt", "news")
    assert [one.command for one in store.asked()] == ["halt"]
    assert store.orders() == []
    store.close()
    hanging.close()


def test_journal_of_format_2_keeps_what_was_asked_for_and_not_done(tmp_path):
    path = tmp_path / "main.sqlite"
    JournalStore(path).close()
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        db.execute("DROP TABLE imposed")
        db.execute("DROP TABLE payments")
        db.execute("CREATE TABLE asked (id INTEGER PRIMARY KEY, time INTEGER, command TEXT, reason TEXT, done INTEGER)")
        db.execute("INSERT INTO asked VALUES (1, 1, 'halt', 'old', 1), (2, 2, 'halt', 'news', 0)")
        db.execute("UPDATE about SET value = '2' WHERE key = 'format'")
    for _ in range(2):
        store = JournalStore(path)
        assert [(one.command, one.reason) for one in store.asked()] == [("halt", "news")]
        store.close()
