"""A live run that is left alone for a day, with a venue that goes wrong all the time: nothing piles up, and nothing is lost."""

from __future__ import annotations

import asyncio
import gc
import logging
import tracemalloc
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest

pytest.importorskip("tradekit_ccxt")
pytest.importorskip("tradekit_venue")

from live.faults import Trouble
from live.place import HISTORY, Place, Played, disagreements
from proofs import deep
from tradekit import Strategy
from tradekit.engine.live.session import LiveSession
from tradekit.testing import run_virtually

pytestmark = pytest.mark.proof("soak", cases=1)

MINUTE_S = 60.0
WARM_SHARE = 0.25
"""So much of the day is left out of what is compared: caches fill, and what is loaded late is loaded."""
VENUE = "tradekit_venue"
OURS = ("LiveSession._watch", "Heard._guarded")
"""The tasks that a session lives by: there are as many at any time."""
FEW = 8
"""So many tasks and files may be more now and then: a request that is under way, at both of its ends."""
ORDER_BYTES = 4_096
SLACK_BYTES = 512 * 1024
"""What the memory may grow by: with each order, which the run keeps until its session ends, and besides."""


class Steady(Strategy):
    """Trade in each instrument now and then, for as long as it lasts: rest an order, take one back, take what is offered, leave."""

    name = "steady"

    def on_bar(self, ctx):
        draw = ctx.random
        for view in ctx.instruments:
            if draw.random() > 0.15:
                continue
            for order in view.open_orders:
                view.cancel(order)
            if view.position > 2.0:
                view.exit()
            elif draw.random() < 0.5:
                view.buy(float(draw.integers(1, 3)))
            else:
                view.buy(float(draw.integers(1, 3)), limit=round(view.close * 0.999, 2))


@dataclass
class Look:
    """What there is at one moment: tasks by name, open files, memory by who has asked for it, orders."""

    tasks: Counter[str]
    files: int
    ours: int
    """Bytes that were asked for outside of the local venue, which keeps all that ever happened."""
    orders: int
    journal: int


@dataclass
class Watch:
    """Looks at a session every so often."""

    place: Place
    sent: Counter[str] = field(default_factory=Counter)
    looks: list[Look] = field(default_factory=list)
    sizes: list[tracemalloc.Snapshot] = field(default_factory=list)

    def growth(self) -> str:
        """Return where the memory was asked for that there is more of in the end."""
        found = [one for one in self.sizes[-1].compare_to(self.sizes[0], "lineno") if VENUE not in one.traceback[0].filename]
        return "\n".join(map(str, sorted(found, key=lambda one: -one.size_diff)[:20]))

    def look(self, session: LiveSession) -> None:
        # What the venue was asked is kept by it for this test only.
        self.sent.update(one["order"] for one in self.place.venue.received if one.get("order"))
        self.place.venue.received.clear()
        gc.collect()
        tasks = Counter(getattr(one.get_coro(), "__qualname__", "?") for one in asyncio.all_tasks() if not one.done())
        ours = 0
        if tracemalloc.is_tracing():
            taken = tracemalloc.take_snapshot()
            ours = sum(one.size for one in taken.statistics("filename") if VENUE not in one.traceback[0].filename)
            self.sizes = [*self.sizes[:1], taken]
        opened = Path("/proc/self/fd")
        files = sum(1 for _ in opened.iterdir()) if opened.is_dir() else 0
        journal = sum(path.stat().st_size for path in (self.place.folder / "accounts").glob("trial.sqlite*"))
        self.looks.append(Look(tasks, files, ours, len(session.books.decider.legs.by_id), journal))


async def _soak(place: Place, watch: Watch, minutes: int) -> tuple[Played, Trouble]:
    loop = asyncio.get_running_loop()
    trouble = Trouble(place.venue, place.seed, every_s=deep(30, 90))
    start, end = loop.time(), loop.time() + minutes * MINUTE_S
    warm = start + minutes * MINUTE_S * WARM_SHARE
    every = (end - warm) / 6
    due = warm
    quiet = end + MINUTE_S * 2

    def is_over(session: LiveSession) -> bool:
        nonlocal due
        now = loop.time()
        if due <= now < end:
            watch.look(session)
            due += every
        if now >= end and trouble.is_on:
            trouble.end()
        if now >= quiet:
            place.fall_quiet()
        return now >= quiet + 30.0

    async with place.opened():
        played = await place.play(Steady, is_over, lambda session: session._spawn(trouble.run()))
    return played, trouble


def test_run_that_is_left_alone_neither_grows_nor_loses_anything(tmp_path, matrix, caplog):
    minutes, others = deep(8, 1_440), deep(1, 19)
    caplog.set_level(logging.CRITICAL, "tradekit")  # else what runs the tests keeps each message, with its error
    if deep(0, 1):  # it takes longer than all the rest
        tracemalloc.start()
    try:
        place_of: list[Place] = []
        watch_of: list[Watch] = []

        async def work() -> tuple[Played, Trouble]:
            place_of.append(Place(tmp_path, 11, rows=minutes + HISTORY + 20, others=others))
            watch_of.append(Watch(place_of[0]))
            return await _soak(place_of[0], watch_of[0], minutes)

        played, trouble = run_virtually(work())
    finally:
        tracemalloc.stop()
    place, watch = place_of[0], watch_of[0]
    assert disagreements(place, played) == []
    assert max(watch.sent.values()) == 1
    first, last = watch.looks[0], watch.looks[-1]
    for look in watch.looks:
        assert {name: look.tasks[name] for name in OURS} == {name: first.tasks[name] for name in OURS}
        assert look.tasks.total() <= first.tasks.total() + FEW
        assert look.files <= first.files + FEW
    orders, grown = last.orders - first.orders, last.ours - first.ours
    assert grown <= ORDER_BYTES * orders + SLACK_BYTES, watch.growth()
    written = (last.journal - first.journal) / (1 - WARM_SHARE) / minutes
    what = f"{minutes} minutes, {others + 1} instruments, {len(trouble.happened)} faults, {last.orders} orders"
    told = f"agrees; {last.tasks.total()} tasks, as at the beginning; {grown / 1024:,.0f} KiB more after {orders} orders"
    matrix.tell("left alone", what, f"{told}; the journal's file grows by {written / 1024:.1f} KiB a minute")
