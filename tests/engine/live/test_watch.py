"""The watchdog: when it steps in, what it cancels, and what it never touches."""

from __future__ import annotations

import asyncio
import struct
import time
from decimal import Decimal

import pytest

from tradekit import Instrument, Intent, OrderKind, OrderRefused, OrderStatus
from tradekit.engine.live.watch import Watchdog, WatchTiming
from tradekit.journal.store import JournalStore, OrderRow
from tradekit.testing import run_virtually
from tradekit.testing.venue import Fault, ScriptedExecutor, ScriptedVenue

SYMBOL = "BTC/USDT"
BTC = Instrument(SYMBOL, tick=0.01, lot=0.001, base="BTC", currency="USDT")


class Scene:
    """A venue with orders of an account, of which the journal tells, and of somebody else."""

    def __init__(self, folder, held=0.0):
        self.store = JournalStore(folder / "accounts" / "main.sqlite")
        self.venue = ScriptedVenue([BTC], lambda: 1)
        self.executor = type("Outside", (ScriptedExecutor,), {"venue": self.venue})()
        self.session = self.store.begin(1, {}, "digest", b"")
        self.store.append(self.session.id, "{}", account={"positions": {SYMBOL: [held, 100.0]}})

    def rest(self, client_id, quantity, state="open", is_known=True):
        """Let an order rest at the venue; `state` is what the journal knows of it."""
        order = self.venue.take(Intent(client_id, SYMBOL, Decimal(quantity), OrderKind.LIMIT, limit=Decimal(50)))
        if is_known:
            intent = f'{{"client_id": "{client_id}", "quantity": "{quantity}", "reduce_only": false}}'
            venue_id = order.venue_id if state == "open" else ""
            self.store.append(self.session.id, "{}", [OrderRow(client_id, 0, SYMBOL, intent, state, venue_id, "0", "")])

    def beat(self, age_s=0.0, is_on=1):
        """Give a sign of life that is so old."""
        content = struct.pack("<qq", time.monotonic_ns() - round(age_s * 1e9), is_on)
        self.store.path.with_suffix(".beat").write_bytes(content)

    def watch(self, seconds=5.0, later=(), **more):
        """Watch for so many seconds."""
        watchdog = Watchdog(self.store, self.executor, [SYMBOL], WatchTiming(), **more)

        async def watching():
            loop = asyncio.get_running_loop()
            task = asyncio.create_task(watchdog.run())
            for second, what in later:
                loop.call_later(second, what)
            done, _ = await asyncio.wait({task}, timeout=seconds)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            return bool(done)

        watchdog.has_ended = run_virtually(watching())
        return watchdog

    def open(self):
        return sorted(order.client_id for order in self.venue.orders.values() if order.status is OrderStatus.OPEN)

    def cancels(self):
        return [client_id for method, client_id in self.venue.received if method == "cancel"]


@pytest.fixture
def scene(tmp_path):
    made = Scene(tmp_path)
    yield made
    made.store.close()


def test_watchdog_leaves_a_process_that_lives_alone(scene):
    scene.rest("tk1", 1)
    scene.beat()
    scene.watch()
    assert scene.open() == ["tk1"]
    assert scene.store.asked() == []


@pytest.mark.parametrize("state", ["open", "sending", "unknown", "absent"])
def test_watchdog_cancels_what_adds_risk_when_a_halt_is_not_taken_up(scene, state):
    scene.rest("tk1", 1, state)
    scene.rest("theirs", 1, is_known=False)
    scene.beat(age_s=2.0)
    scene.store.ask("halt", "news")
    watchdog = scene.watch()
    assert scene.open() == ["theirs"]
    assert "theirs" not in scene.cancels()
    assert watchdog.cancelled == (["tk1"] if state != "absent" else [])


def test_watchdog_gives_a_process_that_lives_half_a_second_to_do_what_was_asked(scene):
    scene.rest("tk1", 1)
    scene.beat()
    number = scene.store.ask("halt", "news")
    scene.watch(0.4)
    assert scene.open() == ["tk1"]
    scene.watch(2.0, [(0.4, lambda: scene.store.append(scene.session.id, "{}", asked=number))])
    assert scene.open() == ["tk1"]
    scene.store.ask("halt", "again")
    scene.watch(1.0)
    assert scene.open() == []


def test_watchdog_keeps_what_protects_a_position(tmp_path):
    scene = Scene(tmp_path, held=2.0)
    scene.rest("exit", -2)
    scene.rest("more", 1)
    scene.beat(age_s=100.0)
    scene.watch()
    assert scene.open() == ["exit"]
    scene.store.close()


@pytest.mark.parametrize(("is_leased", "what"), [(True, "hangs"), (False, "is dead")])
def test_watchdog_halts_an_account_whose_process_gives_no_sign_of_life(scene, is_leased, what):
    scene.rest("tk1", 1)
    scene.beat(age_s=31.0)
    if is_leased:
        scene.store.lease()
    scene.watch()
    assert scene.open() == []
    (asked,) = scene.store.asked()  # once
    assert (asked.command, asked.cause) == ("halt", "watchdog")
    assert asked.reason == f"the trading process {what}: no sign of life for 31 s"


def test_watchdog_does_nothing_about_a_run_that_has_ended_cleanly(scene):
    scene.rest("protects", 1)
    scene.beat(age_s=1_000.0, is_on=0)
    watchdog = scene.watch()
    assert scene.open() == ["protects"]
    assert not watchdog.has_ended
    assert scene.watch(ends_with_run=True).has_ended


def test_watchdog_cancels_an_order_that_arrives_late_too(scene):
    scene.beat(age_s=2.0)
    scene.store.ask("halt", "news")
    scene.watch(20.0, [(10.0, lambda: scene.rest("tk1", 1, "sending"))])
    assert scene.open() == []


def test_watchdog_asks_a_venue_again_that_fails(scene):
    scene.rest("tk1", 1)
    scene.beat(age_s=2.0)
    scene.store.ask("flatten", "news")
    scene.venue.faults += [Fault("connect", "lost-before", 2), Fault("cancel", "lost-before", 2), Fault("open_orders", "throttled")]
    scene.watch(60.0)
    assert scene.open() == []


def test_watchdog_sends_no_order(scene):
    scene.beat()
    watchdog = scene.watch(0.2)
    with pytest.raises(OrderRefused, match="tk1: a watchdog sends no orders"):
        scene.executor.check("tk1")
    assert watchdog.cancelled == []
