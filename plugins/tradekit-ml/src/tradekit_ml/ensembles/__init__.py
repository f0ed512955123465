"""Several models as one: averages, stacks, weights that follow what is known, calibration, and a technical score beside them."""

from tradekit_ml.ensembles.averaging import RankAverage, hybrid, logit_average, mean
from tradekit_ml.ensembles.calibration import Calibration, Isotonic, Platt
from tradekit_ml.ensembles.combined import Combined, Rule
from tradekit_ml.ensembles.out_of_fold import OutOfFold, Samples, Split, out_of_fold
from tradekit_ml.ensembles.stacking import stack
from tradekit_ml.ensembles.weighting import DynamicWeights

__all__ = [
    "Calibration",
    "Combined",
    "DynamicWeights",
    "Isotonic",
    "OutOfFold",
    "Platt",
    "RankAverage",
    "Rule",
    "Samples",
    "Split",
    "hybrid",
    "logit_average",
    "mean",
    "out_of_fold",
    "stack",
]
