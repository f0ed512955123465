"""Processes that trade through the real ccxt at a venue in another process, and are killed at every moment that has a name."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import signal
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from live.faults import PERPETUALS, SPOKEN
from live.local_venue import local_venue
from live.process import Nursery, Process
from proofs import deep
from tradekit.journal.store import JournalStore

pytestmark = [
    pytest.mark.proof("live"),
    pytest.mark.skipif(
        not all(importlib.util.find_spec(name) for name in ("tradekit_ccxt", "tradekit_venue")), reason="needs both packages"
    ),
    pytest.mark.skipif(os.name == "nt", reason="Windows has neither fork nor SIGKILL"),
]

MONEY = Decimal(100_000)


@dataclass(frozen=True)
class Moment:
    """A moment at which a process is killed: by itself where something of it `dies`, or by us while the venue keeps a request.

    `match` is the request, `place` or `cancel`, of which the venue keeps the `nth`: it has done it and does not answer (`late`), or
    does it only after the death (`hold`).
    """

    what: str
    dies: str = ""
    match: str = ""
    do: str = ""
    nth: int = 1


def in_flight(what: str, match: str, nth: int = 1) -> list[Moment]:
    """Return both ways in which a request can be on its way."""
    return [
        Moment(f"{what}: on its way, and done after the death", "", match, "hold", nth),
        Moment(f"{what}: done, and not answered", "", match, "late", nth),
    ]


def named(what: str, *dies: str) -> list[Moment]:
    return [Moment(f"{what}: {one}", one) for one in dies]


# In each round of the strategy the first order is at the market, the second one rests, the third takes its place after the first
# cancellation, the second cancellation takes that back, and the fourth order closes the position.
MOMENTS = [
    *named("an order at the market", "intent, before: 1", "intent, after: 1", "send, before: 1"),
    *in_flight("an order at the market", "place"),
    *named("an order at the market", "send, after: 1", "answer, before: 1", "answer, after: 1"),
    *named("its trades", "filled, before: 1", "filled, after: 1", "filled, before: 2", "filled, after: 2"),
    *named("an order that rests", "intent, before: 2", "intent, after: 2", "send, before: 2"),
    *in_flight("an order that rests", "place", 2),
    *named("an order that rests", "send, after: 2", "answer, before: 2", "answer, after: 2"),
    *named("the cancellation of what is replaced", "cancel, before: 1"),
    *in_flight("the cancellation of what is replaced", "cancel"),
    *named("the cancellation of what is replaced", "cancel, after: 1", "find, before: 1", "find, after: 1"),
    *named("what takes its place", "intent, before: 3", "intent, after: 3", "send, before: 3"),
    *in_flight("what takes its place", "place", 3),
    *named("what takes its place", "send, after: 3", "answer, before: 3", "answer, after: 3"),
    *named("a cancellation", "cancel, before: 2"),
    *in_flight("a cancellation", "cancel", 2),
    *named("a cancellation", "cancel, after: 2"),
    *named("an order that closes", "intent, after: 4", "send, after: 4", "answer, before: 4"),
    *in_flight("an order that closes", "place", 4),
    *named(
        "the agreement with the venue", "open_orders, before: 1", "open_orders, after: 1", "fills, after: 1", "holdings, after: 1"
    ),
    *named("the agreement with the venue, later", "open_orders, after: 2", "fills, after: 2", "holdings, after: 2"),
]
RECOVERING = ("open_orders, before: 1", "open_orders, after: 1", "fills, before: 1", "fills, after: 1", "holdings, after: 1")
"""Where the process is killed that comes after the first death."""


@pytest.fixture(scope="module")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    site = tmp_path_factory.mktemp("site")
    shutil.copy(Path(__file__).with_name("drill.py"), site / "drill.py")
    info = site / "drill-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: drill\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[tradekit]\ndrill = drill\n")
    with Nursery(site) as made:
        yield made


@dataclass
class Scene:
    """A venue in a process of its own, and the folder of a run."""

    folder: Path
    nursery: Nursery
    dialect: str = "binance"
    strategies: str = '[strategy]\nname = "drill"'
    venue: Process = field(init=False)
    secrets: dict[str, str] = field(init=False)
    control: Any = field(init=False)
    count: int = 0

    def __post_init__(self) -> None:
        from tradekit_venue.control import Control

        self.venue, self.secrets = local_venue(self.nursery, self.folder, self.symbol, self.dialect)
        self.control = Control(self.secrets["url"], self.secrets["token"], 60.0)
        url = self.secrets["url"]
        where = "\n".join(f'{key} = "{value}"' for key, value in SPOKEN[self.dialect].where.items())
        (self.folder / "run.toml").write_text(f"""risk = []
[run]
name = "crash"
mode = "live"
[account]
currency = "USDT"
capital = {MONEY}
{'kind = "margin"' if self.is_perpetual else ""}
[data]
source = "ccxt"
{where}
url = "{url}"
instruments = ["{self.symbol}"]
interval = "1m"
{self.strategies}
[execution]
executor = "ccxt"
{where}
{"leverage = 10" if self.is_perpetual else ""}
url = "{url}"
keys = "crash"
recv_window_s = 1.0
timeout_s = 60.0
costs = []
[live]
history = 5
lag_s = 0
[[report]]
name = "summary"
""")

    @property
    def is_perpetual(self) -> bool:
        return SPOKEN[self.dialect].is_perpetual

    @property
    def symbol(self) -> str:
        return "BTC/USDT:USDT" if self.is_perpetual else "BTC/USDT"

    def start(self, dies: str = "") -> Process:
        """Start a run, or go on with it."""
        self.count += 1
        names = {"KEY": "apiKey", "SECRET": "secret", "PASSWORD": "password"}
        keys = {f"TRADEKIT_CRASH_{name}": self.secrets[there] for name, there in names.items()}
        arguments = ["run", str(self.folder / "run.toml"), "--runs", str(self.folder), "--live"]
        return self.nursery.start(arguments, self.folder / f"run-{self.count}.txt", keys, dies)

    def journal(self) -> JournalStore:
        return JournalStore(self.folder / "accounts" / "crash.sqlite")

    def entries(self) -> int:
        """Return how many bars the journal has."""
        store = self.journal()
        try:
            last = store.last_session()
            return 0 if last is None else sum('"kind":"row"' in body for _, body in store.inputs(last.id))
        finally:
            store.close()

    def disagreements(self) -> list[str]:
        """Return in what the journal and the venue don't agree, and orders that were sent or taken twice."""
        there, found = self.control.state()["accounts"]["trader"], []
        sent = [one["order"] for one in self.control.received() if one.get("order")]
        taken = [one["client_id"] for one in there["orders"]]
        for what, ids in (("was sent", sent), ("is at the venue", taken)):
            found += [f"{one} {what} {times} times" for one, times in Counter(ids).items() if times > 1]
        store = self.journal()
        try:
            kept = {row.client_id: row for row in store.orders()}
            account, fills = store.account() or {}, [json.loads(body)["fill"] for body in store.fills()]
        finally:
            store.close()
        found += [f"{one} is not in the journal" for one in {*sent, *taken} if one not in kept]
        trades = {(str(one["id"]), one["client_id"]) for one in there["trades"]}
        if (counted := {(one["trade_id"], one["client_id"]) for one in fills}) != trades or len(fills) != len(trades):
            found.append(f"trades {sorted(trades)} at the venue, {sorted(counted)} in the journal")
        waiting = {one["client_id"] for one in there["orders"] if one["is_open"]}
        if waiting != (working := {one for one, row in kept.items() if row.state in ("sending", "unknown", "open")}):
            found.append(f"open at the venue {sorted(waiting)}, in the journal {sorted(working)}")
        position, price = account["positions"].get(self.symbol, (0.0, 0.0))
        held, money = self.held(there)
        if abs(float(held) - position) > 1e-9:
            found.append(f"position {held} at the venue, {position} in the journal")
        # Less what a position against margin was opened for: cash alone depends on the order in which trades come.
        ours = account["capital"] - (position * price if self.is_perpetual else 0.0)
        if abs(float(money) - ours) > 1e-6:
            found.append(f"money {money} at the venue, {ours} in the journal")
        return found + (self.unpaid(there) if self.is_perpetual else [])

    def misattributed(self) -> list[str]:
        """Return which of several strategies does not have what its own trades have left it, and whether their money adds up."""
        store = self.journal()
        try:
            account, fills = store.account() or {}, [json.loads(body)["fill"] for body in store.fills()]
        finally:
            store.close()
        found, shares = [] if fills else ["nothing was traded"], account["shares"]
        for number, (name, own) in enumerate(shares.items()):
            trades = [one for one in fills if one["client_id"][9] == str(number)]
            units = sum((_arrived(one) for one in trades), Decimal(0))
            held = own["positions"].get(self.symbol, (0.0, 0.0))[0]
            if abs(float(units) - held) > 1e-9:
                found.append(f"{name} holds {held}, and its {len(trades)} trades have left {units}")
        if abs(sum(own["capital"] for own in shares.values()) - account["capital"]) > 1e-6:
            found.append(f"the money of {shares} is not {account['capital']}")
        return found

    def held(self, there: dict[str, Any]) -> tuple[Decimal, Decimal]:
        """Return the position that the venue has, and the money, less what a position against margin was opened for."""
        total = {name: Decimal(one["free"]) + Decimal(one["locked"]) for name, one in there["balances"].items()}
        if not self.is_perpetual:
            return total.get("BTC", Decimal(0)), total["USDT"]
        units = {name: (Decimal(one["quantity"]), Decimal(one["cost"])) for name, one in there["positions"].items()}
        held, cost = units.get(self.symbol, (Decimal(0), Decimal(0)))
        return held, total["USDT"] - cost

    def books(self, payment: dict[str, Any]) -> str | None:
        """Return what the journal calls a payment of the venue's."""
        return SPOKEN[self.dialect].payments.get(payment["kind"])

    def unpaid(self, there: dict[str, Any]) -> list[str]:
        """Return the funding on which the venue and the journal don't agree."""
        paid = {(one["id"], Decimal(one["amount"])) for one in there["payments"] if self.books(one) == "funding"}
        store = self.journal()
        try:
            kept = [json.loads(body)["payment"] for body in store.payments()]
        finally:
            store.close()
        prefix = SPOKEN[self.dialect].paid
        counted = {(int(one["payment_id"].removeprefix(prefix)), Decimal(one["amount"])) for one in kept}
        return [] if paid == counted else [f"funding {sorted(paid)} at the venue, {sorted(counted)} in the journal"]


def _arrived(fill: dict[str, Any]) -> Decimal:
    """Return what a trade adds to a position, after a fee in the coin."""
    kept = Decimal(fill["fee"]) if fill["fee_currency"] == "BTC" else Decimal(0)
    return Decimal(fill["quantity"]) - kept


def kill(scene: Scene, moment: Moment) -> None:
    """Run until a moment, and kill the process there."""
    if not moment.do:
        process = scene.start(moment.dies)
        assert process.wait() == -signal.SIGKILL, process.words()
        return
    scene.control.fault(getattr(SPOKEN[scene.dialect], moment.match), moment.do, {"nth": moment.nth})
    process = scene.start()
    process.until(lambda: any(one["fault"] == moment.do for one in scene.control.received()))
    assert process.signal(signal.SIGKILL) == -signal.SIGKILL
    scene.control.release()


def cases() -> list[tuple[str, Moment]]:
    """Return at which dialects and moments to kill: all, where so much may be asked that this takes seconds, or a few."""
    if not deep(0, 1):
        return [("binance", MOMENTS[3]), ("bybit", MOMENTS[10])]
    return [(name, moment) for name, spoken in SPOKEN.items() for moment in MOMENTS[:: 1 if spoken.is_prompt else 8]]


@pytest.mark.parametrize(("dialect", "moment"), cases(), ids=lambda one: getattr(one, "what", one))
def test_process_killed_at_a_named_moment_loses_nothing_and_does_nothing_twice(tmp_path, nursery, matrix, dialect, moment):
    scene = Scene(tmp_path, nursery, dialect)
    kill(scene, moment)
    _come_back(scene, matrix, moment.what, RECOVERING[MOMENTS.index(moment) % len(RECOVERING)])


@pytest.mark.parametrize("again", ["paid, before: 1", "paid, after: 1", "payments, before: 1", "payments, after: 1"][:: deep(4, 1)])
@pytest.mark.parametrize("dialect", PERPETUALS[: deep(1, len(PERPETUALS))])
def test_process_killed_while_funding_is_booked_books_it_once(tmp_path, nursery, matrix, dialect, again):
    scene = Scene(tmp_path, nursery, dialect)

    def trader() -> dict[str, Any]:
        return scene.control.state()["accounts"]["trader"]

    def is_funded() -> bool:
        if any(Decimal(one["quantity"]) for one in trader()["positions"].values()):
            scene.control.fund(scene.symbol, "0.0001")
        return any(scene.books(one) == "funding" for one in trader()["payments"])

    first = scene.start()
    first.until(is_funded)
    assert first.signal(signal.SIGKILL) == -signal.SIGKILL
    _come_back(scene, matrix, "funding", again)
    store = scene.journal()
    assert store.payments()
    store.close()


TWO = '[[strategy]]\nid = "one"\nname = "drill"\nshare = 0.3\n[[strategy]]\nid = "other"\nname = "drill"\nshare = 0.7\n'
SHARED = [
    *named("an order at the market", "send, after: 2", "answer, before: 2"),
    *named("its trades", "filled, before: 2", "filled, after: 3"),
    *in_flight("an order that rests", "place", 4),
]


@pytest.mark.skipif("not config.getoption('proof')", reason="without processes, test_together.py does the same")
@pytest.mark.parametrize("moment", SHARED, ids=lambda one: one.what)
@pytest.mark.parametrize("dialect", ["binance", "binance-usdm"])
def test_each_of_several_strategies_has_what_is_its_own_after_processes_were_killed(tmp_path, nursery, matrix, dialect, moment):
    scene = Scene(tmp_path, nursery, dialect, TWO)
    kill(scene, moment)
    _come_back(scene, matrix, moment.what, "fills, after: 1")
    assert scene.misattributed() == []
    told = nursery.start(["status", "crash", "--runs", str(tmp_path)], tmp_path / "status.txt", {})
    assert told.wait() == 0
    assert "strategy one, other" in told.words()


def _come_back(scene: Scene, matrix, what: str, again: str) -> None:
    """Kill the next process as it recovers; the third has to agree with the venue."""
    matrix.count, matrix.part = 1, scene.dialect
    second = scene.start(again)
    assert second.wait() == -signal.SIGKILL, second.words()
    bars = scene.entries()
    third = scene.start()
    # Until it hears of its orders, which takes half a minute where little may be asked.
    third.until(lambda: scene.entries() > bars + (1 if SPOKEN[scene.dialect].is_prompt else 5))
    scene.control.run(0.0)
    assert third.signal(signal.SIGTERM) == 128 + signal.SIGTERM, third.words()
    assert scene.disagreements() == [], third.words()
    store = scene.journal()
    ends = Counter(row.state for row in store.orders())
    store.close()
    orders = ", ".join(f"{count} {state}" for state, count in sorted(ends.items()))
    matrix.tell(what, f"then again at `{again}`", f"both hold; orders: {orders}")
