"""What a live session begins with, as it is kept."""

import subprocess
import sys
from decimal import Decimal

import numpy as np

from tradekit.engine.live.opening import Opening, bare, holds_of
from tradekit.model.bars import Bars
from tradekit.model.instrument import Instrument

HOLD = {"level": "halt", "cause": "operator", "reason": "news", "since": 1}


def made() -> Opening:
    open_time = np.arange(4, dtype=np.int64) * 60_000_000_000
    prices = np.arange(40.0).reshape(5, 4, 2) + 1
    prices[:, 2, 1] = np.nan  # the second instrument was not traded
    bars = Bars(("BTC/USDT", "ETH/USDT"), open_time, open_time + 60_000_000_000, *prices)
    instruments = (Instrument("BTC/USDT", tick=0.01), Instrument("ETH/USDT"))
    market = bare(bars, instruments, 60_000_000_000)
    return Opening(market, "tk1", 1_000.0, {"BTC/USDT": (0.5, 20_000.0)}, {"ETH/USDT": Decimal("0.1")}, holds=(HOLD,))


def test_opening_is_read_back_as_it_was():
    opening = made()
    again = Opening.from_bytes(opening.to_bytes())
    bars, before = again.market.bars, opening.market.bars
    for name in ("open_time", "close_time", "open", "high", "low", "close", "volume"):
        np.testing.assert_array_equal(getattr(bars, name), getattr(before, name), strict=True)
    assert bars.symbols == before.symbols
    assert again.market.bar_length == opening.market.bar_length
    for name in ("prefix", "capital", "positions", "baseline", "holds"):
        assert getattr(again, name) == getattr(opening, name)


def test_opening_is_kept_without_pandas():
    code = "import sys; from engine.live.test_opening import made; made().to_bytes(); print('pandas' in sys.modules)"
    paths = [str(path) for path in sys.path]
    run = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:] = {paths!r}; {code}"], capture_output=True, text=True, check=True
    )
    assert run.stdout == "False\n"


def test_opening_of_an_earlier_version_that_was_halted_still_is():
    assert holds_of({"is_halted": False}) == ()
    (hold,) = holds_of({"is_halted": True})
    assert (hold["level"], hold["reason"]) == ("halt", "halted under an earlier version")
