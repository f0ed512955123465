"""The registry: models on disk, in versions of which none is changed, each with what it was made of."""

from tradekit_ml.registry.difference import Difference
from tradekit_ml.registry.manifest import Interval, Manifest, Origin, Surroundings
from tradekit_ml.registry.reference import Reference
from tradekit_ml.registry.store import Loaded, Registry, Verified, Version

__all__ = [
    "Difference",
    "Interval",
    "Loaded",
    "Manifest",
    "Origin",
    "Reference",
    "Registry",
    "Surroundings",
    "Verified",
    "Version",
]
