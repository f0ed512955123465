"""The largest likelihood of a logistic regression, by Newton's method."""

from __future__ import annotations

import numpy as np

from tradekit_ml.models.contract import Floats
from tradekit_ml.models.sums import solve, weighted_products

__all__ = ["climb"]

_STEPS = 100
_SMALL = 1e-12


def climb(design: Floats, targets: Floats, weights: Floats, penalty: Floats, start: Floats) -> Floats:
    """Return the coefficients [feature] for which the penalised likelihood of targets from 0 to 1 is largest.

    `penalty` is on half the square of each coefficient. A step that leads down is halved.
    """
    found = start.copy()
    loss = _loss(design, targets, weights, penalty, found)
    for _ in range(_STEPS):
        chances = 0.5 * (1 + np.tanh(0.5 * np.einsum("ni,i->n", design, found)))
        slope = np.einsum("ni,n->i", design, weights * (targets - chances)) - penalty * found
        step = solve(weighted_products(design, weights * chances * (1 - chances)) + np.diag(penalty + _SMALL), slope)
        while (later := _loss(design, targets, weights, penalty, found + step)) > loss and np.abs(step).max() > _SMALL:
            step = step / 2
        found, gain, loss = found + step, loss - later, later
        if gain <= _SMALL * abs(loss):
            break
    return found


def _loss(design: Floats, targets: Floats, weights: Floats, penalty: Floats, found: Floats) -> float:
    value = np.einsum("ni,i->n", design, found)
    return float((weights * (np.logaddexp(0, value) - targets * value)).sum() + (penalty * found**2).sum() / 2)
