"""The kernel's indicators as compiled steps: one class each, with `push` for one bar and `run` for whole columns.

Both run the same compiled code, so a live value and a backtest value are the same number. A value is NaN during warm-up. Inputs
are finite: a NaN or an infinity among them is a bar that doesn't exist, so the value on it is NaN and the state stays as it was.

>>> import numpy as np
>>> from tradekit import steps
>>> step = steps.Ema(2)
>>> [step.push(price) for price in (10.0, 12.0, 14.0)]
[nan, 11.0, 13.0]
>>> steps.Ema(2).run(np.array([10.0, 12.0, 14.0]))
array([nan, 11., 13.])
"""

from __future__ import annotations

from tradekit.simulator.steps_averages import Bollinger, Ema, Macd, Rma, RollingVwap, Rsi, Sma, Stdev, Wma
from tradekit.simulator.steps_ranges import Atr, Donchian, Highest, Lowest, Obv, Roc

__all__ = [
    "Atr",
    "Bollinger",
    "Donchian",
    "Ema",
    "Highest",
    "Lowest",
    "Macd",
    "Obv",
    "Rma",
    "Roc",
    "RollingVwap",
    "Rsi",
    "Sma",
    "Stdev",
    "Wma",
]
