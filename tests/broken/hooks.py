"""The hooks of a package of all broken plugins that a loader accepts."""

from broken import components, cost_models, data_sources, executors, heavy, indicators, reporters, risk_rules, strategies
from tradekit import hookimpl

TRADEKIT_API = 1


def _listed(*modules):
    """Return the components of the modules that have a name of their own, but for those that are to be missing."""
    found = [cls for module in modules for cls in vars(module).values() if isinstance(cls, type) and "name" in vars(cls)]
    return [cls for cls in found if cls not in components.UNLISTED]


@hookimpl
def tradekit_indicators():
    return _listed(components, heavy, indicators)


@hookimpl
def tradekit_strategies():
    return _listed(strategies)


@hookimpl
def tradekit_risk_rules():
    return _listed(risk_rules)


@hookimpl
def tradekit_cost_models():
    return _listed(cost_models)


@hookimpl
def tradekit_executors():
    return _listed(executors)


@hookimpl
def tradekit_reporters():
    return _listed(reporters)


@hookimpl
def tradekit_data_sources():
    return _listed(data_sources)
