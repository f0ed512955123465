"""What a check finds, and the thresholds of all checks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import tradekit
from tradekit import Field

__all__ = ["Finding", "Thresholds", "Verdict"]

Verdict = Literal["fine", "doubtful", "unknown"]
"""`unknown`: it could not be measured; `Finding.value` says why."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found."""

    name: str
    """The check's name, such as `few-trades`."""
    title: str
    """What is doubtful if it is, in a few words."""
    verdict: Verdict
    rule: str
    """What is measured and when it is doubtful, with the threshold: one sentence."""
    value: str
    """What was measured, in words and with its unit; why not, where it could not be."""
    advice: str
    """What to do about it: one sentence."""
    option: str
    """The key of the threshold among the options; empty if there is none."""


class Thresholds(tradekit.Options):
    """From where on each check is doubtful."""

    trades: int = Field(default=30, ge=1, description="closed trades below which there are too few")
    days: float = Field(default=365.0, gt=0, description="days below which a run is too short")
    one_trade: float = Field(default=0.5, gt=0, description="share of the profit of all trades that one may bring")
    best_periods: int = Field(
        default=5, ge=1, description="best periods (days, as a rule) without which there must still be a profit"
    )
    one_instrument: float = Field(default=0.8, gt=0, description="share of the profit that one of several instruments may bring")
    later: float = Field(default=0.1, ge=0, le=1, description="share of the profit that must come after the first year")
    open_profit: float = Field(default=0.5, gt=0, description="share of the profit that may lie in positions still open")
    last_bar: float = Field(default=0.25, gt=0, description="share of the profit or loss that the last bar may make")
    sharpe: float = Field(default=3.0, gt=0, description="annual Sharpe ratio above which it is suspicious")
    exposure: float = Field(default=0.05, ge=0, le=1, description="share of the bars below which positions are hardly ever held")
    trades_per_parameter: float = Field(
        default=20.0, gt=0, description="closed trades that each number among the strategy's options needs"
    )
    cost_bps: float = Field(
        default=0.5, ge=0, description="costs below which trading is too cheap, in basis points of traded value"
    )
    cost_multiple: float = Field(default=2.0, ge=1, description="how many times the costs the profit must survive")
    refused: float = Field(default=0.1, ge=0, le=1, description="share of the orders that may be refused, cut or left unfilled")
    same_bar: float = Field(default=0.1, ge=0, le=1, description="share of the trades that may begin and end in the same bar")
    late_fills: float = Field(default=0.01, ge=0, le=1, description="share of the market orders that may wait over missing bars")
    holes: float = Field(
        default=0.01, ge=0, le=1, description="share of the bars in positions at which a held instrument may have none"
    )
    stale_bars: int = Field(default=3, ge=2, description="bars on which a price must not have moved to be stale")
    stale_fills: float = Field(default=0.01, ge=0, le=1, description="share of the fills that may be at stale prices")
    volume_share: float = Field(default=0.05, gt=0, description="share of a bar's volume above which a fill is large")
    large_fills: float = Field(default=0.05, ge=0, le=1, description="share of the traded value that may be in large fills")
