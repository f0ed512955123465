"""`tradekit status`, `reduce-only`, `halt`, `flatten` and `resume`: look at an account that is traded live, and take hold of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tradekit.cli.arguments import runs_option
from tradekit.cli.output import json_option, print_json, print_table
from tradekit.errors import ConfigError, nearest

if TYPE_CHECKING:
    from tradekit.journal.heartbeat import Timer
    from tradekit.journal.store import JournalStore, OrderRow

__all__ = ["flatten_command", "halt_command", "reduce_only_command", "resume_command", "status_command"]

_SILENT_S = 2.0
_ACCOUNT = click.argument("account")
_REASON = click.option("--reason", default="", help="Why, for the journal.")


@click.command("status")
@click.argument("account", required=False)
@runs_option
@json_option
def status_command(account: str | None, runs: Path, as_json: bool) -> None:
    """Show what ACCOUNT holds, what it has at the venue, and what is not known; without one, all accounts."""
    names = [account] if account is not None else _accounts(runs)
    found = [_status(name, runs) for name in names]
    if as_json:
        print_json(found)
    elif not found:
        click.echo(f"no account is or was traded in {str(runs)!r}")
    elif account is None:
        rows = [(one["account"], one["state"], one["mode"], _positions(one), str(len(one["orders"])), one["last"]) for one in found]
        print_table(("account", "state", "mode", "holds", "orders", "last input"), rows)
    else:
        _show(found[0])


@click.command("halt")
@_ACCOUNT
@_REASON
@runs_option
def halt_command(account: str, reason: str, runs: Path) -> None:
    """Stop ACCOUNT: cancel what adds to positions, and ask the strategy no more; what protects positions stays.

    It stays halted, over restarts too, until 'tradekit resume'. Where the trading process hangs or is dead, its watchdog cancels.
    """
    _ask(account, runs, "halt", reason)


@click.command("reduce-only")
@_ACCOUNT
@_REASON
@runs_option
def reduce_only_command(account: str, reason: str, runs: Path) -> None:
    """Let ACCOUNT only close positions: cancel and refuse what adds to them; the strategy goes on.

    It lasts, over restarts too, until 'tradekit resume'.
    """
    _ask(account, runs, "reduce-only", reason)


@click.command("resume")
@_ACCOUNT
@click.option("--reason", required=True, help="Why it may, for the journal: what was found, and what was done about it.")
@runs_option
def resume_command(account: str, reason: str, runs: Path) -> None:
    """Let ACCOUNT trade again, after a person has looked at why it was stopped.

    What is wrong right now, such as a clock, goes on to stop it until that is over.
    """
    _ask(account, runs, "resume", reason)


@click.command("flatten")
@_ACCOUNT
@_REASON
@runs_option
def flatten_command(account: str, reason: str, runs: Path) -> None:
    """Halt ACCOUNT, and close all its positions at the market."""
    _ask(account, runs, "flatten", reason)


def _accounts(runs: Path) -> list[str]:
    return sorted(path.stem for path in (runs / "accounts").glob("*.sqlite"))


def _open(account: str, runs: Path) -> JournalStore:
    from tradekit.engine.live.start import journal_path
    from tradekit.journal.store import JournalStore

    path = journal_path(runs, account)
    if not path.exists():
        names = _accounts(runs)
        listed = ", ".join(map(repr, names)) or "none"
        raise ConfigError(f"no account {account!r} in {str(runs)!r}{nearest(account, names)}; there are: {listed}")
    return JournalStore(path)


def _ask(account: str, runs: Path, command: str, reason: str) -> None:
    from tradekit.journal.heartbeat import last_beat

    store = _open(account, runs)
    try:
        store.ask(command, reason)
        is_running, is_watched = store.is_leased(), store.is_watched()
        beat = last_beat(store.path.with_suffix(".beat"))
    finally:
        store.close()
    is_silent = is_running and (beat is None or beat.age_s > _SILENT_S)
    who = "no process trades it now, so that the next one begins with it"
    if is_silent:
        who = "its process gives no sign of life, and begins with it when it goes on"
    elif is_running:
        who = f"its process takes it up at once ('tradekit status {account}')"
    click.echo(f"{command} of account {account!r} is asked for; {who}")
    if command != "resume" and (is_silent or not is_running):
        watched, alone = (
            "its watchdog cancels what adds risk",
            "no watchdog watches over it: cancel at the venue what must not be filled",
        )
        click.echo(watched if is_watched else alone)


def _status(account: str, runs: Path) -> dict[str, Any]:
    import json

    from tradekit.journal.heartbeat import last_beat, last_timer

    store = _open(account, runs)
    try:
        session, held, last = store.last_session(), store.account() or {}, store.last_time()
        waiting = [{"command": asked.command, "reason": asked.reason, "by": asked.cause} for asked in store.asked()]
        orders = [row for row in store.orders() if row.state in ("sending", "unknown", "open")]
        is_running, is_watched = store.is_leased(), store.is_watched()
        signs = store.path.with_suffix(".beat")
        beat, timer = last_beat(signs), last_timer(signs)
    finally:
        store.close()
    level = held.get("state", "run")
    settings = {} if session is None else json.loads(session.settings)
    return {
        "account": account,
        "state": ("running" if is_running else "stopped") + ("" if level == "run" else f", {level}"),
        "level": level,
        "holds": held.get("holds", []),
        "watchdog": is_watched,
        "silent_s": round(beat.age_s, 1) if is_running and beat is not None and not beat.is_over else None,
        "timer": None if timer is None else _timer(timer),
        "mode": settings.get("run", {}).get("mode", ""),
        "strategy": _strategies(settings.get("strategy", {})),
        "session": 0 if session is None else session.id,
        "started": "" if session is None else _time(session.started),
        "last": "" if last is None else _time(last),
        "cash": held.get("capital"),
        "positions": {
            symbol: {"units": units, "average_price": price} for symbol, (units, price) in held.get("positions", {}).items()
        },
        "strategies": held.get("shares", {}),
        "blocked": held.get("blocked", {}),
        "fees_besides": held.get("fees_besides", {}),
        "orders": [_order(row, _names(settings.get("strategy", {}))) for row in orders],
        "asked": waiting,
    }


def _timer(timer: Timer) -> dict[str, Any]:
    import time

    return {"set": _time(timer.asked), "seconds": timer.seconds, "left_s": round(timer.left_s(time.time_ns()), 1)}


def _strategies(table: dict[str, Any] | list[dict[str, Any]]) -> str:
    """Return the name of the strategy, or what each of several is called."""
    return ", ".join(_names(table)) if isinstance(table, list) else str(table.get("name", ""))


def _names(table: dict[str, Any] | list[dict[str, Any]]) -> list[str]:
    """Return what several strategies are called; none for one alone."""
    return [str(one["id"]) for one in table] if isinstance(table, list) else []


def _order(row: OrderRow, names: Sequence[str]) -> dict[str, Any]:
    import json

    from tradekit.engine.live.legs import share_of

    told = {"client_id": row.client_id, "symbol": row.symbol, "state": row.state, "filled": row.filled}
    if names:
        told["strategy"] = names[share_of(row.client_id)]
    return {**told, "intent": json.loads(row.intent)}


def _show(one: dict[str, Any]) -> None:
    click.echo(f"{one['account']}: {one['state']}, mode {one['mode']}, strategy {one['strategy']}, session {one['session']}")
    click.echo(f"begun {one['started']}, last input {one['last']}, cash {_money(one['cash'])}")
    for hold in one["holds"]:
        click.echo(f"{hold['level']} by {hold['cause']} since {_time(hold['since'])}: {hold['reason']}".rstrip(": "))
    if one["mode"] == "live":
        silent = "" if one["silent_s"] is None else f", last sign of life {one['silent_s']:g} s ago"
        click.echo(("a watchdog watches over it" if one["watchdog"] else "no watchdog watches over it") + silent)
    if one["timer"]:
        click.echo(_timer_words(one["timer"]))
    if one["fees_besides"]:
        paid = ", ".join(f"{amount} {currency}" for currency, amount in one["fees_besides"].items())
        click.echo(f"fees of this session that are not in its money: {paid}")
    for symbol, why in one["blocked"].items():
        click.echo(f"no new risk in {symbol}: {why}")
    for asked in one["asked"]:
        click.echo(f"asked for and not taken up: {asked['command']} by {asked['by']}: {asked['reason']}".rstrip(": "))
    if one["positions"]:
        rows = [(symbol, f"{held['units']:g}", f"{held['average_price']:g}") for symbol, held in one["positions"].items()]
        print_table(("position", "units", "average price"), rows)
    if one["strategies"]:
        print_table(("strategy", "cash", "holds", ""), [_share(name, own) for name, own in one["strategies"].items()])
    if one["orders"]:
        whose = ("strategy",) if one["strategies"] else ()
        orders = [
            (row["client_id"], *(row[key] for key in whose), row["state"], row["filled"], _intent(row["intent"]))
            for row in one["orders"]
        ]
        print_table(("order", *whose, "state", "filled", "what"), orders)


def _timer_words(timer: dict[str, Any]) -> str:
    """Say what the venue's own timer does, and when."""
    left = timer["left_s"]
    what = f"in {left:g} s it cancels all orders" if left > 0 else f"it ran out {-left:g} s ago, and cancels all orders then"
    return f"the venue's timer was last set at {timer['set']}, for {timer['seconds']:g} s: {what}"


def _share(name: str, own: dict[str, Any]) -> tuple[str, str, str, str]:
    held = ", ".join(f"{units:g} {symbol} at {price:g}" for symbol, (units, price) in own["positions"].items())
    return name, _money(own["capital"]), held or "-", "stopped by a rule of its own" if own["is_halted"] else ""


def _money(amount: float | None) -> str:
    return "not known" if amount is None else f"{amount:.2f}"


def _intent(intent: dict[str, Any]) -> str:
    prices = " ".join(f"{name} {intent[name]}" for name in ("limit", "stop") if intent.get(name) is not None)
    return f"{intent['quantity']} {intent['symbol']} {prices}".rstrip()


def _positions(one: dict[str, Any]) -> str:
    return ", ".join(f"{held['units']:g} {symbol}" for symbol, held in one["positions"].items()) or "-"


def _time(nanoseconds: int) -> str:
    return datetime.fromtimestamp(nanoseconds // 1_000_000_000, UTC).isoformat().replace("+00:00", "Z")
