"""Plug the cost model estimated-spread into tradekit."""

from tradekit import CostModel, hookimpl

from tradekit_estimated_spread.cost_model import EstimatedSpread

TRADEKIT_API = 1


@hookimpl
def tradekit_cost_models() -> list[type[CostModel]]:
    """Return the cost model of this package."""
    return [EstimatedSpread]
