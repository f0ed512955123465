"""The recipe: what it refuses, and in which words."""

import pytest
from pydantic import ValidationError
from tradekit_ml.training.recipe import Recipe, span_ns


def test_recipe_default_can_be_made() -> None:
    recipe = Recipe()
    assert len(recipe.feature_set()) > 40
    assert recipe.labeler().name == "fixed-horizon"
    assert recipe.unfitted.task == "classification"
    assert recipe.horizon == 25


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"model": {"name": "lightgbn"}}, "no model is named 'lightgbn'"),
        ({"model": {"trees": 5}}, "model has no name; say which, as in model = { name = '...' }"),
        ({"model": {"name": "lightgbm", "tree": 5}}, "'tree' is unknown; did you mean 'trees'"),
        ({"label": {"name": "fixed"}}, "no label 'fixed'; allowed: fixed-horizon, triple-barrier"),
        ({"label": {"name": "fixed-horizon", "horizon": 0}}, "label 'fixed-horizon' can't have horizon 0"),
        ({"label": {"name": "meta-label"}}, "label 'meta-label' judges the decisions of another strategy"),
        ({"transforms": ("scale",)}, "there is no transform 'scale'; allowed: winsor, scaler, pca"),
        ({"window": 500, "first": 1000}, "window is 500 and first is 1000; the first training can't use more than the window"),
        ({"retrain": "hour"}, "Input should be 'never', 'day', 'week'"),
    ],
)
def test_recipe_that_cannot_be_made_is_refused(given: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said.replace("(", r"\(")):
        Recipe.model_validate(given)


def test_span_is_read() -> None:
    assert span_ns("36h") == 36 * 3_600_000_000_000
    assert span_ns("6w") == 42 * span_ns("1d")


@pytest.mark.parametrize("text", ["", "d", "0d", "5", "5y", "1.5d", "-1d"])
def test_span_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no span of time; write a number and m, h, d or w"):
        span_ns(text)
