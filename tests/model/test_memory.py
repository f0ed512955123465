import errno
import os

import numpy as np
import pytest

from tradekit.errors import RunError
from tradekit.model import memory as memory_module
from tradekit.model.memory import MEMORY, Scratch


def test_scratch_array_keeps_its_values_when_memory_is_given_back():
    scratch = Scratch()
    found = scratch.array((3, 1000), np.float64)
    found[:] = np.arange(3000.0).reshape(3, 1000)
    scratch.release()
    assert (found == np.arange(3000.0).reshape(3, 1000)).all()


def test_scratch_column_is_what_was_appended_and_can_not_be_changed():
    scratch = Scratch()
    column = scratch.column(np.float64, 2)
    column.append(np.array([[1.0, 2.0]]))
    column.append(np.array([[3, 4], [5, 6]]))
    found = column.done()
    scratch.release()
    assert found.tolist() == [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]
    with pytest.raises(ValueError, match="read-only"):
        found[0, 0] = 9.0


def test_scratch_without_rows_has_empty_arrays():
    scratch = Scratch()
    assert scratch.column(np.int64).done().shape == (0,)
    assert scratch.array((0,), np.float64).shape == (0,)
    assert [part.shape for part in scratch.columns(0, lambda start, stop: (np.zeros(stop - start),))] == [(0,)]


@pytest.mark.parametrize("memory", [MEMORY, Scratch()])
def test_columns_are_computed_in_order_wherever_they_lie(memory, monkeypatch):
    monkeypatch.setattr(memory_module, "BLOCK", 4)
    asked = []

    def compute(start, stop):
        asked.append((start, stop))
        rows = np.arange(start, stop)
        return rows * 2.0, rows % 3 == 0

    doubled, third = memory.columns(10, compute)
    assert doubled.tolist() == [2.0 * row for row in range(10)]
    assert third.tolist() == [row % 3 == 0 for row in range(10)]
    assert asked == ([(0, 10)] if memory is MEMORY else [(0, 4), (4, 8), (8, 10)])


def test_scratch_on_a_full_disk_says_so_and_names_another_place(monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "posix_fallocate", full, raising=False)
    with pytest.raises(
        RunError, match=r"^no room for temporary files in '.*': no space left on device; TMPDIR names another place$"
    ):
        Scratch().array((10,), np.float64)
