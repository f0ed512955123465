"""A strategy on two instruments at once."""

import numpy as np
import tradekit
from pydantic import model_validator
from tradekit import Context, Field, Strategy


class Pairs(Strategy):
    """Sell the dearer and buy the cheaper of two instruments when their ratio is far from its mean, and wait for it to return.

    How far is told in standard deviations of the logarithm of the ratio, over a window that ends at the bar.
    """

    name = "pairs"

    class Options(tradekit.Options):
        """When it enters and leaves, and how much it takes."""

        window: int = Field(60, ge=10, description="bars over which the mean and the deviation are taken")
        enter: float = Field(2.0, gt=0, description="deviations from the mean at which it enters")
        leave: float = Field(0.5, ge=0, description="deviations from the mean at which it leaves")
        weight: float = Field(0.5, gt=0, le=1, description="part of equity in each of the two instruments")

        @model_validator(mode="after")
        def _leaves_nearer_than_it_enters(self) -> "Pairs.Options":
            if self.leave >= self.enter:
                raise ValueError(f"leave must be less than enter, and {self.leave:g} is not less than {self.enter:g}")
            return self

    @property
    def warmup(self) -> int:
        """Return the bars of the window."""
        return int(self.options.window)

    def sells_short(self) -> bool:
        """Say that it does: one of the two is always sold."""
        return True

    def on_bar(self, ctx: Context) -> None:
        """Compare the two; both must have a bar. Raises `StrategyError` where there are not two of them."""
        views = list(ctx)
        if len(views) != 2:
            raise tradekit.StrategyError(f"strategy 'pairs' is for two instruments, and the run has {len(views)}")
        first, second = views
        if not (first.has_bar and second.has_bar and first.is_ready and second.is_ready):
            return
        score = self._score(first.history("close", self.options.window), second.history("close", self.options.window))
        if abs(score) < self.options.leave:
            first.target(weight=0.0)
            second.target(weight=0.0)
        elif abs(score) > self.options.enter and first.position == 0.0:
            side = -np.sign(score) * self.options.weight
            first.target(weight=side)
            second.target(weight=-side)

    def _score(self, first: np.ndarray, second: np.ndarray) -> float:
        """Return how far the last ratio is from the mean, in deviations; 0 where that can't be said."""
        ratio = np.log(first) - np.log(second)
        deviation = float(np.std(ratio))
        if len(ratio) < self.options.window or not deviation > 1e-12:
            return 0.0
        return float((ratio[-1] - np.mean(ratio)) / deviation)
