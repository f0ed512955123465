"""`tradekit audit`: verify a log, prove what is in it, explain orders, decide again, and look after keys."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

if TYPE_CHECKING:
    from tradekit_compliance.audit.explain import Explanation
    from tradekit_compliance.audit.replay import Replay
    from tradekit_compliance.audit.verdict import Verdict

__all__ = ["audit_command"]

_Command = TypeVar("_Command", bound=Callable[..., object])
PATH = click.Path(path_type=Path)


def log_argument(command: _Command) -> _Command:
    """Add the argument LOG, the folder of a log."""
    return click.argument("log", type=PATH)(command)


def run_option(command: _Command) -> _Command:
    """Add `--run`."""
    return click.option("--run", help="The run, by the beginning of its id.  [default: the last one of the log]")(command)


def json_option(command: _Command) -> _Command:
    """Add `--json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON instead.")(command)


def print_json(value: object) -> None:
    """Print a value as JSON: keys sorted, ASCII only."""
    click.echo(json.dumps(value, indent=2, sort_keys=True, allow_nan=False, default=str))


@contextmanager
def reporting_disk(path: Path) -> Iterator[None]:
    """Turn an error of the disk into one that names the log."""
    from tradekit import RunError

    try:
        yield
    except OSError as error:
        raise RunError(f"audit log {str(path)!r} can't be written: {error.strerror}") from error


@click.group("audit")
def audit_command() -> None:
    """Verify audit logs, prove what is in them, and explain orders.

    A log is the folder that the reporter audit-log keeps: audit/NAME in the folder of runs, if nothing else was said.
    """


@audit_command.command("verify")
@log_argument
@click.option("--key", help="The public key: NAME+ID+KEY, or a file with it. Get it from whoever runs the log, not from the log.")
@click.option("--anchor", help="A head kept elsewhere: a file of heads or of signed checkpoints, or SIZE:ROOT.")
@click.option("--from", "begin", type=click.IntRange(min=1), metavar="SIZE", help="Begin at the checkpoint of SIZE records.")
@click.option("--blobs", is_flag=True, help="Check what is kept beside the log, too.")
@json_option
def verify_command(log: Path, key: str | None, anchor: str | None, begin: int | None, blobs: bool, as_json: bool) -> None:
    """Verify LOG, and name the level that it reaches.

    Without --key and --anchor that is L0 at best: the log is consistent with itself. With --key L1: its checkpoints are signed.
    With --anchor L2: it agrees with a head that was kept elsewhere. What a level does not exclude is printed, too. Exit code 1 if
    something is wrong.
    """
    from tradekit_compliance.audit.keys import read_public
    from tradekit_compliance.audit.verify import Against, read_anchor, verify

    verifier = None if key is None else read_public(key)
    found = verify(log, Against(verifier, [] if anchor is None else read_anchor(anchor), begin or 0, blobs))
    if as_json:
        print_json(found.as_json())
    else:
        _print_verdict(found)
    if not found.is_good:
        click.get_current_context().exit(1)


def _print_verdict(found: Verdict) -> None:
    click.echo(found.statement)
    if len(found.findings) > 1:
        click.echo(f"and {len(found.findings) - 1} more that differ")
    for limit in found.limits:
        click.echo(f"  {limit}")
    begun = f", read from record {found.begun_at} on" if found.begun_at else ""
    click.echo(f"log {found.log or 'unknown'}: {found.records} records{begun}, root {found.root}")
    if found.level > 0:
        click.echo(f"vouched for: the first {found.checked_to} records")
    for warning in found.warnings:
        click.echo(f"note: {warning.kind}{f' at record {warning.number}' if warning.number >= 0 else ''}: {warning.text}")


@audit_command.command("prove")
@log_argument
@click.argument("number", type=click.IntRange(min=0))
@click.option("--output", type=PATH, help="Write the proof into this file, by custom NAME.tlog-proof, and the record beside it.")
@json_option
def prove_command(log: Path, number: int, output: Path | None, as_json: bool) -> None:
    """Prove that record NUMBER is in LOG, by its last signed checkpoint.

    The proof is a text in the format tlog-proof of C2SP: whoever has the record, this text and the public key can check it without
    the log, and learns of no other record.
    """
    from tradekit_compliance.audit.proving import prove

    found = prove(log, number)
    if output is not None:
        record = output.with_suffix(".json")
        with reporting_disk(output):
            output.write_text(found.text(), "utf-8", newline="\n")
            record.write_bytes(found.record)
        click.echo(f"record {number} in {record}, its proof in {output}")
    elif as_json:
        hashes = [one.hex() for one in found.path]
        told = {"number": number, "record": found.record.decode(), "path": hashes, "size": found.size, "root": found.root.hex()}
        print_json({**told, "checkpoint": found.checkpoint})
    else:
        click.echo(found.text(), nl=False)


@audit_command.command("explain")
@log_argument
@click.argument("order", type=click.IntRange(min=0))
@run_option
@json_option
@click.pass_context
def explain_command(ctx: click.Context, log: Path, order: int, run: str | None, as_json: bool) -> None:
    """Explain ORDER of a run in LOG: from its data to what became of it.

    A link that is not in the log is printed as MISSING, and the exit code is then 1. Whether the log can be believed is for verify
    to say.
    """
    from tradekit_compliance.audit.explain import explain

    found = explain(log, order, run)
    if as_json:
        print_json(found.as_json())
    else:
        _print_explanation(found)
    if found.missing:
        ctx.exit(1)


def _print_explanation(found: Explanation) -> None:
    click.echo(f"order {found.order} of run {found.run}")
    for link in found.links:
        records = f"  [{', '.join(map(str, link.records))}]" if link.records else ""
        click.echo(f"{link.name}{records}")
        for line in link.told:
            click.echo(f"  {line}")
    if found.missing:
        click.echo(f"missing: {', '.join(found.missing)}")


@audit_command.command("replay")
@log_argument
@click.argument("file", type=PATH)
@run_option
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Overrule a key of the run file, as the run did.")
@json_option
def replay_command(log: Path, file: Path, run: str | None, overrides: tuple[str, ...], as_json: bool) -> None:
    """Run FILE again, and compare its decisions with those of a backtest in LOG.

    Prints the first decision that differs, if there is one, and what is another since: data, configuration, code or a version.
    The exit code is then 1. The run itself is not kept.
    """
    from tradekit_compliance.audit.replay import replay

    found = replay(log, file, run, overrides)
    if as_json:
        print_json(found.as_json())
    else:
        _print_replay(found)
    if not found.is_same:
        click.get_current_context().exit(1)


def _print_replay(found: Replay) -> None:
    difference, drift = found.check.difference, found.check.drift
    if difference is not None:
        click.echo(f"decision {difference.number} of {found.decisions} of run {found.run} is not the same")
        click.echo(f"  in the log: {difference.first or 'none'}")
        click.echo(f"  now:        {difference.second or 'none'}")
        for name, (was, now) in difference.values.items():
            mark = "" if was == now else "  differs"
            click.echo(f"    {name}: {was} in the log, {now} now{mark}")
    elif drift is not None:
        click.echo(
            f"the same {found.decisions} decisions, but {drift.name} behind {drift.decision} was {drift.first}, is {drift.second}"
        )
    else:
        click.echo(f"the same {found.decisions} decisions as run {found.run}, and the same values behind them")
    for change in found.changes:
        click.echo(f"! {change}")
    if not found.is_same and not found.changes:
        click.echo("! data, configuration, code and versions are the same; what is left is chance without a seed, or a clock")


@audit_command.group("keys")
def keys_group() -> None:
    """Make the keys that sign checkpoints, and hand over from one to another."""


@keys_group.command("make")
@click.argument("name")
@click.option("--file", type=PATH, required=True, help="Where the private key goes; the public one goes beside it, as FILE.pub.")
def make_command(name: str, file: Path) -> None:
    """Make a key called NAME, and print its public half.

    Keep the private half out of the folder of the log and of its backups. Give the public half to whoever will verify.
    """
    from tradekit_compliance.audit.keys import make_key

    click.echo(str(make_key(name, file)))


@keys_group.command("rotate")
@log_argument
@click.option("--old", type=PATH, help="The key that signs now; without, nothing was signed before.")
@click.option("--new", type=PATH, required=True, help="The key that signs from here on.")
@click.option("--who", required=True, help="Who does it.")
@click.option("--heads", type=PATH, help="The log's file of heads elsewhere.")
def rotate_command(log: Path, old: Path | None, new: Path, who: str, heads: Path | None) -> None:
    """Hand over from one key to another, with a record that both have signed."""
    from tradekit_compliance.audit.keys import read_key
    from tradekit_compliance.audit.reporter import source
    from tradekit_compliance.audit.writer import LogWriter, Settings

    signer = None if old is None else read_key(old, log)
    following = read_key(new, log)
    with reporting_disk(log):
        writer = LogWriter(log, Settings(source(), f"operator:{who}", signer, heads))
        number = writer.hand_over(following, f"operator:{who}")
        writer.close()
    click.echo(f"record {number} hands over to {following.verifier}")


@audit_command.command("set-aside")
@log_argument
@click.option("--who", required=True, help="Who acknowledges that the log is damaged.")
@click.option("--why", required=True, help="What is known of it.")
@click.option("--key", type=PATH, help="The private key that signs the new log.")
@click.option("--heads", type=PATH, help="The log's file of heads elsewhere, which is set aside, too.")
def set_aside_command(log: Path, who: str, why: str, key: Path | None, heads: Path | None) -> None:
    """Keep a damaged LOG under another name, and begin a new one in its place.

    The new log says who acknowledged what. The old one stays as it is: it is evidence.
    """
    from tradekit_compliance.audit.aside import set_aside
    from tradekit_compliance.audit.keys import read_key
    from tradekit_compliance.audit.reporter import source
    from tradekit_compliance.audit.writer import Settings

    signer = None if key is None else read_key(key, log)
    with reporting_disk(log):
        kept = set_aside(log, Settings(source(), f"operator:{who}", signer, heads), why)
    click.echo(f"the damaged log is kept in {kept}; {log} is a new one")
