"""What `tradekit venue` does: it reads the data, opens the venue, says where it is, and keeps it open."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import secrets
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from tradekit import ConfigError, NamedSource, open_source
from tradekit_venue.clock import Clock
from tradekit_venue.dialects import DIALECTS
from tradekit_venue.engine.account import Rates
from tradekit_venue.engine.candles import INTERVALS
from tradekit_venue.engine.perpetual import Perpetual
from tradekit_venue.faults import Fault, read_fault
from tradekit_venue.loading import Rules, load
from tradekit_venue.recording import Recording
from tradekit_venue.serving import opened
from tradekit_venue.venue import Key, Venue
from tradekit_venue.words import nearest

__all__ = ["run"]

ACCOUNT = "trader"
SOURCES = {".csv": "csv", ".parquet": "parquet", ".pq": "parquet", ".json": "json"}
MONEY = Decimal(100_000)


@dataclass(frozen=True, slots=True)
class Keys:
    """What the account signs with."""

    key: str
    secret: str
    passphrase: str
    """What some exchanges want besides."""


def run(asked: Mapping[str, Any]) -> None:
    """Open a venue as the command line asks for it, until Ctrl-C."""
    recordings = read(asked)
    keys = Keys(secrets.token_hex(16), base64.b64encode(secrets.token_bytes(32)).decode(), secrets.token_hex(8))
    venue = prepared(recordings, asked, keys)
    for fault in read_script(asked["faults"]):
        venue.faults.add(fault)
    asyncio.run(stay_open(venue, recordings, asked, keys))


def read(asked: Mapping[str, Any]) -> list[Recording]:
    """Return what is to be replayed, all of it from the same time on."""
    named = source_of(asked)
    symbols = asked["symbol"] or named.symbols
    if not symbols:
        raise ConfigError(f"{str(asked['data'])!r} does not say what it holds; add --symbol, such as --symbol BTC/USDT")
    is_perpetual = DIALECTS[asked["dialect"]].has_perpetuals
    if wrong := next((symbol for symbol in symbols if (":" in symbol) != is_perpetual), None):
        example = "perpetuals, such as BTC/USDT:USDT" if is_perpetual else "spot markets, such as BTC/USDT"
        raise ConfigError(f"the dialect {asked['dialect']!r} has {example}, and {wrong!r} is none")
    if asked["contract"] and not DIALECTS[asked["dialect"]].has_contracts:
        counting = ", ".join(name for name, dialect in DIALECTS.items() if dialect.has_contracts)
        raise ConfigError(
            f"the dialect {asked['dialect']!r} does not count in contracts; leave --contract out, or speak {counting}"
        )
    interval = asked["interval"] or named.interval
    if interval is not None and interval not in INTERVALS:
        raise ConfigError(
            f"--interval {interval!r} is none that a venue offers{nearest(interval, INTERVALS)}: {', '.join(INTERVALS)}"
        )
    rules = Rules(asked["tick"], asked["lot"], asked["min_notional"], asked["start"], interval, asked["contract"])
    recordings = [load(named.source, symbol, asked["kind"], rules) for symbol in dict.fromkeys(symbols)]
    latest = max(recording.start for recording in recordings)
    if all(recording.start == latest for recording in recordings):
        return recordings
    later = replace(rules, start=latest)
    return [load(named.source, symbol, asked["kind"], later) for symbol in dict.fromkeys(symbols)]


def source_of(asked: Mapping[str, Any]) -> NamedSource:
    """Return the data source, by its name or as the file's name ends."""
    path: Path = asked["data"]
    if path.suffix == ".toml":
        return open_source(str(path), asked["set"])
    name = asked["source"] or next((SOURCES[end] for end in reversed(path.suffixes) if end in SOURCES), None)
    if name is None:
        raise ConfigError(f"the name of {str(path)!r} does not tell what it holds; say what reads it, such as --source csv")
    key = "path" if asked["kind"] == "bars" else "trades.path"
    return open_source(name, [f"{key}={json.dumps(str(path.absolute()))}", *asked["set"]])


def prepared(recordings: Iterable[Recording], asked: Mapping[str, Any], keys: Keys) -> Venue:
    """Return the venue, with its markets and the account."""
    recordings = list(recordings)
    speed = asked["speed"]
    # At another speed than that of its own clock no client could keep a time window.
    venue = Venue(Clock(recordings[0].start), checks_timing=speed == 1, dialect=asked["dialect"])
    for recording in recordings:
        venue.replay(recording)
    balances = dict(asked["balance"]) or {recording.market.quote: MONEY for recording in recordings}
    fee = Decimal(str(asked["fee"])) if asked["fee"] is not None else DIALECTS[asked["dialect"]].usual_fee
    account = venue.add_account(ACCOUNT, balances, keys.key, keys.secret, Rates(fee, fee))
    venue.keys[keys.key] = Key(account, keys.secret, keys.passphrase)
    return venue


def read_script(path: Path | None) -> list[Fault]:
    """Return the faults of a script."""
    if path is None:
        return []
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"the script of faults {str(path)!r} can't be read: {(error.strerror or str(error)).lower()}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"the script of faults {str(path)!r} is no valid TOML: {error}") from None
    tables = document.pop("fault", [])
    if document or not isinstance(tables, list):
        raise ConfigError(
            f"the script of faults {str(path)!r} has {', '.join(document) or 'fault'}; it takes [[fault]] tables only"
        )
    return [read_fault(table) for table in tables]


async def stay_open(venue: Venue, recordings: list[Recording], asked: Mapping[str, Any], keys: Keys) -> None:
    """Open the venue, say where it is, and keep it open until the process is told to end."""
    place: Path = asked["secrets"]
    async with opened(venue, asked["port"]) as there:
        try:
            told = {"apiKey": keys.key, "secret": keys.secret, "password": keys.passphrase}
            write_secrets(place, {"url": there.url, "token": there.token, **told})
            click.echo(welcome(there.url, recordings, asked))
            venue.clock.run(asked["speed"])
            venue.after(max(one.end for one in recordings) - venue.clock.now(), lambda: click.echo("the recording has ended"))
            await asyncio.Event().wait()
        finally:
            place.unlink(missing_ok=True)


def write_secrets(path: Path, values: Mapping[str, str]) -> None:
    """Write what only the user may read."""
    try:
        path.unlink(missing_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise ConfigError(
            f"the keys can't be written to {str(path)!r}: {(error.strerror or str(error)).lower()}; say --secrets FILE"
        ) from None
    os.write(descriptor, json.dumps(values, indent=1).encode())
    os.close(descriptor)


def welcome(url: str, recordings: Iterable[Recording], asked: Mapping[str, Any]) -> str:
    """Return what is said when the venue is open."""
    lines = [f"{asked['dialect']} at {url}"]
    for one in recordings:
        what = f"bars of {one.interval}" if asked["kind"] == "bars" else "trades"
        steps = f"tick {one.market.tick}, lot {one.market.lot}"
        if isinstance(one.market, Perpetual) and DIALECTS[asked["dialect"]].has_contracts:
            steps += f", contracts of {one.market.contract}"
        lines.append(f"{one.market.symbol}  {what}, {shown(one.start)} to {shown(one.end)}, {steps}")
    speed = asked["speed"]
    pace = "its clock stands still" if not speed else f"its clock runs at {speed:g} times real time"
    lines.append(pace if speed == 1 else f"{pace}, so times of requests are not checked")
    lines.append(f"keys and token: {asked['secrets']}")
    lines.append("with ccxt: from tradekit_venue.addresses import at_venue")
    lines.append(f'           exchange.urls["api"] = at_venue(exchange.urls["api"], "{url}")')
    return "\n".join(lines)


def shown(time: int) -> str:
    """Return a time as people read it."""
    return datetime.fromtimestamp(time // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
