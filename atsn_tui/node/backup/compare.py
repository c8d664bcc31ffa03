"""Two states of a node side by side, in words: what a restore takes away and brings back."""

import hashlib
import sqlite3
from pathlib import Path

from msgspec import Struct

from atsn_tui.home.config import load
from atsn_tui.home.home import Home
from atsn_tui.home.trouble import explain
from atsn_tui.store import groups, links, node, peers, tasks
from atsn_tui.store.database.store import Store


class GroupPicture(Struct, frozen=True):
    """One group."""

    name: str
    digest: bytes
    tasks: dict[str, bytes]
    """The fingerprints by id."""


class Picture(Struct, frozen=True, kw_only=True):
    """A node, as far as its differences are told."""

    node_id: str
    name: str
    encrypted: bool
    groups: dict[str, GroupPicture]
    peers: frozenset[str]
    links: int
    config: bytes
    keys: dict[str, bytes]
    """Those that are there."""


async def picture(home: Home, store: Store) -> Picture:
    """The node at a home, whose store is open. AtsnError: one of its files cannot be read."""

    def read(db: sqlite3.Connection) -> Picture:
        found = {}
        for row in groups.list_groups(db):
            rows = {each.record.id: each.record.fingerprint for each in tasks.list_tasks(db, row.id)}
            found[row.id] = GroupPicture(row.name, row.digest, rows)
        return Picture(
            node_id=node.node_id(db),
            name=load(home.config_file).name,
            encrypted=store.encrypted,
            groups=found,
            peers=frozenset(peer.name for peer in peers.list_peers(db)),
            links=len(links.list_links(db)),
            config=_hash(home.config_file),
            keys={key.name: _hash(key) for key in (home.client_key, home.host_key) if key.exists()},
        )

    return await store.read(read)


def differences(before: Picture, after: Picture) -> tuple[str, ...]:
    """What is different now, a line each."""
    lines = []
    for group_id in sorted(before.groups.keys() | after.groups.keys()):
        line = _group(before.groups.get(group_id), after.groups.get(group_id))
        if line:
            lines.append(line)
    for names, what in ((before.peers - after.peers, "is unknown"), (after.peers - before.peers, "is known")):
        lines += [
            f"peer {name} {what} again" if what == "is known" else f"peer {name} {what} now"
            for name in sorted(names)
        ]
    if before.links != after.links:
        lines.append(f"{after.links} links, {before.links} before")
    if before.node_id != after.node_id:
        lines.append(f"its node id is {after.node_id}, {before.node_id} before")
    if before.config != after.config:
        lines.append("config.toml is another one")
    lines += [f"its {name} is back" for name in sorted(after.keys.keys() - before.keys.keys())]
    if any(after.keys.get(name) != digest for name, digest in before.keys.items()):
        lines.append("its keys are others: peers must be told")
    if before.encrypted != after.encrypted:
        lines.append(
            "the database is encrypted" if after.encrypted else "the database is not encrypted any more"
        )
    return tuple(lines)


def _group(before: GroupPicture | None, after: GroupPicture | None) -> str:
    if before is None and after is not None:
        return f"group {after.name} is back, with {len(after.tasks)} tasks"
    if after is None and before is not None:
        return f"group {before.name} is gone, with {len(before.tasks)} tasks"
    if before is None or after is None or before.digest == after.digest:
        return ""
    gone = len(before.tasks.keys() - after.tasks.keys())
    back = len(after.tasks.keys() - before.tasks.keys())
    changed = sum(
        1 for each in before.tasks.keys() & after.tasks.keys() if before.tasks[each] != after.tasks[each]
    )
    parts = [(gone, "gone"), (back, "back"), (changed, "as they were")]
    told = ", ".join(f"{count} tasks {word}" for count, word in parts if count)
    return f"group {after.name}: {told or 'its settings are as they were'}"


def _hash(path: Path) -> bytes:
    try:
        return hashlib.blake2b(path.read_bytes()).digest()
    except OSError as error:
        raise explain("cannot read", path, error) from error
