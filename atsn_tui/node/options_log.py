"""Recording changes of the node's options, also of those that someone made in config.toml by hand."""

import hashlib
import sqlite3
from typing import Any

import msgspec

from atsn_tui.errors import AtsnError, BadFile
from atsn_tui.home import config
from atsn_tui.home.config import Config
from atsn_tui.home.trouble import explain
from atsn_tui.model import dates
from atsn_tui.node.actor import Actor
from atsn_tui.node.core import Core
from atsn_tui.store import audit, config_seen
from atsn_tui.store.acting import By, acting
from atsn_tui.store.database.store import Store

_HIDDEN = ("secret", "password", "token")
"""Words in the name of an option whose value the log does not tell."""


async def begin(store: Store, actor: Actor, name: str) -> None:
    """Let the log of a new node begin with who made it."""
    store.by = By(actor.who, actor.source)
    await store.write(lambda db: audit.note(db, "node.init", store.node_id, name))


async def notice(core: Core) -> None:
    """Record what was changed in config.toml since this node looked at it last."""
    data = _read(core)
    if not await core.store.read(lambda db: config_seen.is_new(db, _digest(data))):
        return
    first = await core.store.read(config_seen.is_first)
    edited = dates.format_date(core.home.config_file.stat().st_mtime_ns // 1000)
    noticed = By("unknown", f"config.toml, noticed by {core.actor.who} at {core.actor.source}")
    try:
        await _record(core, data, f"edited by hand, {edited}", None if first else noticed)
    except BadFile:
        raise
    except AtsnError:
        # The database is busy, or its disk is full. Reading shall not fail for that: whoever opens the node next will
        # notice it.
        return


async def record(core: Core) -> None:
    """Record what the person who acts has just changed in config.toml."""
    await _record(core, _read(core), "", None)


async def _record(core: Core, data: bytes, summary: str, by: By | None) -> None:
    flat = _flat(config.parse(data, core.home.config_file))
    hidden = frozenset(
        key for key in flat if key.startswith("variables.") or any(word in key.lower() for word in _HIDDEN)
    )

    def write(db: sqlite3.Connection) -> None:
        with acting(by):
            config_seen.record(db, _digest(data), flat, hidden, summary)

    await core.store.write(write)


def _read(core: Core) -> bytes:
    path = core.home.config_file
    try:
        return path.read_bytes()
    except OSError as error:
        raise explain("cannot read", path, error) from error


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=32).digest()


def _flat(options: Config) -> dict[str, Any]:
    """Every option under its dotted name, as plain data."""
    found: dict[str, Any] = {}

    def walk(prefix: str, value: Any) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                walk(f"{prefix}.{key}" if prefix else key, inner)
        else:
            found[prefix] = value

    walk("", msgspec.to_builtins(options))
    return found
