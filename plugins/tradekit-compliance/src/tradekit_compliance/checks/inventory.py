"""P12: no strategy that nobody has approved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import tradekit
from tradekit import Account, ComponentUse, Field, Order, RiskRule, Verdict, VerdictKind
from tradekit_compliance.checks.facts import Facts, digest_of
from tradekit_compliance.checks.reference_data import ReferenceFile, Row, day_of, read_reference
from tradekit_compliance.checks.verdicts import MISSING, Missing, unknown

__all__ = ["ApprovedAlgorithms", "Identity", "identity_of"]

Identity = Mapping[str, str]
"""What an approval is of: `strategy`, `package`, `version`, `code` and `options`, the last two as the beginning of a SHA-256."""

_NEEDED = ("strategy", "package", "version", "approved_by")
_OPTIONAL = ("code", "options", "operators", "from", "until")


class ApprovedAlgorithms(RiskRule):
    """Refuse all orders of a strategy that the inventory doesn't approve: its version, code and options, and who runs it (P12).

    Its refusal names the hashes, so that whoever approves can copy them.
    """

    name = "approved-algorithms"
    facts: ClassVar[Facts] = Facts(
        "P12",
        "approved algorithms and operators",
        "SEC 15c3-5(c)(2)(iii), only authorised persons; RTS 6 (EU 2017/589) art. 8, limits before deployment",
        {"operator": "who runs it is for the run file to say, and for the inventory to allow"},
    )

    class Options(tradekit.Options):
        """The inventory, and who runs the strategy."""

        inventory: Path | None = Field(
            None,
            description="CSV file: strategy, package, version, approved_by, and optionally code, options, operators, from, until",
        )
        operator: str = Field("", description="who runs it, by the name that the inventory has")
        missing: Missing = Field("block", description=MISSING)

    def __init__(self, options: tradekit.Options | None = None) -> None:
        super().__init__(options)
        path: Path | None = self.options.inventory
        self._file = None if path is None else read_reference(path, _NEEDED, _OPTIONAL, ("from", "until"))
        self._identities: list[Identity] = []

    def begin(self, uses: Sequence[ComponentUse], code: str) -> None:
        """Take note of which strategy the run has, or which ones."""
        self._identities = [identity_of(use, code) for use in uses if use.kind == "strategy"]

    def check(self, order: Order, account: Account) -> Verdict:  # noqa: ARG002 - an approval is for all orders
        """Judge one order."""
        if self._file is None:
            return unknown(self.options.missing, "no inventory is named; set inventory")
        if not self._identities:
            return unknown(self.options.missing, "which strategy the order is of")
        for one in self._identities:
            verdict = self._judge(one, self._file, account)
            if verdict.kind is not VerdictKind.ACCEPT:
                break
        return verdict

    def _judge(self, found: Identity, file: ReferenceFile, account: Account) -> Verdict:
        """Judge one strategy: of several on one account, all must be approved."""
        rows = [row for row in file.dated(day_of(account.time)) if row["strategy"] == found["strategy"]]
        if any(_fits(row, found) and self._may_operate(row) for row in rows):
            return Verdict.accept()
        told = " ".join(f"{name}={value}" for name, value in found.items())
        who = f" for operator {self.options.operator!r}" if any(_fits(row, found) for row in rows) else ""
        return Verdict.reject(f"{file.name} approves no {told}{who}")

    def _may_operate(self, row: Row) -> bool:
        allowed = [name.strip() for name in row.get("operators", "").split(";") if name.strip()]
        return not allowed or self.options.operator in allowed


def _fits(row: Row, found: Identity) -> bool:
    exact = all(row[name] == found[name] for name in ("strategy", "package", "version"))
    return exact and all(not row.get(name) or found[name].startswith(row[name]) for name in ("code", "options"))


def identity_of(use: ComponentUse, code: str) -> dict[str, str]:
    """Return what an approval of a strategy is of."""
    options: Mapping[str, Any] = use.options
    return {
        "strategy": use.name,
        "package": use.package,
        "version": use.version,
        "code": code[:16],
        "options": digest_of(options),
    }
