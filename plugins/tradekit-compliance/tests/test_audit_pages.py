"""What the README and the documentation say of the audit log is so."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest
from click.testing import CliRunner
from tradekit_compliance.audit.command import audit_command
from tradekit_compliance.audit.keys import make_key
from tradekit_compliance.audit.records import KINDS
from tradekit_compliance.audit.scanning import FIELDS
from tradekit_compliance.audit.verify import Against, verify

import tradekit

ROOT = Path(__file__).resolve().parents[3]
README = (ROOT / "plugins" / "tradekit-compliance" / "README.md").read_text("utf-8")
HOW_TO = (ROOT / "docs" / "how-to" / "audit.md").read_text("utf-8")
REFERENCE = (ROOT / "docs" / "reference" / "audit-log.md").read_text("utf-8")


def test_run_file_of_the_readme_leaves_a_signed_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    verifier = make_key("desk", Path("keys/desk"))
    text = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)[0]
    Path("run.toml").write_text(text, "utf-8")
    tradekit.run("run.toml")
    assert verify(Path("runs/audit/audited"), Against(verifier)).level == 1


def test_reference_lists_each_kind_with_its_fields() -> None:
    rows = {cells[1].strip(" `"): cells for cells in (line.split("|") for line in REFERENCE.splitlines() if line.startswith("| `"))}
    for kind, made in KINDS.items():
        assert re.findall(r"`(\w+)`", rows[kind][3]) == [field.name for field in fields(made)], kind
    assert {name for name in FIELDS if f"| `{name}` |" not in REFERENCE} == set()


def test_reference_lists_each_finding() -> None:
    source = "".join(
        path.read_text("utf-8") for path in (ROOT / "plugins/tradekit-compliance/src/tradekit_compliance/audit").glob("*.py")
    )
    kinds = set(re.findall(r'"((?:[A-Z]+_)*[A-Z]{4,})"', source)) - {"MISSING", "KINDS", "EMPTY_ROOT", "SIZE", "LEAF_DIGITS"}
    assert len(kinds) > 15
    assert {kind for kind in kinds if f"`{kind}`" not in REFERENCE} == set()


def test_commands_of_the_pages_are_there() -> None:
    said = set(re.findall(r"tradekit audit (keys \w+|[\w-]+)", README + HOW_TO))
    assert len(said) >= 7
    for name in said:
        result = CliRunner().invoke(audit_command, [*name.split(), "--help"])
        assert result.exit_code == 0, name


def test_pages_claim_no_more_than_is_proved() -> None:
    for text in (README, HOW_TO, REFERENCE):
        assert not re.search(r"SEC[- ]compliant|immutable|tamper-proof|unalterable", text, re.IGNORECASE)
