"""Nodes that reach each other inside this process, over channels in memory, with every frame on record.

    hq, web1 = await world.host("hq"), await world.host("web1")
    await world.acquaint(hq, web1, "push")          # hq can reach web1, which grants it that
    await hq.write("backup", "df -h")               # a task of the group GROUP; the group is made if need be
    await hq.link(web1, "push", "strict")
    await hq.cycle()
    assert await web1.tasks() == {"backup": "df -h"}

A `Rule` given to `world.line.rules` sees each message before it is sent, and may cut, hang or change it.
"""

import asyncio
import sqlite3
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec

from atsn_tui.errors import Unreachable
from atsn_tui.home.config import BrakeLimits
from atsn_tui.home.home import Home
from atsn_tui.model import codec, dates
from atsn_tui.model.brake import Allowance
from atsn_tui.model.peer import Direction, Grant, Link, Peer
from atsn_tui.model.plan import Mode
from atsn_tui.model.record import Origin, Record
from atsn_tui.model.result import CycleReport, LinkResult
from atsn_tui.model.settings import Settings
from atsn_tui.model.task import Command, Task
from atsn_tui.replication import messages, server
from atsn_tui.replication.connections import Connections
from atsn_tui.replication.context import Context
from atsn_tui.replication.cycle import run_cycle
from atsn_tui.replication.local import LocalReplica
from atsn_tui.replication.remote import RemoteReplica
from atsn_tui.replication.round import Round
from atsn_tui.replication.targets import targets_of
from atsn_tui.store import Store, changes, groups, links, peers, tasks
from atsn_tui.store.changes import Edit, Entry
from atsn_tui.store.groups import GroupRow
from atsn_tui.transport.channel import Channel, Identity
from atsn_tui.transport.dial import Endpoint
from atsn_tui.transport.memory import pair

GROUP = "0a000000-0000-4000-8000-000000000000"
OTHER = "0b000000-0000-4000-8000-000000000000"
NAMES = {GROUP: "Replicated tasks", OTHER: "Other tasks"}

NOW = 1_800_000_000_000_000
"""What every clock shows in the beginning."""

LOCAL = Origin(who="ada")


def task_id(name: str) -> str:
    """The id of the task of that name."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, name))


def task(name: str, command: str = "true", modified: int = NOW, **fields: Any) -> Record:
    """The record of a task."""
    return codec.record(task_id(name), modified, Task(name=name, action=Command(command=command), **fields))


def settings(group_id: str = GROUP, modified: int = NOW, **fields: Any) -> Record:
    """The record of a group's settings."""
    fields.setdefault("name", NAMES.get(group_id, group_id[:8]))
    return codec.record(group_id, modified, Settings(**fields))


Rule = Callable[["Wire", str, Any], Awaitable[Any]]
"""Called with the wire, the name of the node that sends, and the message; returns what is sent instead."""


@dataclass
class Line:
    """What passes between nodes: every message of every wire, in order, and the rules that it obeys."""

    frames: list[tuple[str, bytes]] = field(default_factory=list)
    """Who sent it, and its bytes."""
    rules: list[Rule] = field(default_factory=list)

    def kinds(self, sender: str | None = None) -> list[str]:
        """The names of the messages that one node, or all, sent."""
        return [type(self.decode(frame)).__name__ for who, frame in self.frames if sender in (None, who)]

    def clear(self) -> None:
        """Forget what has passed."""
        self.frames.clear()

    @staticmethod
    def decode(frame: bytes) -> Any:
        """The message in a frame, whichever side sent it; None if it is none."""
        for decoder in (messages.decode_request, messages.decode_reply, messages.decode_hello):
            try:
                return decoder(frame)
            except Exception:
                continue
        return None


class Wire:
    """The caller's end of a channel."""

    def __init__(self, channel: Channel, line: Line, caller: str, answerer: str) -> None:
        self.channel = channel
        self.caller = caller
        self.answerer = answerer
        self._line = line

    @property
    def identity(self) -> Identity:
        """Who is at the other end."""
        return self.channel.identity

    @property
    def closed(self) -> bool:
        """Whether the channel is gone."""
        return self.channel.closed

    async def send(self, payload: bytes) -> None:
        """Send what the rules make of the message."""
        await self.channel.send(await self._ruled(self.caller, payload))

    async def receive(self) -> bytes:
        """What the rules make of the next message."""
        return await self._ruled(self.answerer, await self.channel.receive())

    async def close(self) -> None:
        """End the channel."""
        await self.channel.close()

    async def cut(self) -> None:
        """Break the connection, as a network does."""
        await self.channel.close()
        raise Unreachable(f"{self.answerer} closed the channel")

    async def _ruled(self, sender: str, frame: bytes) -> bytes:
        for rule in list(self._line.rules):
            message = self._line.decode(frame)
            ruled = await rule(self, sender, message)
            frame = ruled if isinstance(ruled, bytes) else messages.encode(ruled)
        self._line.frames.append((sender, frame))
        return frame


class MemoryPool:
    """The connections of one node, in memory."""

    def __init__(self, world: "World", caller: "Host") -> None:
        self._world = world
        self._caller = caller
        self._open: dict[str, list[Channel]] = {}

    async def channel(self, endpoint: Endpoint) -> Channel:
        """A channel to the host at that address, which answers it."""
        host = self._world.hosts.get(endpoint.address.partition(":")[0])
        if host is None or host.down:
            raise Unreachable(f"{endpoint} cannot be reached: connection refused")
        near, far = pair(
            Identity(self._caller.key, self._caller.ip), Identity(host.key, host.ip), peer=host.name
        )
        self._world.answering.add(task_ := asyncio.create_task(server.serve(host.context, far)))
        task_.add_done_callback(self._world.answering.discard)
        self._open.setdefault(endpoint.name, []).append(near)
        return Wire(near, self._world.line, self._caller.name, host.name)

    async def drop(self, name: str) -> None:
        """Close the channels to that peer: nothing else is open here."""
        await asyncio.gather(*(channel.close() for channel in self._open.pop(name, ())))

    async def close(self) -> None:
        """Close all channels."""
        for name in list(self._open):
            await self.drop(name)


@dataclass
class Host:
    """A node: its store, its clock, and what a person does on it."""

    world: "World"
    name: str
    store: Store
    key: str
    ip: str = "192.0.2.1"
    now: int = NOW
    down: bool = False
    limits: BrakeLimits = BrakeLimits()
    address: str = ""
    host_key: str = ""

    def __post_init__(self) -> None:
        self.address = self.address or f"{self.name}:22"
        self.host_key = self.host_key or self.key
        self.connections = Connections(self.context, self.world.pool(self))

    @property
    def context(self) -> Context:
        """The node as replication sees it."""
        if not hasattr(self, "_context") or self._context.limits != self.limits:
            self.restart()
        return self._context

    def restart(self) -> None:
        """Remember from now on what is in the database alone, as a process that has just begun."""
        self._context = Context(self.store, self.name, lambda: self.now, self.limits)

    # What a person does here.

    async def make_group(self, group_id: str = GROUP, *, replicated: bool = True, **fields: Any) -> None:
        """Make a group with those settings."""
        record = settings(group_id, self.now, **fields)
        await self.store.write(
            lambda db: groups.create_group(db, record, replicated, LOCAL, self.entry("created"))
        )

    async def write(
        self,
        name: str,
        command: str = "true",
        group_id: str = GROUP,
        modified: int | None = None,
        **fields: Any,
    ) -> None:
        """Make or change a task, dated as a local edit is, or as told."""
        await self.write_all({name: command}, group_id, modified, **fields)

    async def write_all(
        self,
        commands: Mapping[str, str] | Iterable[str],
        group_id: str = GROUP,
        modified: int | None = None,
        **fields: Any,
    ) -> None:
        """Make or change tasks at once: names with their commands."""
        wanted = dict(commands) if isinstance(commands, Mapping) else dict.fromkeys(commands, "true")
        if await self.group(group_id) is None:
            await self.make_group(group_id)

        def write(db: sqlite3.Connection) -> None:
            known = {row.record.id: row.record for row in tasks.list_tasks(db, group_id)}
            edits = []
            for name, command in wanted.items():
                before = known.get(task_id(name))
                date = dates.next_date(self.now, before.modified if before else None)
                record = task(name, command, date if modified is None else modified, **fields)
                edits.append(Edit(record.id, record, LOCAL))
            changes.commit(db, group_id, edits, self.entry("edited"))

        await self.store.write(write)

    async def delete(self, *names: str, group_id: str = GROUP) -> None:
        """Delete tasks."""
        edits = [Edit(task_id(name), None, LOCAL) for name in names]
        await self.store.write(lambda db: changes.commit(db, group_id, edits, self.entry("deleted")))

    async def set(self, group_id: str = GROUP, modified: int | None = None, **fields: Any) -> None:
        """Change settings of the group."""

        def write(db: sqlite3.Connection) -> None:
            row = groups.get_group(db, group_id)
            assert row is not None
            content = msgspec.structs.replace(codec.decode_settings(row.settings.body), **fields)
            date = dates.next_date(self.now, row.settings.modified) if modified is None else modified
            record = codec.record(group_id, date, content)
            changes.commit(db, group_id, [Edit(group_id, record, LOCAL)], self.entry("set"))

        await self.store.write(write)

    def entry(self, summary: str) -> Entry:
        """What the history says of a local change."""
        return Entry(kind="edit", at=self.now, who="ada", source="test", summary=summary)

    async def link(
        self,
        to: "Host",
        direction: Direction,
        mode: Mode = "easy",
        group_id: str | None = GROUP,
        **fields: Any,
    ) -> Link:
        """Replicate a group with another host."""
        peer = await self.peer(to)
        fields.setdefault("group_name", NAMES.get(group_id or GROUP, "?"))

        def write(db: sqlite3.Connection) -> Link:
            link = Link(
                id=str(uuid.uuid4()),
                group_id=group_id,
                peer_id=peer.id,
                direction=direction,
                mode=mode,
                position=len(links.list_links(db)),
                **fields,
            )
            links.add(db, link)
            return link

        return await self.store.write(write)

    # What replication does here.

    async def round(self, *, attended: bool = True, only: Collection[Link] = ()) -> Round:
        """A round over all links, or some."""
        targets = await self.store.read(targets_of)
        wanted = {link.id for link in only}
        chosen = [target for target in targets if not wanted or target.link.id in wanted]
        return Round(self.context, self.connections, chosen, attended=attended, source="test")

    async def diff(self, *, attended: bool = True) -> list[LinkResult]:
        """Compare all links."""
        return await (await self.round(attended=attended)).compute()

    async def apply(self, allow: Allowance = Allowance()) -> list[LinkResult]:
        """Compare all links by hand and apply what is seen."""
        round_ = await self.round()
        await round_.compute()
        return await round_.apply(allow=allow)

    async def cycle(self, allow: Allowance = Allowance(), **options: Any) -> CycleReport:
        """Carry out a cycle over all links."""
        targets = await self.store.read(targets_of)
        options.setdefault("trigger", "schedule")
        return await run_cycle(self.context, self.connections, targets, source="test", allow=allow, **options)

    async def states(self, allow: Allowance = Allowance(), **options: Any) -> list[str]:
        """The states that a cycle ends with."""
        return [result.state for result in (await self.cycle(allow, **options)).links]

    async def local(self, peer: "Host", direction: Direction) -> LocalReplica:
        """This node as the near side of a link with that peer."""
        return LocalReplica(self.context, await self.peer(peer), direction, "test")

    async def remote(self, peer: "Host", purpose: str = "test") -> RemoteReplica:
        """A peer as the far side."""
        return await self.connections.replica(await self.peer(peer), purpose)

    # What is seen here.

    async def group(self, group_id: str = GROUP) -> GroupRow | None:
        """The group."""
        return await self.store.read(lambda db: groups.get_group(db, group_id))

    async def digest(self, group_id: str = GROUP) -> bytes | None:
        """The group's digest."""
        row = await self.group(group_id)
        return None if row is None else row.digest

    async def settings(self, group_id: str = GROUP) -> Settings:
        """The group's settings."""
        row = await self.group(group_id)
        assert row is not None
        return codec.decode_settings(row.settings.body)

    async def records(self, group_id: str = GROUP) -> dict[str, Record]:
        """The tasks' records by name."""
        rows = await self.store.read(lambda db: tasks.list_tasks(db, group_id))
        return {codec.decode_task(row.record.body).name: row.record for row in rows}

    async def tasks(self, group_id: str = GROUP) -> dict[str, str]:
        """The tasks' commands by name."""
        found = {}
        for name, record in (await self.records(group_id)).items():
            action = codec.decode_task(record.body).action
            assert isinstance(action, Command)
            found[name] = action.command
        return found

    async def peer(self, other: "Host") -> Peer:
        """What is known of another host."""
        found = await self.store.read(lambda db: peers.by_name(db, other.name))
        assert found is not None
        return found

    async def grant(self, other: "Host", *grants: Grant, allow_from: tuple[str, ...] = ()) -> None:
        """Change what another host may do here, and from where."""
        peer = await self.peer(other)
        changed = msgspec.structs.replace(peer, grants=grants, allow_from=allow_from)
        await self.store.write(lambda db: peers.update(db, changed))

    async def dump(self) -> str:
        """All that the database holds, but for whom it said no to."""
        lines = await self.store.read(lambda db: list(db.iterdump()))
        return "\n".join(line for line in lines if not line.startswith('INSERT INTO "refusals"'))

    async def groups_dump(self) -> str:
        """All that the database holds of groups: records, digests, history, floors, whom they follow."""
        lines = (await self.dump()).splitlines()
        tables = ("groups", "tasks", "history", "floors", "follows", "imports", "heads")
        return "\n".join(
            line for line in lines if line.startswith(tuple(f'INSERT INTO "{name}"' for name in tables))
        )

    async def close(self) -> None:
        """End its connections and close its store."""
        await self.connections.close()
        await self.store.close()


@dataclass
class World:
    """All hosts, and the line between them."""

    path: Path
    line: Line = field(default_factory=Line)
    hosts: dict[str, Host] = field(default_factory=dict)
    answering: set[asyncio.Task[None]] = field(default_factory=set)

    @classmethod
    @asynccontextmanager
    async def open(cls, path: Path) -> "AsyncIterator[World]":
        """A world that ends with the block."""
        world = cls(path)
        try:
            yield world
        finally:
            await world.close()

    def pool(self, caller: Host) -> Any:
        """The connections of a host."""
        return MemoryPool(self, caller)

    async def host(self, name: str, **fields: Any) -> Host:
        """A new node."""
        home = Home(self.path / name)
        home.path.mkdir(mode=0o700)
        store = await Store.create(home, str(uuid.uuid4()))
        return self.add(Host(self, name, store, key=f"ssh-ed25519 {name}", **fields))

    def connected(self, host: Host) -> int:
        """How many connections there are to a host that is the only one that is connected to."""
        return len(self.answering)

    def add(self, host: Host) -> Host:
        """Let a host be reached."""
        self.hosts[host.name] = host
        return host

    async def acquaint(self, caller: Host, answerer: Host, *grants: str, only: str | None = None) -> None:
        """Make both known to each other: the caller can reach the answerer, which grants it that (for one group)."""
        granted = tuple(Grant(access, only) for access in grants)  # type: ignore[arg-type]
        await self._know(caller, answerer, address=answerer.address, host_key=answerer.host_key)
        await self._know(answerer, caller, grants=granted)

    async def _know(self, host: Host, other: Host, **fields: Any) -> None:
        def write(db: sqlite3.Connection) -> None:
            known = peers.by_name(db, other.name)
            if known is None:
                known = Peer(id=str(uuid.uuid4()), name=other.name, public_key=other.key)
                peers.add(db, known)
            fields["grants"] = (*known.grants, *fields.get("grants", ()))
            peers.update(db, msgspec.structs.replace(known, **fields))

        await host.store.write(write)

    async def close(self) -> None:
        """End everything."""
        for host in self.hosts.values():
            await host.connections.close()
        for answer in list(self.answering):
            answer.cancel()
        await asyncio.gather(*self.answering, return_exceptions=True)
        for host in self.hosts.values():
            await host.store.close()


__all__ = [
    "GROUP",
    "NAMES",
    "NOW",
    "OTHER",
    "Host",
    "Line",
    "Rule",
    "Wire",
    "World",
    "replace",
    "settings",
    "task",
]
