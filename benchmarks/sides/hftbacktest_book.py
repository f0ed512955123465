"""Recordings of `market.py` as hftbacktest reads them, and a backtest on one."""

from __future__ import annotations

import numpy as np
from hftbacktest import (
    BUY_EVENT,
    DEPTH_CLEAR_EVENT,
    DEPTH_EVENT,
    DEPTH_SNAPSHOT_EVENT,
    EXCH_EVENT,
    LOCAL_EVENT,
    SELL_EVENT,
    TRADE_EVENT,
    BacktestAsset,
    ROIVectorMarketDepthBacktest,
)
from hftbacktest.types import event_dtype

__all__ = ["backtest", "events_of"]

_BOTH = EXCH_EVENT | LOCAL_EVENT


def events_of(path: str) -> np.ndarray:
    """Return trades and changes of the book in one order: of one time, trades first. A snapshot clears both sides before."""
    columns = np.load(path)
    trades = rows(columns["trades_time"], columns["trades_side"], columns["trades_price"], columns["trades_size"])
    trades["ev"] |= TRADE_EVENT
    whole = columns["book_is_snapshot"]
    book = rows(columns["book_time"], columns["book_side"], columns["book_price"], columns["book_size"])
    book["ev"] |= np.where(whole, DEPTH_SNAPSHOT_EVENT, DEPTH_EVENT).astype(np.uint64)
    begins = np.flatnonzero(whole & ~np.concatenate(([False], whole[:-1])))
    parts = [trades]
    for start, stop in zip(begins, [*begins[1:], len(book)], strict=True):
        clear = rows(np.repeat(book["exch_ts"][start], 2), np.array([1, -1]), np.zeros(2), np.zeros(2))
        clear["ev"] |= DEPTH_CLEAR_EVENT
        parts += [clear, book[start:stop]]
    found = np.concatenate(parts)
    return found[np.argsort(found["exch_ts"], kind="stable")]


def rows(time: np.ndarray, side: np.ndarray, price: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Return events that reach both the exchange and us at their time."""
    found = np.zeros(len(time), event_dtype)
    found["ev"] = _BOTH | np.where(side > 0, BUY_EVENT, SELL_EVENT).astype(np.uint64)
    found["exch_ts"] = found["local_ts"] = time
    found["px"], found["qty"] = price, size
    return found


def backtest(events: np.ndarray) -> ROIVectorMarketDepthBacktest:
    """Return a backtest with its fastest book, 10 ms of latency, and what is cancelled standing behind our orders."""
    asset = (
        BacktestAsset()
        .data([events])
        .linear_asset(1.0)
        .constant_order_latency(10_000_000, 0)
        .risk_adverse_queue_model()
        .no_partial_fill_exchange()
        .trading_value_fee_model(0.0001, 0.0001)
        .tick_size(0.1)
        .lot_size(0.001)
        .roi_lb(0.0)
        .roi_ub(200_000.0)
    )
    return ROIVectorMarketDepthBacktest([asset])
