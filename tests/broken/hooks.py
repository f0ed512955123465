"""The hooks of a package of all broken plugins that a loader accepts."""

from broken import components, heavy, indicators

from tradekit import Indicator, hookimpl

TRADEKIT_API = 1


def _listed(contract, *modules):
    """Return the components of the modules that have a name of their own, but for those that are to be missing."""
    found = [cls for module in modules for cls in vars(module).values() if isinstance(cls, type) and issubclass(cls, contract)]
    return [cls for cls in found if "name" in vars(cls) and cls not in components.UNLISTED]


@hookimpl
def tradekit_indicators():
    return _listed(Indicator, components, heavy, indicators)
