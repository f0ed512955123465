import asyncio
import math

import numpy as np
import pytest
from tradekit_ccxt.pacing import Governor, Priority

from tradekit import VenueError


class Clock:
    """A clock that goes on when everybody sleeps, to the first who wants to wake."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.sleepers: list[tuple[float, asyncio.Future[None]]] = []

    def now(self) -> float:
        return self.now_s

    async def sleep(self, seconds: float) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.sleepers.append((self.now_s + seconds, future))
        await future

    async def run(self, tasks: list[asyncio.Task[None]]) -> None:
        while not all(task.done() for task in tasks):
            for _ in range(5):
                await asyncio.sleep(0)
            if self.sleepers:
                self.now_s = max(self.now_s, min(when for when, _ in self.sleepers))
                due = [one for one in self.sleepers if one[0] <= self.now_s]
                self.sleepers = [one for one in self.sleepers if one[0] > self.now_s]
                for _, future in due:
                    if not future.done():
                        future.set_result(None)


def order_of(wanted: list[tuple[str, Priority, float]], per_second: float = 1.0, burst: float = 1.0) -> list[tuple[str, float]]:
    """Return who went when, of those who come at the same time."""

    async def run() -> list[tuple[str, float]]:
        clock, went = Clock(), []
        governor = Governor(per_second, burst, clock.now, clock.sleep)

        async def go(name: str, priority: Priority, cost: float) -> None:
            await governor.turn(priority, cost)
            went.append((name, round(clock.now_s, 6)))

        tasks = [asyncio.create_task(go(*one)) for one in wanted]
        await clock.run(tasks)
        return went

    return asyncio.run(run())


def test_turns_come_at_the_rate_in_order_of_arrival() -> None:
    wanted = [(str(k), Priority.NEW, 1.0) for k in range(4)]
    assert order_of(wanted, per_second=2.0) == [("0", 0.0), ("1", 0.5), ("2", 1.0), ("3", 1.5)]


def test_turns_go_by_priority_where_not_everybody_can_go() -> None:
    wanted = [
        ("first", Priority.DATA, 1.0),
        ("data", Priority.DATA, 1.0),
        ("reconcile", Priority.RECONCILE, 1.0),
        ("new", Priority.NEW, 1.0),
        ("reduce", Priority.REDUCE, 1.0),
        ("cancel", Priority.CANCEL, 1.0),
    ]
    assert [name for name, _ in order_of(wanted)] == ["first", "cancel", "reduce", "new", "reconcile", "data"]


def test_turns_leave_a_share_for_what_goes_before() -> None:
    # Of ten tokens, new orders leave two: the ninth waits until there are enough, and a cancellation does not.
    wanted = [(f"new {k}", Priority.NEW, 1.0) for k in range(9)]
    went = dict(order_of(wanted, per_second=1.0, burst=10.0))
    assert went["new 7"] == 0.0
    assert went["new 8"] == 1.0
    went = dict(order_of([*wanted, ("cancel", Priority.CANCEL, 1.0)], per_second=1.0, burst=10.0))
    assert went["cancel"] == 0.0
    assert went["new 8"] == 2.0


def test_turn_that_costs_more_than_is_ever_kept_comes_all_the_same() -> None:
    assert order_of([("large", Priority.DATA, 5.0), ("next", Priority.DATA, 1.0)]) == [("large", 0.0), ("next", 5.0)]


def test_rest_holds_everybody_back_cancellations_too() -> None:
    async def run() -> float:
        clock = Clock()
        governor = Governor(1.0, 10.0, clock.now, clock.sleep)
        governor.rest(7.0)
        governor.rest(3.0)
        task = asyncio.create_task(governor.turn(Priority.CANCEL))
        await clock.run([task])
        return clock.now_s

    assert asyncio.run(run()) == 7.0


def test_turn_that_would_take_too_long_is_refused_at_once() -> None:
    async def run() -> None:
        clock = Clock()
        governor = Governor(1.0, 1.0, clock.now, clock.sleep)
        governor.rest(60.0)
        with pytest.raises(VenueError, match=r"^too much is asked of the exchange: .* 60 s .* 5 s are allowed$") as raised:
            await governor.turn(Priority.NEW, 1.0, patience_s=5.0)
        assert (raised.value.is_passing, raised.value.retry_after_s) == (True, 60.0)
        assert clock.now_s == 0.0

    asyncio.run(run())


def test_turn_that_is_cancelled_frees_its_place() -> None:
    async def run() -> float:
        clock = Clock()
        governor = Governor(1.0, 1.0, clock.now, clock.sleep)
        await governor.turn(Priority.DATA)
        waiting = asyncio.create_task(governor.turn(Priority.CANCEL))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        task = asyncio.create_task(governor.turn(Priority.DATA))
        await clock.run([task])
        return clock.now_s

    assert asyncio.run(run()) == 1.0


@pytest.mark.parametrize("seed", range(5))
def test_turns_never_exceed_the_rate_over_any_stretch(seed: int) -> None:
    drawn = np.random.default_rng(seed).integers([5, 3], size=(40, 2)).tolist()
    wanted = [(str(k), Priority(priority), (0.5, 1.0, 2.0)[size]) for k, (priority, size) in enumerate(drawn)]
    costs = {name: cost for name, _, cost in wanted}
    went = order_of(wanted, per_second=4.0, burst=5.0)
    assert len(went) == len(wanted)
    for i, (_, begin) in enumerate(went):
        spent = 0.0
        for name, when in went[i:]:
            spent += costs[name]
            assert spent <= 5.0 + 4.0 * (when - begin) + 1e-6, (i, name)
    assert math.isfinite(went[-1][1])
