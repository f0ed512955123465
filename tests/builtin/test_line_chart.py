import numpy as np
import pytest

from tradekit.builtin.line_chart import braille_line


def dots(lines):
    """Return bool [row, column] of the dots, from the top."""
    bits = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])
    codes = np.array([[0 if char == " " else ord(char) - 0x2800 for char in line] for line in lines])
    return (codes[:, None, :, None] & bits[None, :, None, :] != 0).reshape(4 * len(lines), -1)


def test_braille_line_rising_values_go_from_bottom_left_to_top_right():
    grid = dots(braille_line(np.arange(8.0), 4, 2))
    assert grid.tolist() == np.eye(8, dtype=bool)[::-1].tolist()


def test_braille_line_has_the_size_asked_for():
    lines = braille_line(np.random.default_rng(1).normal(size=100_000), 30, 3)
    assert [len(line) for line in lines] == [30, 30, 30]


def test_braille_line_keeps_a_single_peak_among_many_values():
    values = np.zeros(100_000)
    values[70_001] = 1.0
    grid = dots(braille_line(values, 20, 2))
    assert grid[0].nonzero()[0].tolist() == [28]
    assert grid[:, 28].all()


def test_braille_line_jump_is_joined():
    grid = dots(braille_line(np.repeat([0.0, 1.0], 10), 10, 2))
    assert grid.any(axis=0).all()
    assert grid[:7, 10].all()


@pytest.mark.parametrize("values", [[3.0], [3.0, 3.0, 3.0]])
def test_braille_line_flat_values_are_a_line_at_the_bottom(values):
    assert braille_line(np.array(values), 3, 2) == ["   ", "⣀⣀⣀"]
