"""A trading process that stands still, is killed, or is called off, and the watchdog in a process of its own."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from live.faults import SPOKEN
from live.local_venue import local_venue
from live.process import Nursery, Process, until
from proofs import deep
from tradekit.journal.store import JournalStore

pytestmark = [
    pytest.mark.proof("safety"),
    pytest.mark.skipif(
        not all(importlib.util.find_spec(name) for name in ("tradekit_ccxt", "tradekit_venue")), reason="needs both packages"
    ),
    pytest.mark.skipif(os.name == "nt", reason="Windows has neither fork nor SIGSTOP"),
]


@pytest.fixture(scope="module")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    site = tmp_path_factory.mktemp("site")
    shutil.copy(Path(__file__).with_name("rests.py"), site / "rests.py")
    info = site / "rests-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: rests\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[tradekit]\nrests = rests\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(site))  # for a watchdog that a run starts
        with Nursery(site) as made:
            yield made


@dataclass
class Post:
    """A venue, a trading process and a watchdog, each a process of its own."""

    folder: Path
    nursery: Nursery
    hang_s: float = 3_600.0
    watchdog: str = "false"
    dialect: str = "binance"
    live: str = ""
    """More of `[live]`."""
    control: Any = field(init=False)
    keys: dict[str, str] = field(init=False)
    count: int = 0

    def __post_init__(self) -> None:
        from tradekit_venue.control import Control

        spoken = SPOKEN[self.dialect]
        symbol = "BTC/USDT:USDT" if spoken.is_perpetual else "BTC/USDT"
        _, secrets = local_venue(self.nursery, self.folder, symbol, self.dialect)
        self.control = Control(secrets["url"], secrets["token"], 60.0)
        names = {"KEY": "apiKey", "SECRET": "secret", "PASSWORD": "password"}
        self.keys = {f"TRADEKIT_POST_{name}": secrets[there] for name, there in names.items()}
        where = "\n".join(f'{key} = "{value}"' for key, value in {**spoken.where, "url": secrets["url"]}.items())
        (self.folder / "run.toml").write_text(f"""risk = []
[run]
name = "post"
mode = "live"
[account]
currency = "USDT"
capital = 100_000
{'kind = "margin"' if spoken.is_perpetual else ""}
[data]
source = "ccxt"
{where}
instruments = ["{symbol}"]
interval = "1m"
[strategy]
name = "rests"
[execution]
executor = "ccxt"
{where}
keys = "post"
timeout_s = 60.0
costs = []
[live]
history = 5
lag_s = 0
silence_bars = 0
hang_s = {self.hang_s}
watchdog = {self.watchdog}
{self.live}
[[report]]
name = "summary"
""")

    def start(self, *words: str) -> Process:
        self.count += 1
        return self.nursery.start([*words, "--runs", str(self.folder)], self.folder / f"said-{self.count}.txt", self.keys)

    def trade(self) -> Process:
        return self.start("run", str(self.folder / "run.toml"), "--live")

    def watch(self) -> Process:
        watchdog = self.start("watch", str(self.folder / "run.toml"))
        watchdog.until(lambda: "connected" in watchdog.words())
        return watchdog

    def resting(self) -> set[str]:
        """Return the client ids of what is open at the venue."""
        there = self.control.state()["accounts"]["trader"]["orders"]
        return {one["client_id"] for one in there if one["is_open"]}

    def sent(self) -> int:
        """Return how many orders have ever come to the venue."""
        return len(self.control.state()["accounts"]["trader"]["orders"])

    def rows(self) -> int:
        """Return how many bars the journal has."""
        with self.journal() as store:
            last = store.last_session()
            return 0 if last is None else sum('"kind":"row"' in body for _, body in store.inputs(last.id))

    def journal(self) -> Any:
        from contextlib import closing

        return closing(JournalStore(self.folder / "accounts" / "post.sqlite"))

    def status(self) -> str:
        told = self.start("status", "post")
        assert told.wait() == 0
        return told.words()


def test_process_that_stands_still_is_halted_through_the_watchdog_until_a_person_resumes(tmp_path, nursery, matrix):
    matrix.count = 1
    post = Post(tmp_path, nursery)
    trader = post.trade()
    trader.until(post.resting)
    order = {"market": "BTC/USDT", "side": "buy", "quantity": "1", "price": "60", "client_id": "foreign"}
    post.control.place("trader", order)
    watchdog = post.watch()
    trader.until(lambda: post.resting() - {"foreign"})
    os.kill(trader.pid, signal.SIGSTOP)
    halt = post.start("halt", "post", "--reason", "news at ten")
    assert halt.wait() == 0
    watchdog.until(lambda: post.resting() == {"foreign"})
    sent, rows = post.sent(), post.rows()
    assert "asked for and not taken up: halt by operator: news at ten" in post.status()
    os.kill(trader.pid, signal.SIGCONT)
    trader.until(lambda: post.rows() > rows + 3)
    assert post.sent() == sent
    assert trader.signal(signal.SIGTERM) == 5, trader.words()

    again = post.trade()
    again.until(lambda: post.rows() > rows + 6)
    assert "halt since" in again.words()
    assert "by operator: news at ten" in again.words()
    assert post.sent() == sent
    assert post.start("resume", "post", "--reason", "it was nothing").wait() == 0
    again.until(lambda: post.sent() > sent)
    assert again.signal(signal.SIGTERM) == 128 + signal.SIGTERM
    assert watchdog.signal(signal.SIGTERM) == 128 + signal.SIGTERM
    matrix.tell("SIGSTOP, then `tradekit halt`", "the watchdog cancels", "nothing left before `resume`, over SIGCONT and a restart")


@pytest.mark.skipif("not config.getoption('proof')", reason="it measures, which is for proofs")
def test_orders_of_a_process_that_stands_still_are_gone_within_a_second_of_the_halt(tmp_path, nursery, matrix):
    matrix.count = deep(1, 10)
    post = Post(tmp_path, nursery)
    watchdog, trader, waits = None, post.trade(), []
    for number in range(matrix.count):
        trader.until(post.resting)
        watchdog = watchdog or post.watch()
        os.kill(trader.pid, signal.SIGSTOP)
        asked = time.monotonic()
        with post.journal() as store:
            store.ask("halt", f"for the {number + 1}. time")
        watchdog.until(lambda: not post.resting())
        waits.append(time.monotonic() - asked)
        os.kill(trader.pid, signal.SIGCONT)
        assert post.start("resume", "post", "--reason", "measured").wait() == 0
    assert trader.signal(signal.SIGTERM) in (5, 128 + signal.SIGTERM)
    assert watchdog is not None
    assert watchdog.signal(signal.SIGTERM) == 128 + signal.SIGTERM
    waits.sort()
    matrix.tell(
        "from the halt to an empty book",
        "the trading process is stopped by SIGSTOP a moment before; polled every 10 ms",
        f"between {waits[0]:.2f} and {waits[-1]:.2f} s, half of them within {waits[len(waits) // 2]:.2f} s",
    )
    assert waits[len(waits) // 2] < 1.0


@pytest.mark.skipif("not config.getoption('proof')", reason="it takes as long as a process must be silent")
def test_killed_process_is_halted_by_the_watchdog_that_its_run_started(tmp_path, nursery, matrix):
    matrix.count = 1
    post = Post(tmp_path, nursery, hang_s=10.0, watchdog="true")
    trader = post.trade()
    trader.until(lambda: post.resting() and "connected" in trader.words())
    os.kill(trader.pid, signal.SIGKILL)
    assert trader.wait() == -signal.SIGKILL

    def is_latched():
        with post.journal() as store:
            return [one.cause for one in store.asked()] == ["watchdog"] and not post.resting()

    until(is_latched, trader.words)
    sent = post.sent()
    again = post.start("run", str(post.folder / "run.toml"), "--live", "--set", "live.watchdog=false")
    again.until(lambda: "halt since" in again.words() or "halt was asked for, by watchdog" in again.words())
    rows = post.rows()
    again.until(lambda: post.rows() > rows + 2)
    assert post.sent() == sent
    assert again.signal(signal.SIGTERM) == 5
    until(lambda: not is_watched(post), trader.words)
    matrix.tell(
        "SIGKILL", "no sign of life for 10 s", "the watchdog cancels and halts; the next process starts halted and sends nothing"
    )


def is_watched(post: Post) -> bool:
    with post.journal() as store:
        return bool(store.is_watched())


TIMERS = {
    "binance-usdm": "countdownCancelAll",
    "okx-swap": "trade/cancel-all-after",
    "okx": "trade/cancel-all-after",
    "kraken": "CancelAllOrdersAfter",
}
"""By what request each dialect sets the timer that cancels all orders."""


@pytest.mark.skipif("not config.getoption('proof')", reason="it takes as long as a timer takes to be set anew")
@pytest.mark.parametrize("dialect", TIMERS)
def test_process_that_is_killed_with_nobody_to_watch_leaves_no_order_where_the_venue_has_a_timer(
    tmp_path, nursery, matrix, dialect
):
    matrix.count = 1
    post = Post(tmp_path, nursery, dialect=dialect, live="cancel_all_after_s = 30")
    post.control.run(1.0)  # the timer is set anew in real time, so the venue's has to be real as well
    trader = post.trade()

    def times_set() -> int:
        return sum(one["name"] == TIMERS[dialect] for one in post.control.received())

    trader.until(times_set)
    post.control.advance(60_000)
    trader.until(post.resting)
    left = post.resting()
    before = times_set()
    trader.until(lambda: times_set() > before)
    assert "the venue's timer was last set at" in post.status()
    os.kill(trader.pid, signal.SIGKILL)
    assert trader.wait() == -signal.SIGKILL
    post.control.advance(1_000)
    assert post.resting() == left
    post.control.advance(30_000)
    assert post.resting() == set()
    assert ", for 30 s: " in post.status()
    what = "`cancel_all_after_s = 30`, and no watchdog"
    matrix.tell(f"SIGKILL, {dialect}", what, "what rested is there a second later, and gone when the timer has run out")
