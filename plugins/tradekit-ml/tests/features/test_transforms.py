"""Fitted transforms: from the training alone, row by row the same, and back from disk."""

import subprocess
import sys

import numpy as np
import pytest
from tradekit_ml.features.transforms import TRANSFORMS, Pca, Scaler, TransformChain, Winsor

from tradekit import ConfigError, DataError

X = np.random.default_rng(5).normal(size=(400, 6)) * np.array([1.0, 1e-6, 1e6, 3.0, 0.1, 5.0]) + np.arange(6)
TRAIN = np.arange(0, 400, 2)


@pytest.mark.parametrize("names", [["winsor"], ["scaler"], ["scaler", "pca"], ["winsor", "scaler", "pca"]], ids="-".join)
def test_chain_is_fitted_to_the_training_alone(names):
    other = X.copy()
    other[1::2] = 1e9
    first, second = (TransformChain.fit(names, x, TRAIN) for x in (X, other))
    assert first.fitted_to == second.fitted_to
    assert first.rows == 200
    assert first.apply(X).tobytes() == second.apply(X).tobytes()


@pytest.mark.parametrize("names", [["winsor"], ["scaler"], ["scaler", "pca"]], ids="-".join)
def test_chain_row_alone_is_the_row_among_others_to_the_bit(names):
    chain = TransformChain.fit(names, X, TRAIN)
    whole = chain.apply(X)
    for row in (0, 7, 399):
        assert chain.apply(X[row : row + 1]).tobytes() == whole[row : row + 1].tobytes()


def test_scaler_has_mean_and_deviation_of_the_training_and_keeps_nan():
    x = X.copy()
    x[3, 2] = np.nan
    found = Scaler.fit(x).apply(x)
    np.testing.assert_allclose(np.nanmean(found, axis=0), 0.0, atol=1e-9)
    np.testing.assert_allclose(np.nanstd(found, axis=0), 1.0)
    assert np.isnan(found[3, 2])


def test_scaler_of_what_never_moved_is_zero():
    x = np.full((50, 1), 0.1) * 3
    assert set(Scaler.fit(x).apply(x)[:, 0]) <= {0.0, -0.0}


def test_winsor_holds_within_the_quantiles():
    found = Winsor.fit(X).apply(X)
    np.testing.assert_allclose(found.max(axis=0), np.quantile(X, 0.99, axis=0))
    np.testing.assert_allclose(found.min(axis=0), np.quantile(X, 0.01, axis=0))


def test_pca_components_are_uncorrelated_and_explain_what_they_say():
    mixed = np.random.default_rng(1).normal(size=(500, 2)) @ np.array([[1.0, 2.0, 0.5], [0.3, -1.0, 1.0]])
    pca = Pca.fit(mixed)
    found = pca.apply(mixed)
    assert found.shape == (500, 2)
    covariance = np.cov(found.T)
    assert abs(covariance[0, 1]) < 1e-9
    assert covariance[0, 0] + covariance[1, 1] == pytest.approx(np.cov(mixed.T).trace())
    assert all(axis[np.abs(axis).argmax()] > 0 for axis in pca.arrays["axes"])


def test_chain_comes_back_from_disk_and_has_the_same_bytes(tmp_path):
    chain = TransformChain.fit(list(TRANSFORMS), X, TRAIN)
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        assert chain.dump(tmp_path / folder) == "transform.npz"
    again = TransformChain.load(tmp_path / "a")
    assert again.apply(X).tobytes() == chain.apply(X).tobytes()
    assert (again.fitted_to, again.rows, again.features) == (chain.fitted_to, 200, 6)
    assert (tmp_path / "a/transform.npz").read_bytes() == (tmp_path / "b/transform.npz").read_bytes()


def test_chain_of_another_process_has_the_same_bytes(tmp_path):
    code = f"""
import numpy as np
from pathlib import Path
from tradekit_ml.features.transforms import TransformChain
x = np.random.default_rng(5).normal(size=(100, 3))
TransformChain.fit(["winsor", "scaler"], x, np.arange(50)).dump(Path({str(tmp_path)!r}))
"""
    subprocess.run([sys.executable, "-c", code], check=True)
    written = (tmp_path / "transform.npz").read_bytes()
    TransformChain.fit(["winsor", "scaler"], np.random.default_rng(5).normal(size=(100, 3)), np.arange(50)).dump(tmp_path)
    assert (tmp_path / "transform.npz").read_bytes() == written


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: TransformChain.fit(["scalar"], X, TRAIN), ConfigError, "no transform 'scalar'; allowed: winsor, scaler, pca"),
        (lambda: TransformChain.fit(["scaler"], X, TRAIN[:0]), DataError, "'scaler' can't be fitted to 0 rows .*: there are none"),
        (lambda: Scaler.fit(np.full((3, 2), np.nan)), DataError, "to 3 rows of the training: column 0 has no value"),
        (lambda: Pca.fit(np.array([[1.0, np.nan], [np.nan, 1.0]])), DataError, "'pca' can't be fitted to 0 rows without NaN"),
        (
            lambda: TransformChain.fit([], X, TRAIN).apply(X[:, :3]),
            DataError,
            r"can't take rows of shape \(400, 3\)",
        ),
    ],
)
def test_transforms_what_makes_no_sense_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_load_what_is_none_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"transform\.npz' holds no transforms"):
        TransformChain.load(tmp_path)
    (tmp_path / "transform.npz").write_bytes(b"PK nonsense")
    with pytest.raises(DataError, match="holds no transforms"):
        TransformChain.load(tmp_path)


def test_load_of_objects_is_refused_and_runs_nothing(tmp_path):
    np.savez(tmp_path / "transform.npz", about=np.array([{"format": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(DataError, match="holds no transforms: Object arrays cannot be loaded"):
        TransformChain.load(tmp_path)


def test_load_of_another_format_is_refused(tmp_path):
    about = np.frombuffer(b'{"format": 2}', dtype=np.uint8)
    np.savez(tmp_path / "transform.npz", about=about)
    with pytest.raises(DataError, match="is of format 2, and this version reads 1; train anew"):
        TransformChain.load(tmp_path)
