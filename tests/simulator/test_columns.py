import numpy as np

from tradekit.simulator.columns import enlarged


def test_column_is_enlarged_in_place_and_filled():
    column = np.arange(3200.0)
    longer = enlarged(column, np.nan)
    assert longer is column
    np.testing.assert_array_equal(longer[:3200], np.arange(3200.0))
    assert len(longer) == 4000
    assert np.isnan(longer[3200:]).all()


def test_short_column_gets_room_for_many():
    assert enlarged(np.zeros(1, dtype=np.int32), -1).tolist() == [0, *[-1] * 64]


def test_long_column_gets_room_for_half_as_much_again():
    longer = enlarged(np.zeros(1 << 17, dtype=np.int8), 1)
    assert len(longer) == 3 << 16
    assert longer[: 1 << 17].sum() == 0
    assert longer[1 << 17 :].all()
