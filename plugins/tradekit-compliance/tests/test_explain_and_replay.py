"""Every order of the example runs can be explained without a gap, and is decided again; what has changed is named."""

from __future__ import annotations

import base64
import gzip
import json
import shutil
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from small_logs import Small
from test_merkle import root_by_path
from tradekit_compliance.audit.command import audit_command
from tradekit_compliance.audit.explain import explain
from tradekit_compliance.audit.folder import LogFolder
from tradekit_compliance.audit.keys import make_key
from tradekit_compliance.audit.merkle import leaf_hash
from tradekit_compliance.audit.notes import Signer, checkpoint_of, notes, parse_verifier
from tradekit_compliance.audit.proving import prove
from tradekit_compliance.audit.reading import Entry, entries
from tradekit_compliance.audit.records import Ordered
from tradekit_compliance.audit.replay import replay
from tradekit_compliance.audit.runs import AuditedRun, read_run

import tradekit
from tradekit import ConfigError, DataError, RunError

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
NAMES = ["quickstart", "momentum", "breakout", "reversion"]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the examples, and the logs of a run of one of them."""
    place = tmp_path_factory.mktemp("examples")
    shutil.copytree(EXAMPLES / "data", place / "data")
    for name in NAMES:
        shutil.copy(EXAMPLES / f"{name}.toml", place)
    make_key("desk", place / "key")
    audited(place, "quickstart")
    return place


def audited(place: Path, name: str) -> tradekit.Result:
    report = f"report=[{{ name = 'audit-log', key = '{place / 'key'}' }}]"
    return tradekit.run(place / f"{name}.toml", [report], place / "runs")


def log(place: Path, name: str = "quickstart") -> Path:
    return place / "runs" / "audit" / name


@pytest.mark.proof("compliance")
def test_each_order_of_the_example_runs_is_explained_without_a_missing_link(place: Path, matrix: Any) -> None:
    for name in matrix.some(NAMES, 1):
        if not log(place, name).exists():
            audited(place, name)
        run = read_run(log(place, name))
        orders = [record.order for record in run.records if isinstance(record, Ordered)]
        assert len(orders) > 50
        for order in orders if name != "quickstart" else orders[::5]:
            found = explain(log(place, name), order)
            assert found.missing == (), (name, order)
            links = [link.name for link in found.links]
            assert links[:5] == ["run", "data", "strategy", "values", "decision"]
            assert links[-1] == "end"


@pytest.mark.proof("compliance")
def test_replay_of_the_example_runs_reports_no_difference(place: Path, matrix: Any) -> None:
    for name in matrix.some(NAMES, 1):
        if not log(place, name).exists():
            audited(place, name)
        found = replay(log(place, name), place / f"{name}.toml")
        assert found.is_same
        assert found.changes == ()
        assert found.check.outcome == {}
        assert found.decisions > 50


def test_changed_bar_is_named(place: Path, tmp_path: Path) -> None:
    shutil.copytree(place / "data", tmp_path / "data")
    shutil.copy(place / "quickstart.toml", tmp_path)
    path = tmp_path / "data" / "BTC-USDT-1h.csv.gz"
    lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    fields = lines[5000].split(",")
    names = lines[0].split(",")
    at = names.index("close")
    fields[at] = f"{float(fields[at]) * 0.7:.2f}"
    fields[names.index("low")] = fields[at]
    lines[5000] = ",".join(fields)
    path.write_bytes(gzip.compress(("\n".join(lines) + "\n").encode()))
    found = replay(log(place), tmp_path / "quickstart.toml")
    assert not found.is_same
    (change,) = found.changes
    assert change.kind == "data"
    assert change.text.startswith("the data of BTC/USDT are others: low of the bar that opened at 2022-07-28T") or (
        change.text.startswith("the data of BTC/USDT are others: close of the bar that opened at 2022-07-28T")
    ), change.text
    assert found.check.difference is not None
    assert found.check.difference.time >= 1_658_000_000_000_000_000


def test_changed_option_is_named(place: Path) -> None:
    found = replay(log(place), place / "quickstart.toml", overrides=["strategy.fast=51"])
    assert not found.is_same
    assert [str(change) for change in found.changes] == ["configuration: strategy.fast was 50, is 51"]
    assert found.check.difference is not None


def rewritten(place: Path, tmp_path: Path, change: Any) -> Path:
    """Return a log as another installation would have written it: each record passed through `change`."""
    small = Small(tmp_path / "log")
    writer = small.open()
    shutil.copytree(log(place) / "blobs", small.path / "blobs")
    for entry in entries(log(place)):
        if entry.run:
            writer.append(change(entry.record), entry.run, entry.causes)
    writer.close()
    return small.path


def test_changed_version_and_code_are_named(place: Path, tmp_path: Path) -> None:
    def older(record: Any) -> Any:
        if record.KIND != "run.begun":
            return record
        return replace(record, environment={**record.environment, "numpy": "1.0"}, code={**record.code, "tradekit": "0" * 64})

    found = replay(rewritten(place, tmp_path, older), place / "quickstart.toml")
    assert found.is_same
    assert [str(change) for change in found.changes] == [
        "code: the source of tradekit is another",
        f"version: numpy was 1.0, is {np.__version__}",
    ]


def test_changed_value_behind_the_same_decisions_is_found(place: Path, tmp_path: Path) -> None:
    def other(record: Any) -> Any:
        if record.KIND == "order.asked" and record.order == 3:
            return replace(record, values={**record.values, "fast": Decimal(1)})
        return record

    found = replay(rewritten(place, tmp_path, other), place / "quickstart.toml")
    assert not found.is_same
    assert found.check.difference is None
    assert found.check.drift is not None
    assert (found.check.drift.name, found.check.drift.first) == ("fast", 1.0)


def test_run_on_live_data_is_not_decided_again_here(place: Path, tmp_path: Path) -> None:
    path = rewritten(place, tmp_path, lambda record: replace(record, mode="paper") if record.KIND == "run.begun" else record)
    with pytest.raises(DataError, match="was in mode 'paper', on data that came one by one"):
        replay(path, place / "quickstart.toml")


@pytest.mark.parametrize(
    ("kind", "missing"),
    [
        ("run.begun", "run"),
        ("order.asked", "decision"),
        ("risk.verdict", "rule max-weight"),
        ("order.filled", "end"),
    ],
)
def test_link_that_is_not_in_the_log_is_told_as_missing(
    place: Path, kind: str, missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without(folder: Path, run: str | None = None) -> AuditedRun:
        found = read_run(folder, run)
        kept = [entry for entry in found.entries if not (entry.kind == kind and entry.data.get("order", 4) == 4)]
        return AuditedRun(found.id, tuple(kept), tuple(map(record_of, kept)))

    def record_of(entry: Entry) -> Any:
        return entry.record

    monkeypatch.setattr("tradekit_compliance.audit.explain.read_run", without)
    found = explain(log(place), 4)
    assert missing in found.missing
    link = next(link for link in found.links if link.name == missing)
    assert link.told[0].startswith("MISSING: ")


def test_values_and_blob_that_are_missing_are_told(place: Path, tmp_path: Path) -> None:
    path = rewritten(place, tmp_path, lambda record: replace(record, values={}) if record.KIND == "order.asked" else record)
    shutil.rmtree(path / "blobs")
    assert explain(path, 4).missing == ("data", "values")


def test_order_that_is_not_there_says_which_there_are(place: Path) -> None:
    with pytest.raises(DataError, match=r"has no order 9999; it has 0 to \d+; --run names another"):
        explain(log(place), 9999)


def test_proof_is_accepted_by_an_independent_verifier(place: Path) -> None:
    text = (place / "key.pub").read_text().strip()
    for number in (0, 7, 200):
        proof = prove(log(place), number).text()
        head, index, *rest = proof.split("\n")
        assert head == "c2sp.org/tlog-proof@v1"
        assert index == f"index {number}"
        end = rest.index("")
        path = [base64.b64decode(line) for line in rest[:end]]
        (note,) = notes("\n".join(rest[end + 1 :]).encode())
        checkpoint = checkpoint_of(note.text)
        assert parse_verifier(text).has_signed(note)
        record = prove(log(place), number).record
        assert json.loads(record)["seq"] == number
        assert root_by_path(leaf_hash(record), number, checkpoint.size, path) == checkpoint.root
        assert root_by_path(leaf_hash(record + b" "), number, checkpoint.size, path) != checkpoint.root


def test_proof_without_a_signed_checkpoint_is_refused(tmp_path: Path) -> None:
    small = Small(tmp_path / "log")
    small.write(3)
    with pytest.raises(DataError, match="has no signed checkpoint to prove it by"):
        prove(small.path, 1)
    with pytest.raises(DataError, match="has no record 9; it has 0 to 3"):
        prove(small.path, 9)
    signed = Small(tmp_path / "signed", Signer.make("desk"))
    signed.write(3)
    signed.put([*signed.lines(), signed.lines()[-1]])
    with pytest.raises(DataError, match="record 4 is newer than the last checkpoint, which has 4 records"):
        prove(signed.path, 4)
    lines = signed.lines()
    signed.put([*lines[:2], lines[1], *lines[3:]])
    with pytest.raises(DataError, match="does not agree with its last checkpoint"):
        prove(signed.path, 1)


def command(*arguments: str | Path) -> tuple[int, str]:
    result = CliRunner().invoke(audit_command, list(map(str, arguments)))
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


def test_verify_names_the_level_and_what_it_leaves_open(place: Path) -> None:
    code, text = command("verify", log(place))
    assert code == 0
    assert text.startswith(
        "tamper-evident, verified to level L0: the chain is consistent with itself\n  not excluded: records cut off"
    )
    heads = place / "runs" / "audit-heads" / "quickstart"
    code, text = command("verify", log(place), "--key", place / "key.pub", "--anchor", heads, "--blobs", "--json")
    told = json.loads(text)
    assert (code, told["level"], told["verified"], told["first"]) == (0, "L2", True, None)
    assert len(told["limits"]) == 2
    head = heads.read_text().splitlines()[-1].split(" ")
    assert command("verify", log(place), "--anchor", f"{head[1]}:{head[2]}")[1].startswith("tamper-evident, verified to level L2")
    assert command("verify", log(place), "--anchor", log(place) / "checkpoints.txt")[0] == 0


def test_verify_of_a_tampered_log_says_where_and_ends_with_1(place: Path, tmp_path: Path) -> None:
    path = tmp_path / "log"
    shutil.copytree(log(place), path)
    segment = path / "seg-00000000.tkl"
    segment.write_bytes(segment.read_bytes().replace(b'"order":9', b'"order":8', 1))
    code, text = command("verify", path)
    assert code == 1
    assert text.startswith("tampered with or damaged, at or before this place: HASH at record ")
    assert "verified to level" not in text
    code, text = command("verify", path, "--json")
    told = json.loads(text)
    assert (told["level"], told["first"]["kind"], told["verified"]) == (None, "HASH", False)


def test_commands_print_what_they_found(place: Path, tmp_path: Path) -> None:
    code, text = command("explain", log(place), "4")
    assert code == 0
    assert "rule max-weight  [" in text
    assert json.loads(command("explain", log(place), "4", "--json")[1])["missing"] == []
    code, text = command("prove", log(place), "7", "--output", tmp_path / "7.tlog-proof")
    assert code == 0
    assert json.loads((tmp_path / "7.json").read_bytes())["seq"] == 7
    assert (tmp_path / "7.tlog-proof").read_text("utf-8") == command("prove", log(place), "7")[1]
    assert json.loads(command("prove", log(place), "7", "--json")[1])["number"] == 7
    code, text = command("replay", log(place), place / "quickstart.toml", "--set", "strategy.fast=51")
    assert code == 1
    assert "! configuration: strategy.fast was 50, is 51" in text
    code, text = command("replay", log(place), place / "quickstart.toml", "--json")
    assert (code, json.loads(text)["same"]) == (0, True)


def test_keys_are_made_and_handed_over(tmp_path: Path) -> None:
    assert command("keys", "make", "desk", "--file", tmp_path / "one")[0] == 0
    assert command("keys", "make", "desk-2", "--file", tmp_path / "two")[1].startswith("desk-2+")
    small = Small(tmp_path / "log", signer_of(tmp_path / "one"))
    small.write(3)
    code, text = command("keys", "rotate", small.path, "--old", tmp_path / "one", "--new", tmp_path / "two", "--who", "desk-1")
    for key in ("one", "two"):
        assert command("verify", small.path, "--key", tmp_path / f"{key}.pub")[1].startswith("tamper-evident, verified to level L1")
    last = list(entries(small.path))[-1]
    assert (code, text.split(" hands over to ")[0]) == (0, f"record {last.number}")
    assert (last.kind, last.actor) == ("log.key", "operator:desk-1")


def signer_of(path: Path) -> Signer:
    return Signer.parse(path.read_text())


def test_damaged_log_is_set_aside_with_who_and_why(tmp_path: Path) -> None:
    small = Small(tmp_path / "log", None, tmp_path / "heads")
    small.write(5)
    with pytest.raises(RunError, match="is not damaged: it is tamper-evident, verified to level L2"):
        command("set-aside", small.path, "--who", "desk-1", "--why", "a test", "--heads", small.heads or "")
    small.put(small.lines()[:-2])
    code, text = command("set-aside", small.path, "--who", "desk-1", "--why", "a power cut", "--heads", small.heads or "")
    assert code == 0
    assert text.startswith(f"the damaged log is kept in {small.path}.broken-1")
    found = list(entries(small.path))
    assert [(entry.kind, entry.actor) for entry in found] == [("log.segment", "operator:desk-1"), ("log.broken", "operator:desk-1")]
    assert found[1].data["reason"].startswith("a power cut; found: tampered with or damaged")
    assert found[1].data["last_good"] == 3
    small.write(2)
    assert command("verify", small.path, "--anchor", small.heads or "")[0] == 0
    assert len(LogFolder(small.path.with_name("log.broken-1")).segments()) == 1


def test_anchor_that_is_none_is_refused(place: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"can't be read: No such file or directory; give a file of heads, or SIZE:ROOT"):
        command("verify", log(place), "--anchor", tmp_path / "none")
    (tmp_path / "heads").write_text("not a head\n")
    with pytest.raises(DataError, match="is neither a file of heads nor of signed checkpoints: line 1 is no head"):
        command("verify", log(place), "--anchor", tmp_path / "heads")
    (tmp_path / "heads").write_text("")
    with pytest.raises(DataError, match="holds no head"):
        command("verify", log(place), "--anchor", tmp_path / "heads")
    with pytest.raises(ConfigError, match="is neither a public key nor a file"):
        command("verify", log(place), "--key", "desk")
