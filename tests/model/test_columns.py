"""Arrow columns out of NumPy arrays."""

import numpy as np

from tradekit.model.columns import name_column


def test_name_column_names_with_several_numbers_are_in_its_dictionary_once() -> None:
    column = name_column(np.array([0, 2, -1, 1, 3]), ["open", "inside", "open", ""])
    assert column.to_pylist() == ["open", "open", None, "inside", ""]
    assert column.dictionary.to_pylist() == ["open", "inside", ""]
    assert list(column.to_pandas().cat.categories) == ["open", "inside", ""]
