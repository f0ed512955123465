"""Whether what a model sees, and how well it does, is still as it was when it was trained."""

from tradekit_ml.drift.detectors import Adwin, PageHinkley
from tradekit_ml.drift.distribution import excess_missing, ks_distance, ks_probability, stability, stability_index
from tradekit_ml.drift.policy import DriftMonitor, DriftOptions, DriftState

__all__ = [
    "Adwin",
    "DriftMonitor",
    "DriftOptions",
    "DriftState",
    "PageHinkley",
    "excess_missing",
    "ks_distance",
    "ks_probability",
    "stability",
    "stability_index",
]
