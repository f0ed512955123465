"""The real ccxt at a venue that goes wrong, in every way and at random: nothing is sent twice, and the account is the venue's."""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from pathlib import Path

import pytest

pytest.importorskip("tradekit_ccxt")
pytest.importorskip("tradekit_venue")

from tradekit_venue.faults import MESSAGE_FAULTS, REQUEST_FAULTS, Fault

from live.faults import SPOKEN, TRIED, Trouble, cases
from live.place import Place, Played, busy, disagreements
from proofs import deep
from tradekit.testing import run_virtually

pytestmark = pytest.mark.proof("live")

LONGEST_S = 20_000.0
BLOCKS, SEEDS = 20, 10
"""The random runs of a dialect are done in so many parts of so many, so that several processes can share them."""


async def _trouble(folder: Path, dialect: str, seed: int, orders: int, fault: Fault | None = None) -> tuple[Place, Played]:
    """Run until so many orders were to be sent, with one fault or with many, and then with a venue that is as it should be."""
    place, strategy = Place(folder, seed, dialect=dialect), busy(dialect)
    async with place.opened():
        loop, trouble = asyncio.get_running_loop(), Trouble(place.venue, seed)

        def begin(session):
            if fault is None:
                session._spawn(trouble.run())
            else:
                place.venue.faults.add(fault)

        def has_sent(session):
            return len(session.books.decider.legs.by_id) >= orders or loop.time() > LONGEST_S

        first = await place.play(strategy, has_sent, begin)
        assert first.ended.error is None
        assert fault is None or place.venue.faults.pending() == [], f"it has not happened: {fault}"
        trouble.end()
        return place, await place.play(strategy, _Calm(place, loop.time() + SPOKEN[dialect].calm_s))


class _Calm:
    """Says that a session is over when the venue has been quiet for a while, inside a bar: then all has been told."""

    def __init__(self, place: Place, until: float) -> None:
        self.place, self.until, self.quiet_at = place, until, math.inf

    def __call__(self, _session: object) -> bool:
        now = asyncio.get_running_loop().time()
        if now > self.until and self.quiet_at == math.inf and 5_000 <= self.place.venue.clock.now() % 60_000 <= 40_000:
            self.place.fall_quiet()
            self.quiet_at = now
        return now >= self.quiet_at + 10.0


def became(place: Place, played: Played) -> Counter[str]:
    """Count what became of the orders whose sending went wrong, by the state that the journal knows of them in the end."""
    legs = played.session.books.decider.legs.by_id
    placing = [one for one in place.venue.received if one.get("order") and one["fault"]]
    return Counter(legs[one["order"]].state.value for one in placing)


EVERY = [f"request {do}" for do in REQUEST_FAULTS] + [f"message {do}" for do in MESSAGE_FAULTS]


@pytest.mark.parametrize(
    ("dialect", "do"), [(name, do) for k, name in enumerate(deep(TRIED, list(SPOKEN))) for do in EVERY[deep(k, 0) :: deep(10, 1)]]
)
def test_fault_of_a_venue_neither_doubles_an_order_nor_changes_the_account(tmp_path_factory, matrix, dialect, do):
    kind, _, name = do.partition(" ")
    every = [one for one in cases(dialect) if one.do == name and one.match.startswith("STREAM") == (kind == "message")]
    ends: Counter[str] = Counter()
    matrix.part, tried = dialect, matrix.some(every, 1)
    for fault in tried:
        place, played = run_virtually(_trouble(tmp_path_factory.mktemp("fault"), dialect, 3, 12, fault))
        assert disagreements(place, played) == [], fault
        ends += became(place, played)
    said = (REQUEST_FAULTS if kind == "request" else MESSAGE_FAULTS)[name]
    orders = ", ".join(f"{count} {state}" for state, count in sorted(ends.items()))
    matrix.tell(do, said, f"both hold in {len(tried)} cases" + (f"; orders hit: {orders}" if orders else ""))


@pytest.mark.parametrize("block", range(deep(1, BLOCKS)))
@pytest.mark.parametrize("dialect", deep(TRIED, list(SPOKEN)))
def test_venue_that_goes_wrong_at_random_neither_doubles_an_order_nor_changes_the_account(tmp_path_factory, matrix, dialect, block):
    matrix.part = dialect
    for number in matrix.seeds(1, SEEDS):
        seed = block * SEEDS + number
        place, played = run_virtually(_trouble(tmp_path_factory.mktemp("random"), dialect, seed, deep(30, 40)))
        assert disagreements(place, played) == [], seed
