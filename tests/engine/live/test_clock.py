"""What is known of the venue's clock."""

import asyncio

import pytest

from tradekit.engine.live.clock import Rhythm, VenueClock
from tradekit.testing.loop import run_virtually

SECOND = 1_000_000_000
AHEAD = 300_000_000
"""By how much the venue's clock is ahead."""


class Slow:
    """A venue that is so many seconds away there, and so many back, one question after the other."""

    def __init__(self, *ways):
        self.time, self.ways = 0.0, list(ways)

    def here(self):
        return round(self.time * SECOND)

    async def venue_time(self):
        there, back = self.ways.pop(0)
        self.time += there
        told = self.here() + AHEAD
        self.time += back
        return told


def _asked(known, *ways):
    venue = Slow(*ways)
    clock = VenueClock(venue.here, known)
    asyncio.run(clock.ask(None, venue))
    return clock.offset


def test_clock_is_taken_from_the_answer_that_came_soonest():
    assert _asked(0, (20.0, 0.1), (0.1, 0.1), (0.1, 30.0)) == AHEAD


@pytest.mark.parametrize("known", [AHEAD, AHEAD + SECOND, 0])
def test_clock_that_long_answers_do_not_disprove_stays_as_it_was(known):
    assert _asked(known, (20.0, 5.0), (16.0, 4.0), (30.0, 0.1)) == known


@pytest.mark.parametrize(("known", "found"), [(60 * SECOND, 16 * SECOND + AHEAD), (-60 * SECOND, AHEAD - 4 * SECOND)])
def test_clock_that_long_answers_disprove_is_moved_to_what_they_allow(known, found):
    assert _asked(known, (20.0, 5.0), (16.0, 4.0), (30.0, 0.1)) == found


def test_rhythm_is_due_again_after_its_time_or_when_it_is_hurried():
    async def run():
        rhythm = Rhythm()
        rhythm.hurry("full")
        rhythm.begin("full", "light")
        found = [rhythm.is_due("full", 60.0), rhythm.is_due("full", 60.0), rhythm.is_due("light", 60.0)]
        await asyncio.sleep(60.0)
        found += [rhythm.is_due("full", 60.0), rhythm.is_due("full", 60.0)]
        rhythm.hurry("full")
        found += [rhythm.is_due("full", 60.0)]
        with pytest.raises(OSError, match="gone"), rhythm.made_up_for("full"):
            raise OSError("gone")
        with rhythm.made_up_for("light"):
            assert rhythm.is_due("light", 60.0)
        return [*found, rhythm.is_due("full", 60.0), rhythm.is_due("light", 60.0)]

    assert run_virtually(run()) == [True, False, False, True, False, True, True, False]
