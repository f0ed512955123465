"""Whether a series can't have any of the defects that are looked for, found out in a few passes: most series have none."""

from __future__ import annotations

import numpy as np

from tradekit.model.bars import Series

__all__ = ["is_sound"]

_BLOCK = 1 << 14  # rows whose columns stay in the processor's cache from one comparison to the next


def is_sound(series: Series) -> bool:
    """Say whether bars are in order, don't overlap, and have finite prices above 0, highs and lows that hold, volume of 0 or more.

    A value that is missing makes each comparison false, so that such a series is not sound.
    """
    return all(_is_sound(series, first, first + _BLOCK) for first in range(0, len(series), _BLOCK))


def _is_sound(series: Series, first: int, last: int) -> bool:
    rows = slice(first, last)
    low, high = series.low[rows], series.high[rows]
    volume = series.volume[rows]
    # Opens and closes lie between low and high, so that these two tell of all four.
    is_possible = low.min() > 0.0 and high.max() < np.inf and volume.min() >= 0.0 and volume.max() < np.inf
    if not is_possible:
        return False
    for price in (series.open[rows], series.close[rows]):
        if not ((low <= price).all() and (price <= high).all()):
            return False
    # One bar more, for the step into the next block; one that ends by the next one's beginning also begins before it.
    opened, closed = series.open_time[first : last + 1], series.close_time[first : last + 1]
    return bool((opened < closed).all() and (closed[:-1] <= opened[1:]).all())
