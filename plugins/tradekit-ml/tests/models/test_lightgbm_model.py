"""LightGBM through its own library: the same bits as its Python package, and no crash on what is no model."""

import lightgbm
import numpy as np
import pytest
from tradekit_ml.models import lightgbm_library, make_model
from tradekit_ml.models.lightgbm_library import Trees

from tradekit import DataError, PluginError


@pytest.fixture(scope="module", params=["regression", "classification"])
def fitted(request):
    random = np.random.default_rng(4)
    rows = random.normal(size=(1500, 50))
    rows[random.random(rows.shape) < 0.02] = np.nan
    labels = np.nan_to_num(rows[:, 0]) - np.nan_to_num(rows[:, 1] * rows[:, 2]) + random.normal(size=1500)
    model = make_model("lightgbm", {"task": request.param, "trees": 50, "leaves": 15, "row_share": 0.8})
    model.fit(rows, (labels > 0).astype(float) if request.param == "classification" else labels, random.random(1500), seed=5)
    return model, rows


def test_predict_is_that_of_lightgbm_bit_for_bit(fitted) -> None:
    model, rows = fitted
    booster = lightgbm.Booster(model_str=model.state()["trees.txt"].decode())
    theirs = booster.predict(rows, num_threads=1)
    assert np.array_equal(model.predict(rows), theirs)
    assert np.array_equal([model.predict_row(row) for row in rows], theirs)


def test_predict_in_chunks_is_as_at_once(fitted, monkeypatch) -> None:
    model, rows = fitted
    whole = model.predict(rows)
    monkeypatch.setattr(lightgbm_library, "_CHUNK", 50 * 7)
    assert np.array_equal(model.predict(rows), whole)


def test_predict_row_takes_other_layouts_and_types_of_a_row(fitted) -> None:
    model, rows = fitted
    row = rows[3]
    assert model.predict_row(np.asfortranarray(rows)[3]) == model.predict_row(row.tolist()) == model.predict_row(row)


def test_contributions_are_those_of_lightgbm_and_add_up(fitted) -> None:
    model, rows = fitted
    booster = lightgbm.Booster(model_str=model.state()["trees.txt"].decode())
    found = model.contributions(rows[:50])
    assert np.array_equal(found, booster.predict(rows[:50], pred_contrib=True, num_threads=1))
    assert np.allclose(found.sum(axis=1), booster.predict(rows[:50], raw_score=True, num_threads=1), atol=1e-9)


def test_two_models_in_turn_do_not_mix(fitted) -> None:
    model, rows = fitted
    other = make_model("lightgbm", {"trees": 3})
    other.fit(rows[:, :4], np.nan_to_num(rows[:, 0]))
    alone = other.predict(rows[:, :4])
    for k in range(20):
        assert model.predict_row(rows[k]) == model.predict(rows[k : k + 1])[0]
        assert other.predict_row(rows[k, :4]) == alone[k]


def test_trees_text_that_is_no_model_is_refused(fitted) -> None:
    text = fitted[0].state()["trees.txt"].decode()
    for broken in ("", "tree\n", text[: len(text) // 2], text.replace("end of trees", "end"), "x" + text):
        with pytest.raises(DataError, match="no whole model in LightGBM's text format"):
            Trees(broken, 50)


def test_trees_of_other_features_are_refused(fitted) -> None:
    with pytest.raises(DataError, match="the trees are of 50 features; expected 49"):
        Trees(fitted[0].state()["trees.txt"].decode(), 49)


def test_trees_of_several_classes_are_refused() -> None:
    rows = np.random.default_rng(1).normal(size=(90, 2))
    settings = {"objective": "multiclass", "num_class": 3, "verbosity": -1, "num_threads": 1}
    booster = lightgbm.train(settings, lightgbm.Dataset(rows, np.arange(90) % 3), 2)
    with pytest.raises(DataError, match="the trees are of 3 outputs; expected 1"):
        Trees(booster.model_to_string(), 2)


def test_library_that_is_missing_names_what_to_install(monkeypatch, fitted) -> None:
    lightgbm_library._library.cache_clear()
    monkeypatch.setattr(lightgbm_library, "find_spec", lambda name: None)
    with pytest.raises(PluginError, match=r"the library of LightGBM is not installed; pip install 'lightgbm>=4.5'"):
        Trees(fitted[0].state()["trees.txt"].decode(), 50)
    lightgbm_library._library.cache_clear()


def test_options_show_in_the_model() -> None:
    rows = np.random.default_rng(1).normal(size=(300, 3))
    shapes = []
    for options in (
        {},
        {"leaves": 2},
        {"trees": 7},
        {"min_rows": 100},
        {"learning_rate": 0.5},
        {"l2": 50.0},
        {"feature_share": 0.4},
    ):
        model = make_model("lightgbm", {"trees": 5, **options})
        model.fit(rows, rows[:, 0] + rows[:, 1] ** 2)
        shapes.append(model.predict(rows).tobytes())
    assert len(set(shapes)) == len(shapes)


def test_fit_another_seed_draws_other_rows() -> None:
    rows = np.random.default_rng(1).normal(size=(300, 3))
    found = []
    for seed in (1, 2, 2**40 + 1):
        model = make_model("lightgbm", {"trees": 5, "row_share": 0.5})
        model.fit(rows, rows[:, 0], seed=seed)
        found.append(model.state()["trees.txt"])
    assert found[0] != found[1]
