"""The manifest: its bytes, and what is none."""

import numpy as np
import pytest
from tradekit_ml.registry import Interval, Manifest, Origin, Reference, Surroundings
from tradekit_ml.registry.manifest import manifest_of

from tradekit import DataError

MANIFEST = Manifest(
    "btc",
    "ridge",
    "regression",
    {"l2": 1.0},
    Origin("[]", {"kind": "fixed"}, "d41d", 3, (Interval(0, 10),), (Interval(10, 20),), scores={"ic": 0.03}, parent="0123456789ab"),
    {"weights.npz": "00"},
    (),
    Surroundings("3.11.7", "Linux", "x86_64", {"numpy": "2.1.0"}),
)


def test_manifest_written_and_read_is_the_same() -> None:
    assert manifest_of(MANIFEST.to_bytes(), "it") == MANIFEST


def test_manifest_version_and_feature_hash_do_not_change_between_releases() -> None:
    assert MANIFEST.version == "ac2988dce1d4"
    assert MANIFEST.feature_hash == "4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945"


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        (b'"format": 1', b'"format": 2', "it has another format than 1"),
        (b'"seed": 3', b'"seed": "three"', "it is no manifest: 'origin.seed'"),
        (b'"seed": 3', b'"sead": 3', "it is no manifest: 'origin.seed'"),
        (b'"seed": 3', b'"more": 1, "seed": 3', "it is not as it was written"),
        (b"\n  ", b"\n", "it is not as it was written"),
        (b"{", b"[", "it is no JSON"),
    ],
)
def test_manifest_of_other_content_is_refused(before, after, message) -> None:
    with pytest.raises(DataError, match=message):
        manifest_of(MANIFEST.to_bytes().replace(before, after, 1), "it")


def test_reference_of_ten_bins_holds_a_tenth_each() -> None:
    rows = np.random.default_rng(1).normal(size=(1000, 2))
    found = Reference.of(rows, rows[:, 0] * 2)
    assert np.array_equal(found.shares, np.full((2, 10), 0.1))
    for value, edge in zip(np.quantile(rows[:, 1], np.arange(1, 10) / 10), found.edges[1], strict=True):
        assert abs(value - edge) < 0.02
    assert np.array_equal(found.score_edges, found.edges[0] * 2)


def test_reference_of_few_and_missing_values_adds_up_to_one() -> None:
    rows = np.array([[1.0, np.nan], [1.0, np.nan], [0.0, np.nan], [np.nan, np.nan]])
    found = Reference.of(rows, np.arange(4.0), bins=4)
    assert found.missing.tolist() == [0.25, 1.0]
    assert found.shares.sum(axis=1).tolist() == [0.75, 0.0]
    assert found.shares[0].tolist() == [0.25, 0.5, 0.0, 0.0]
    assert np.isnan(found.edges[1]).all()


def test_reference_written_and_read_is_the_same() -> None:
    found = Reference.of(np.random.default_rng(1).normal(size=(50, 2)), np.arange(50.0))
    again = Reference.of_bytes(found.to_bytes(), "it")
    assert again.to_bytes() == found.to_bytes()
    with pytest.raises(DataError, match=r"it can't be read as an .npz"):
        Reference.of_bytes(b"", "it")
