"""The journal of a live account: one SQLite file, in which everything is written down before it is acted upon.

What was told to a session (`inputs`, in order) leads to its state again. What was to be sent (`orders`) stands there before the
venue hears of it. Each trade of an order (`fills`), each trade that the account made without one (`imposed`) and each payment
(`payments`) can stand there once only.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from tradekit.errors import LockedError, RunError
from tradekit.journal.mailbox import Asked, Mailbox
from tradekit.lock import FileLock

__all__ = ["JournalStore", "Once", "OrderRow", "SessionRow"]

FORMAT = 3
_MOST_PAGES = 25_000  # 100 MB

_SCHEMA = """
CREATE TABLE about (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE sessions (
    id INTEGER PRIMARY KEY, started INTEGER NOT NULL, ended INTEGER, settings TEXT NOT NULL, digest TEXT NOT NULL,
    opening BLOB NOT NULL
);
CREATE TABLE inputs (
    seq INTEGER PRIMARY KEY, session INTEGER NOT NULL REFERENCES sessions, body TEXT NOT NULL
);
CREATE TABLE orders (
    client_id TEXT PRIMARY KEY, session INTEGER NOT NULL REFERENCES sessions, seq INTEGER NOT NULL, number INTEGER NOT NULL,
    symbol TEXT NOT NULL, intent TEXT NOT NULL, state TEXT NOT NULL, venue_id TEXT NOT NULL, filled TEXT NOT NULL,
    text TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE fills (
    symbol TEXT NOT NULL, trade_id TEXT NOT NULL, client_id TEXT NOT NULL REFERENCES orders, seq INTEGER NOT NULL,
    body TEXT NOT NULL, PRIMARY KEY (symbol, trade_id, client_id)
) WITHOUT ROWID;
"""
_SINCE_3 = """
CREATE TABLE imposed (
    symbol TEXT NOT NULL, trade_id TEXT NOT NULL, venue_id TEXT NOT NULL, seq INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (symbol, trade_id, venue_id)
) WITHOUT ROWID;
CREATE TABLE payments (
    symbol TEXT NOT NULL, kind TEXT NOT NULL, payment_id TEXT NOT NULL, seq INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (symbol, kind, payment_id)
) WITHOUT ROWID;
"""
"""What a journal of format 2 lacks."""


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session: its settings as JSON, their digest, and what it began with."""

    id: int
    started: int
    settings: str
    digest: str
    opening: bytes


@dataclass(frozen=True, slots=True)
class OrderRow:
    """An order as it stands: what was to be sent, and what is known of it; numbers are text, exactly as they are."""

    client_id: str
    number: int
    symbol: str
    intent: str
    state: str
    venue_id: str
    filled: str
    text: str


@dataclass(frozen=True, slots=True)
class Once:
    """What can stand in the journal once only: a trade of an order, a trade without one, or a payment, and what names it.

    `key` is the instrument, the venue's id of it, and whose it is: (symbol, trade id, client id) of `fills`, (symbol, trade id,
    the venue's id of the order) of `imposed`, (symbol, kind, payment id) of `payments`.
    """

    table: Literal["fills", "imposed", "payments"]
    key: tuple[str, str, str]
    body: str


class JournalStore:
    """The open journal of an account. One process writes it at a time; others may read it, and ask for something.

    With the durability `process` all that was written outlives the death of the process, with `full` that of the machine too.
    """

    def __init__(self, path: Path, durability: Literal["process", "full"] = "process") -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self.mailbox = Mailbox(path.with_suffix(".asked"))
        self._lease: FileLock | None = None
        self._taken = 0
        self._db = sqlite3.connect(path, isolation_level=None, timeout=10)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute(f"PRAGMA synchronous={'FULL' if durability == 'full' else 'NORMAL'}")
        self._db.execute("PRAGMA foreign_keys=ON")
        # Whoever commits must not wait until earlier commits are moved into the file: `tidy` does that.
        self._db.execute(f"PRAGMA wal_autocheckpoint={_MOST_PAGES}")
        self._prepare()

    def _prepare(self) -> None:
        # Whoever only looks must not wait for a process that hangs in the middle of a transaction.
        if self._format() != str(FORMAT):
            with self._transaction():
                if self._format() == "":
                    for statement in _SCHEMA.split(";"):
                        self._db.execute(statement)
                    self._db.execute("INSERT INTO about VALUES ('format', '2')")
                if self._format() == "2":
                    self._begin_format_3()
        found = self._format()
        if found != str(FORMAT):
            raise RunError(f"journal {str(self.path)!r} has format {found!r}, and this version of tradekit reads {FORMAT}")

    def _begin_format_3(self) -> None:
        for statement in _SINCE_3.split(";"):
            self._db.execute(statement)
        self._db.execute("UPDATE about SET value = ? WHERE key = 'format'", (str(FORMAT),))
        if self._has("asked"):  # which was in here then
            for command, reason in self._db.execute("SELECT command, reason FROM asked WHERE done = 0 ORDER BY id").fetchall():
                self.mailbox.ask(command, reason)

    def _format(self) -> str:
        if not self._has("about"):
            return ""
        return str(self._db.execute("SELECT value FROM about WHERE key = 'format'").fetchone()[0])

    def _has(self, table: str) -> bool:
        return self._db.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone() is not None

    def close(self) -> None:
        """Close the file and give the lease back."""
        self._db.close()
        if self._lease is not None:
            self._lease.close()
            self._lease = None

    def tidy(self) -> None:
        """Move what was committed into the file itself, over a connection of its own: it may be called in another thread."""
        with closing(sqlite3.connect(self.path, isolation_level=None, timeout=10)) as db:
            db.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def lease(self) -> None:
        """Become the one process that trades this account; raise `RunError` if another one does."""
        self._lease = self._held(".lease", "traded")

    def watch(self) -> FileLock:
        """Become the one process that watches over this account, until the lock is closed; raise `RunError` if another one does."""
        return self._held(".watch", "watched")

    def _held(self, suffix: str, done: str) -> FileLock:
        try:
            return FileLock(self.path.with_suffix(suffix))
        except LockedError as error:
            raise RunError(f"account {self.path.stem!r} is {done} by {error.holder}; end that, or name another account") from None

    def is_leased(self) -> bool:
        """Say whether some process trades this account now."""
        return self._lease is not None or FileLock.is_held(self.path.with_suffix(".lease"))

    def is_watched(self) -> bool:
        """Say whether a watchdog watches over this account now."""
        return FileLock.is_held(self.path.with_suffix(".watch"))

    def last_session(self) -> SessionRow | None:
        """Return the session that was begun last."""
        row = self._db.execute("SELECT id, started, settings, digest, opening FROM sessions ORDER BY id DESC LIMIT 1").fetchone()
        return None if row is None else SessionRow(*row)

    def begin(self, started: int, settings: Mapping[str, Any], digest: str, opening: bytes) -> SessionRow:
        """Begin a session; `opening` is whatever it begins with, such as the bars that warmed it up."""
        text = json.dumps(settings, sort_keys=True)
        with self._transaction():
            self._db.execute("UPDATE sessions SET ended = ? WHERE ended IS NULL", (started,))
            cursor = self._db.execute(
                "INSERT INTO sessions (started, settings, digest, opening) VALUES (?, ?, ?, ?)", (started, text, digest, opening)
            )
        return SessionRow(int(cursor.lastrowid or 0), started, text, digest, opening)

    def last_time(self) -> int | None:
        """Return the time of the last input."""
        row = self._db.execute("SELECT body FROM inputs ORDER BY seq DESC LIMIT 1").fetchone()
        return None if row is None else int(json.loads(row[0])["time"])

    def account(self) -> dict[str, Any] | None:
        """Return what the account holds by this journal, as `append` was last given it."""
        row = self._db.execute("SELECT value FROM about WHERE key = 'account'").fetchone()
        return None if row is None else dict(json.loads(row[0]))

    def inputs(self, session: int) -> Iterator[tuple[int, str]]:
        """Yield what a session was told, in order, with its numbers."""
        yield from self._db.execute("SELECT seq, body FROM inputs WHERE session = ? ORDER BY seq", (session,)).fetchall()

    def append(
        self,
        session: int,
        body: str,
        orders: Iterable[OrderRow] = (),
        once: Once | None = None,
        asked: int | None = None,
        account: Mapping[str, Any] | None = None,
    ) -> int:
        """Write an input down with all that follows from it, whole or not at all, and return its number.

        `orders` are those that are new or have changed. `once` is the trade or the payment; `RunError` if it is known.
        `asked` is what an operator asked for, if this is the answer to it, and `account` what is held now, where that has changed.
        """
        with self._transaction():
            seq = int(self._db.execute("INSERT INTO inputs (session, body) VALUES (?, ?)", (session, body)).lastrowid or 0)
            self._keep_orders(session, seq, orders)
            if once is not None:
                self._keep_once(seq, once)
            if account is not None:
                self._db.execute("INSERT OR REPLACE INTO about VALUES ('account', ?)", (json.dumps(account),))
            if asked is not None:
                self._db.execute("INSERT OR REPLACE INTO about VALUES ('asked', ?)", (str(asked),))
        return seq

    def _keep_orders(self, session: int, seq: int, orders: Iterable[OrderRow]) -> None:
        for row in orders:
            what = (row.client_id, session, seq, row.number, row.symbol, row.intent, row.state, row.venue_id, row.filled, row.text)
            self._db.execute(
                "INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (client_id) DO UPDATE SET "
                "state = excluded.state, venue_id = excluded.venue_id, filled = excluded.filled, text = excluded.text",
                what,
            )

    def _keep_once(self, seq: int, once: Once) -> None:
        try:
            self._db.execute(f"INSERT INTO {once.table} VALUES (?, ?, ?, ?, ?)", (*once.key, seq, once.body))  # noqa: S608 - ours
        except sqlite3.IntegrityError as error:
            symbol, first, second = once.key
            what = f"payment {second!r}" if once.table == "payments" else f"trade {first!r}"
            raise RunError(f"{what} in {symbol!r} is in the journal already: {error}") from error

    def orders(self, session: int | None = None) -> list[OrderRow]:
        """Return orders in the order in which they were decided: those of one session, or all."""
        where, values = ("WHERE session = ?", (session,)) if session is not None else ("", ())
        columns = "client_id, number, symbol, intent, state, venue_id, filled, text"
        return [OrderRow(*row) for row in self._db.execute(f"SELECT {columns} FROM orders {where} ORDER BY seq, client_id", values)]  # noqa: S608 - both parts are ours

    def fills(self) -> list[str]:
        """Return all trades, in the order in which they came, as they were written."""
        return [body for (body,) in self._db.execute("SELECT body FROM fills ORDER BY seq")]

    def payments(self) -> list[str]:
        """Return all payments, in the order in which they came, as they were written."""
        return [body for (body,) in self._db.execute("SELECT body FROM payments ORDER BY seq")]

    def payment_keys(self) -> set[tuple[str, str, str]]:
        """Return what names each payment: symbol, kind and the venue's id."""
        return set(self._db.execute("SELECT symbol, kind, payment_id FROM payments").fetchall())

    def ask(self, command: str, reason: str, cause: str = "operator") -> int:
        """Ask whoever trades this account for something; it is taken up when that process looks, or when one starts."""
        return self.mailbox.ask(command, reason, cause)

    def asked(self) -> list[Asked]:
        """Return what was asked for and is not taken yet, oldest first. Where nothing is, that takes microseconds."""
        if self.mailbox.size() == self._taken:
            return []
        row = self._db.execute("SELECT value FROM about WHERE key = 'asked'").fetchone()
        self._taken = 0 if row is None else int(row[0])
        return self.mailbox.since(self._taken)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        try:
            self._db.execute("BEGIN IMMEDIATE")
            yield
            self._db.execute("COMMIT")
        except BaseException as error:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            if isinstance(error, sqlite3.OperationalError):
                raise RunError(
                    f"the journal {str(self.path)!r} can't be written: {error}; nothing that was not written down was sent; see to "
                    "the disk, then run the same command again"
                ) from error
            raise
