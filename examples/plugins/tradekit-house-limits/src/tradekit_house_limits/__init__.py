"""Plug the risk rule house-limits into tradekit."""

from tradekit import RiskRule, hookimpl

from tradekit_house_limits.risk_rule import HouseLimits

TRADEKIT_API = 1


@hookimpl
def tradekit_risk_rules() -> list[type[RiskRule]]:
    """Return the risk rule of this package."""
    return [HouseLimits]
