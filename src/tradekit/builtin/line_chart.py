"""A line drawn with braille dots: two columns and four rows of them in each character."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["braille_line"]

# Which bit of a braille character a dot is, by row and column in it (Unicode block U+2800).
_BITS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])


def braille_line(values: NDArray[np.float64], width: int, height: int) -> list[str]:
    """Return `height` lines of `width` characters that show finite values from their smallest to their largest.

    Each column of dots spans all values that fall into it, so no peak and no trough is lost however many values there are.
    """
    low, high = _spans(values, 2 * width)
    bottom, top = float(np.min(values)), float(np.max(values))
    steps = 4 * height - 1
    scale = steps / (top - bottom) if top > bottom else 0.0
    floor = np.rint((low - bottom) * scale).astype(int)
    ceiling = np.rint((high - bottom) * scale).astype(int)
    # Neighbours more than one level apart are joined, so that a jump is a line and not a gap.
    floor[1:], ceiling[1:] = np.minimum(floor[1:], ceiling[:-1] + 1), np.maximum(ceiling[1:], floor[:-1] - 1)
    level = np.arange(steps, -1, -1)[:, None]
    dots = (level >= floor) & (level <= ceiling)
    cells = dots.reshape(height, 4, width, 2) * _BITS[None, :, None, :]
    # Some fonts draw the braille character without dots as eight circles, so nothing is a space.
    return ["".join(chr(0x2800 + code) if code else " " for code in row) for row in cells.sum(axis=(1, 3)).tolist()]


def _spans(values: NDArray[np.float64], columns: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the lowest and the highest value in each column; fewer values than columns are joined by straight lines."""
    if len(values) < columns:
        line = np.interp(np.linspace(0.0, len(values) - 1.0, columns), np.arange(len(values)), values)
        return line, line
    starts = np.arange(columns) * len(values) // columns
    return np.minimum.reduceat(values, starts), np.maximum.reduceat(values, starts)
