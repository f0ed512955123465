"""What a run decides, kept in a file, and a later run held against it."""

import json
import re
import signal
from dataclasses import replace

import numpy as np
import pytest

from tradekit import Bracket, Field, Options, Strategy, Terms, Trail, sma
from tradekit.engine.compose import compose_file
from tradekit.engine.run import make_ready
from tradekit.engine.snapshot import check_snapshot, default_path, read_snapshot, take, write_snapshot
from tradekit.errors import ConfigError

CLOSES = np.round(100.0 + np.cumsum(np.random.default_rng(4).normal(size=60)), 2)
SETTINGS = ("strategy.fast=2", "strategy.slow=5")


@pytest.fixture
def taken(lab):
    def taken(*overrides, closes=CLOSES, strategy="sma-cross", settings=SETTINGS):
        lab.give(closes)
        return take(lab.ready(strategy, *(settings if strategy == "sma-cross" else ()), *overrides))

    return taken


@pytest.fixture
def kept(taken, tmp_path):
    """A snapshot that went through its file."""
    path = tmp_path / "x.snapshot.jsonl"
    write_snapshot(taken(), path)
    return read_snapshot(path)


def rewritten(path, line, **changes):
    """Change some keys of one line of a snapshot."""
    lines = path.read_text().splitlines()
    lines[line] = json.dumps(json.loads(lines[line]) | changes)
    path.write_text("\n".join(lines) + "\n")
    return read_snapshot(path)


def test_snapshot_of_a_run_is_the_same_as_the_run(kept, taken):
    found = check_snapshot(kept, taken())
    assert found.is_same
    assert (found.difference, found.drift, dict(found.outcome), found.reasons) == (None, None, {}, ())
    assert len(kept.decisions) > 4


def test_snapshot_is_the_same_bytes_each_time(taken, tmp_path):
    for name in ("one", "two"):
        write_snapshot(taken(), tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    assert [path.name for path in sorted(tmp_path.iterdir()) if path.is_file()] == ["one", "two"]


def test_snapshot_has_one_line_for_each_decision_with_its_values(taken, tmp_path):
    write_snapshot(taken(), tmp_path / "x")
    lines = [json.loads(line) for line in (tmp_path / "x").read_text().splitlines()]
    heads = [next(iter(line)) for line in lines]
    assert heads[:5] == ["format", "config", "environment", "code", "outcome"]
    assert heads[5:] == ["component"] * 3 + ["data"] + ["time"] * (len(lines) - 9)
    assert set(lines[9]) == {"time", "symbol", "action", "terms", "values"}
    assert set(lines[9]["values"]) == {"close", "fast", "slow", "equity", "cash", "position"}
    assert lines[0]["decisions"] == len(lines) - 9
    assert "tradekit" in lines[3]["code"]
    assert lines[2]["environment"]["plugin API"] == "1"
    assert {"python", "machine", "simulator", "tradekit", "numpy", "pandas"} <= lines[2]["environment"].keys()


def test_snapshot_of_two_years_of_hours_is_small(examples, tmp_path):
    now = take(make_ready(compose_file(examples / "quickstart.toml")))
    write_snapshot(now, tmp_path / "x")
    size = (tmp_path / "x").stat().st_size
    assert len(now.decisions) == 124
    assert size < 40_000
    assert 200 < size / len(now.decisions) < 320  # what the pages say


def test_snapshot_keeps_twelve_digits_and_a_run_is_not_compared_beyond(kept, taken):
    numbers = [value for one in kept.decisions for value in (*one.terms.values(), *one.values.values())]
    assert all(value == float(f"{value:.12g}") for value in numbers)
    assert any(value != float(f"{value:.9g}") for value in numbers)


def test_check_another_option_is_named_with_the_values_behind(kept, taken):
    found = check_snapshot(kept, taken("strategy.fast=3"))
    assert not found.is_same
    assert found.reasons == ("strategy.fast was 2, is 3",)
    assert "fast" in found.difference.values
    assert (found.difference.number, found.drift.name) == (2, "fast")


def test_check_decision_that_is_no_longer_taken_has_its_values_now(kept, taken):
    found = check_snapshot(kept, taken("strategy.slow=6"))
    first = found.difference
    assert first.second is None
    was, now = first.values["slow"]
    assert was != now
    assert first.values["fast"] == (pytest.approx(first.values["fast"][1]),) * 2


def test_check_decision_that_is_new_has_the_values_of_the_next_one(kept, taken):
    found = check_snapshot(kept, taken("strategy.slow=4"))
    assert found.difference.first is None
    assert set(found.upcoming) == {"close", "fast", "slow"}
    was, now = found.upcoming["slow"]
    assert was != now
    assert found.upcoming["fast"][0] == pytest.approx(found.upcoming["fast"][1])


def test_check_new_decision_after_the_last_has_no_next_one(taken):
    now = taken()
    found = check_snapshot(replace(now, decisions=now.decisions[:-1], values=lambda _time, _symbol: {}), now)
    assert found.difference.number == len(now.decisions)
    assert (found.difference.first, dict(found.upcoming)) == (None, {})


def test_check_other_data_is_the_first_reason(kept, taken):
    found = check_snapshot(kept, taken("strategy.fast=3", closes=CLOSES * 1.01))
    assert found.reasons == ("the data of X differ", "strategy.fast was 2, is 3")


def test_check_same_decisions_with_another_end_say_so(taken):
    script = {"strategy": "buy-and-hold"}
    found = check_snapshot(taken(**script), taken("execution.costs=[{model='fee', bps=10}]", **script))
    assert found.is_same
    was, now = found.outcome["equity"]
    assert now < was
    assert set(found.outcome) == {"equity"}
    assert found.reasons == ('execution.costs[0] ("fee") is only in this run',)


def test_check_table_that_only_the_snapshot_has_is_told_once(taken):
    found = check_snapshot(taken("risk=[{rule='max-weight', limit=0.5}]"), taken())
    assert found.reasons == ('risk[0] ("max-weight") is only in the snapshot',)
    assert found.difference.terms["allowed"][1] is None


def test_check_changed_versions_and_code_are_named(taken, tmp_path):
    path = tmp_path / "x"
    write_snapshot(taken(), path)
    about = read_snapshot(path).about
    rewritten(
        path,
        2,
        environment={key: value for key, value in about["environment"].items() if key != "rich"} | {"numpy": "1.0", "old": "3"},
    )
    found = check_snapshot(rewritten(path, 3, code=about["code"] | {"tradekit": "0"}), taken())
    numpy, rich = (taken().about["environment"][name] for name in ("numpy", "rich"))
    assert found.is_same
    assert found.reasons == (
        "the code of 'tradekit' is another",
        f"numpy was 1.0, is {numpy}",
        "old was 3, is not there",
        f"rich was not there, is {rich}",
    )


def test_check_code_of_another_version_of_a_package_is_not_told_twice(taken, tmp_path):
    path = tmp_path / "x"
    write_snapshot(taken(), path)
    about = read_snapshot(path).about
    rewritten(path, 2, environment=about["environment"] | {"tradekit": "0.0.1"})
    (reason,) = check_snapshot(rewritten(path, 3, code=about["code"] | {"tradekit": "0"}), taken()).reasons
    assert reason.startswith("tradekit was 0.0.1, is ")


def test_check_as_json_is_json(kept, taken):
    told = json.loads(json.dumps(check_snapshot(kept, taken("strategy.slow=4")).as_json()))
    assert told["same"] is False
    assert told["difference"]["first"] is None
    assert told["reasons"] == ["strategy.slow was 5, is 4"]
    first, *rest = kept.decisions
    drifted = replace(kept, decisions=(replace(first, values={"fast": 1.0}), *rest))
    assert check_snapshot(drifted, taken()).as_json()["drift"]["name"] == "fast"


class Orders(Strategy):
    """Place orders with all sorts of conditions."""

    name = "orders"

    class Options(Options):
        below: float = Field(1.0, description="price")

    def indicators(self):
        return {"mean": sma(2)}

    def on_bar(self, ctx):
        if ctx.index == 3:
            ctx.buy(1, limit=100.0 - self.options.below, terms=Terms("day", post_only=True))
            ctx.buy(2, bracket=Bracket(stop_loss=Trail(percent=5.0), take_profit=200.0), terms=Terms(after=0))
            ctx.sell(1, stop=Trail(amount=2.0), terms=Terms(reduce_only=True))
        if ctx.index == 5:
            ctx.buy(1, limit=90.0, terms=Terms("gtd", until=ctx.time.replace(day=20)))
            ctx.buy(1, limit=91.0, bracket=Bracket(stop_loss=80.0))


def test_snapshot_of_orders_has_their_conditions(taken):
    assert [(one.action, dict(one.terms)) for one in taken(strategy=Orders).decisions] == [
        ("limit", {"quantity": 1.0, "limit": 99.0, "time_in_force": "day", "post_only": "yes"}),
        ("market", {"quantity": 2.0, "after": 0.0, "stop_loss": "trail 5 %", "take_profit": 200.0}),
        ("trailing stop", {"quantity": -2.0, "trail": "5 %"}),
        ("limit", {"quantity": -2.0, "limit": 200.0}),
        ("trailing stop", {"quantity": -1.0, "trail": 2.0, "reduce_only": "yes", "refused": "nothing to reduce"}),
        ("limit", {"quantity": 1.0, "limit": 90.0, "time_in_force": "gtd", "until": "2020-01-20T00:00:00+00:00"}),
        ("limit", {"quantity": 1.0, "limit": 91.0, "stop_loss": 80.0}),
        ("stop", {"quantity": -1.0, "stop": 80.0}),
    ]


def test_check_of_orders_names_the_condition_that_differs(taken, tmp_path):
    write_snapshot(taken(strategy=Orders), tmp_path / "x")
    found = check_snapshot(read_snapshot(tmp_path / "x"), taken("strategy.below=2.0", strategy=Orders))
    assert found.difference.number == 1
    assert found.difference.terms == {"limit": (99.0, 98.0)}
    assert found.reasons == ("strategy.below was 1.0, is 2.0",)


def test_snapshot_of_an_interrupted_run_is_none(lab, monkeypatch):
    lab.give(CLOSES)

    class Impatient(Strategy):
        """Press Ctrl-C."""

        name = "impatient"

        def on_bar(self, ctx):
            if ctx.index == 5:
                signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        take(lab.ready(Impatient))


def test_snapshot_is_kept_beside_its_run_file(tmp_path):
    assert default_path(tmp_path / "run.v2.toml") == tmp_path / "run.v2.snapshot.jsonl"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "has format None, and this version of tradekit reads 1; --update makes it anew"),
        ('{"format": 2}\n', "has format 2, and this version of tradekit reads 1; --update makes it anew"),
        ("[]\n", "has format None, "),
        ("{\n", "is damaged: Expecting property name"),
        ('{"format": 1}\n', "is damaged: KeyError: 'name'; --update makes it anew"),
        ('{"format": 1, "name": "x", "status": "done", "plan": ""}\n', "is damaged: IndexError: list index out of range"),
        (
            '{"format": 1, "name": "x", "status": "done", "plan": ""}\n{"config": 1}\n{"x": 1}\n',
            "is damaged: KeyError: 'environment'",
        ),
    ],
)
def test_read_snapshot_that_is_none_is_refused(content, message, tmp_path):
    path = tmp_path / "x.snapshot.jsonl"
    path.write_text(content)
    with pytest.raises(ConfigError, match=re.escape(f"the snapshot {str(path)!r} ") + ".*" + re.escape(message)):
        read_snapshot(path)


def test_read_snapshot_that_was_cut_off_is_refused(taken, tmp_path):
    write_snapshot(taken(), tmp_path / "x")
    lines = (tmp_path / "x").read_text().splitlines(keepends=True)
    (tmp_path / "x").write_text("".join(lines[:-1]))
    with pytest.raises(ConfigError, match=r"it has 14 decisions, and says that it has 15; --update makes it anew$"):
        read_snapshot(tmp_path / "x")


def test_read_snapshot_that_is_not_there_says_how_to_make_it(tmp_path):
    with pytest.raises(ConfigError, match=r"^there is no snapshot '.*x'; without --check this command makes it$"):
        read_snapshot(tmp_path / "x")


def test_read_snapshot_that_is_a_folder_says_what_the_system_says(tmp_path):
    with pytest.raises(ConfigError, match=r"can't be read: is a directory$"):
        read_snapshot(tmp_path)


def test_write_snapshot_into_no_folder_names_another_way(taken, tmp_path):
    with pytest.raises(ConfigError, match=r"can't be written: no such file or directory; --output names another$"):
        write_snapshot(taken(), tmp_path / "none" / "x")
