import pytest

from tradekit import ConfigError
from tradekit.engine.sweep.params import parse_param
from tradekit.engine.sweep.search import Search, combinations, plan_search, proposals

PARAMS = [parse_param("strategy.fast=1:5"), parse_param("strategy.slow=2:6:2")]
ANY = parse_param("strategy.weight=0.1:0.9")


def tried(search, params=PARAMS):
    found, left_out = combinations(plan_search(search, params))
    return [tuple(values.values()) for values in found], left_out


def test_grid_tries_every_combination_the_last_setting_first():
    found, left_out = tried(Search())
    assert found[:4] == [(1, 2), (1, 4), (1, 6), (2, 2)]
    assert (len(found), left_out) == (15, 0)


def test_grid_leaves_out_what_does_not_meet_the_constraints():
    found, left_out = tried(Search(where=("strategy.fast < strategy.slow",)))
    assert all(fast < slow for fast, slow in found)
    assert len(found) + left_out == 15


def test_random_tries_none_twice_and_the_same_for_a_seed():
    first, _ = tried(Search("random", 10, seed=3))
    assert len(set(first)) == 10
    assert tried(Search("random", 10, seed=3))[0] == first
    assert tried(Search("random", 10, seed=4))[0] != first


def test_random_ends_where_nothing_new_is_left():
    assert len(tried(Search("random", 100))[0]) == 15


def test_random_keeps_to_constraints_and_to_what_lies_between():
    found, _ = tried(Search("random", 20, where=("strategy.weight <= 0.5",)), [ANY])
    assert len(found) == 20
    assert all(0.1 <= weight <= 0.5 for (weight,) in found)


@pytest.mark.parametrize(
    ("search", "params", "message"),
    [
        (Search(), [], "a sweep varies at least one setting"),
        (Search(), [PARAMS[0], PARAMS[0]], "--param strategy.fast is given twice"),
        (Search("guess"), PARAMS, "can't search by 'guess'; allowed: 'grid', 'random', 'optuna'"),
        (Search(by="sharp"), PARAMS, "--by 'sharp' is no figure of a run; did you mean 'sharpe'?; allowed: total_return"),
        (Search(), [ANY], "--param strategy.weight=0.1:0.9 has no step, and a grid needs one"),
        (Search(trials=5), PARAMS, "--trials is for the methods random and optuna"),
        (Search("random"), PARAMS, "--method random needs --trials, from 1 to 1,000,000, and it is None"),
        (Search("optuna", 0), PARAMS, "and it is 0"),
        (Search(), [parse_param("a=1:2000"), parse_param("b=1:2000")], "the grid has 4,000,000 combinations"),
    ],
)
def test_search_that_makes_no_sense_is_refused(search, params, message):
    with pytest.raises(ConfigError) as raised:
        plan_search(search, params)
    assert message in str(raised.value)


@pytest.mark.parametrize("method", ["grid", "random"])
def test_search_with_nothing_left_is_refused(method):
    planned = plan_search(Search(method, None if method == "grid" else 5, where=("strategy.fast > 9",)), PARAMS)
    with pytest.raises(ConfigError, match=r"no combination meets --where 'strategy\.fast > 9'"):
        combinations(planned)


class Results(dict):
    """What came of trials: more, the nearer to (4, 4); nothing for (1, 2)."""

    def __missing__(self, key):
        return None if key == (1, 2) else -abs(key[0] - 4) - abs(key[1] - 4)


def asked(search):
    return [tuple(values.values()) for found in proposals(plan_search(search, PARAMS), Results()) for values in found]


def test_optuna_tries_none_twice_the_same_each_time_and_finds_the_best():
    pytest.importorskip("optuna")
    search = Search("optuna", 9, where=("strategy.fast != 3",))
    found = asked(search)
    assert len(found) == len(set(found)) == 9
    assert all(fast != 3 for fast, _ in found)
    assert (4, 4) in found
    assert asked(search) == found


def test_optuna_ends_where_nothing_new_is_left():
    pytest.importorskip("optuna")
    planned = plan_search(Search("optuna", 4), [parse_param("strategy.fast=1:3")])
    found = [tuple(values.values()) for some in proposals(planned, dict.fromkeys([(1,), (2,), (3,)], 1.0)) for values in some]
    assert sorted(found) == [(1,), (2,), (3,)]


def test_optuna_that_is_not_installed_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "optuna", None)
    with pytest.raises(
        ConfigError, match=r"needs the package optuna, which is not installed; run: pip install 'tradekit\[optuna\]'"
    ):
        asked(Search("optuna", 5))
