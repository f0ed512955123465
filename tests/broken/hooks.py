"""The hooks of a package of all broken plugins that a loader accepts."""

from broken import components, cost_models, data_sources, executors, heavy, indicators, reporters, risk_rules, senders, strategies
from tradekit import CostModel, DataSource, Executor, Indicator, Reporter, RiskRule, Strategy, hookimpl

TRADEKIT_API = 1


def _listed(contract, *modules):
    """Return the components of the modules that have a name of their own, but for those that are to be missing."""
    found = [cls for module in modules for cls in vars(module).values() if isinstance(cls, type) and issubclass(cls, contract)]
    return [cls for cls in found if "name" in vars(cls) and cls not in components.UNLISTED]


@hookimpl
def tradekit_indicators():
    return _listed(Indicator, components, heavy, indicators)


@hookimpl
def tradekit_strategies():
    return _listed(Strategy, strategies)


@hookimpl
def tradekit_risk_rules():
    return _listed(RiskRule, risk_rules)


@hookimpl
def tradekit_cost_models():
    return _listed(CostModel, cost_models)


@hookimpl
def tradekit_executors():
    return _listed(Executor, executors, senders)


@hookimpl
def tradekit_reporters():
    return _listed(Reporter, reporters)


@hookimpl
def tradekit_data_sources():
    return _listed(DataSource, data_sources)
