"""What is done about drift: nothing, less, or none at all."""

import numpy as np
import pytest
from tradekit_ml.drift.policy import DriftMonitor, DriftOptions, DriftState
from tradekit_ml.registry import Reference

OPTIONS = DriftOptions(window=200, every=10)


def rows(count: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, 4))


def monitor(options: DriftOptions = OPTIONS) -> DriftMonitor:
    return DriftMonitor(options, Reference.of(rows(3000, 1), np.zeros(3000)), usual_loss=0.25)


def after(change: np.ndarray | None = None, missing: float = 0.0) -> DriftState:
    """Return the state after bars of two instruments whose features have changed by so much."""
    found, seen = monitor(), rows(400, 2) + (0 if change is None else change)
    seen[np.random.default_rng(3).random(400) < missing, 2] = np.nan
    for at in range(0, 400, 2):
        found.see(seen[at : at + 2])
    return found.state


def test_monitor_rows_like_the_training_change_nothing() -> None:
    assert after() == DriftState(1.0, ())


def test_monitor_half_of_the_features_moved_shrinks() -> None:
    assert after(np.array([1.5, 1.5, 0, 0])) == DriftState(0.5, ("50% of the features have moved",))


def test_monitor_one_feature_moved_is_let_pass() -> None:
    assert after(np.array([3.0, 0, 0, 0])).size == 1.0


def test_monitor_all_features_moved_abstains() -> None:
    assert after(np.full(4, 1.5)) == DriftState(0.0, ("100% of the features have moved",))


@pytest.mark.parametrize(("missing", "size"), [(0.01, 1.0), (0.1, 0.5), (0.4, 0.0)])
def test_monitor_missing_values_shrink_and_then_abstain(missing: float, size: float) -> None:
    state = after(missing=missing)
    assert state.size == size
    assert len(state.reasons) == (size < 1.0)


def test_monitor_features_that_come_back_are_traded_again() -> None:
    found = monitor()
    for row in rows(400, 2) + 2.0:
        found.see(row[None])
    assert found.state.size == 0.0
    for row in rows(400, 3):
        found.see(row[None])
    assert found.state.size == 1.0


def test_monitor_loss_that_rises_shrinks_and_then_abstains_for_good() -> None:
    found, generator = monitor(), np.random.default_rng(1)
    for loss in generator.uniform(0.15, 0.35, 600):
        found.learn(loss)
    assert found.state.size == 1.0
    sizes = []
    for loss in np.concatenate((generator.uniform(0.5, 0.9, 600), generator.uniform(2.0, 4.0, 600))):
        found.learn(loss)
        sizes.append(found.state.size)
    assert sizes[599] == 0.5
    assert sizes[-1] == 0.0
    assert sizes == sorted(sizes, reverse=True)
    assert found.state.reasons == ("the loss has risen 2 times since the training",)


def test_monitor_loss_that_falls_changes_nothing() -> None:
    found, generator = monitor(), np.random.default_rng(1)
    for loss in np.concatenate((generator.uniform(0.4, 0.6, 600), generator.uniform(0.0, 0.1, 600))):
        found.learn(loss)
    assert found.state == DriftState()


def test_monitor_worst_reason_decides_the_size() -> None:
    found, generator = monitor(), np.random.default_rng(1)
    for loss in np.concatenate((generator.uniform(0.15, 0.35, 600), generator.uniform(0.6, 0.9, 600))):
        found.learn(loss)
    for row in rows(400, 2) + 2.0:
        found.see(row[None])
    assert found.state.size == 0.0
    assert len(found.state.reasons) == 2


@pytest.mark.parametrize("what", ["share", "missing"])
def test_drift_options_that_abstain_before_they_shrink_are_refused(what: str) -> None:
    with pytest.raises(ValueError, match=f"shrink_{what} is 0.9 and abstain_{what} is 0.1; it must shrink before it abstains"):
        DriftOptions.model_validate({f"shrink_{what}": 0.9, f"abstain_{what}": 0.1})
