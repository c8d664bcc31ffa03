"""One serving node with a group of each kind, a good peer, and one that is in whatever state an attack needs."""

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field

import asyncssh
from msgspec.structs import replace

from atsn_tui.errors import Unreachable
from atsn_tui.home import keys
from atsn_tui.host.channel import serve_stdio
from atsn_tui.model.digest import bucket_hashes, group_digest
from atsn_tui.model.peer import Grant, Peer
from atsn_tui.model.plan import Change, Plan
from atsn_tui.model.record import Head
from atsn_tui.model.text import new_id
from atsn_tui.model.version import PROTOCOL, VERSION
from atsn_tui.node.node import Node
from atsn_tui.node.peers.contact import context_of
from atsn_tui.replication import messages
from atsn_tui.replication.replica import Proposal
from atsn_tui.store import groups, peers
from atsn_tui.transport.dial import options
from atsn_tui.transport.frames import Decoder, encode
from tests.replication.world import task

ALL = (Grant("pull"), Grant("push"), Grant("status"))
UNIMPORTANT = {"refusals", "peer_states", "lagging", "withdrawn"}
"""Tables that say who came when, what it lacked, what it was refused and what it took back."""


class Talk:
    """Frames over a pair of streams."""

    def __init__(self, reader: "asyncio.StreamReader | asyncssh.SSHReader[bytes]", writer: object) -> None:
        self._reader, self._writer = reader, writer
        self._decoder = Decoder()

    async def say(self, message: "messages.Message | messages.Hello | bytes") -> None:
        payload = message if isinstance(message, bytes) else messages.encode(message)
        try:
            self._writer.write(encode(payload))  # type: ignore[attr-defined]
        except OSError as error:
            raise Unreachable("hung up") from error

    async def hear(self) -> bytes:
        """The next message; Unreachable if the other side hangs up instead."""
        while (message := self._decoder.take()) is None:
            try:
                async with asyncio.timeout(10):
                    data = await self._reader.read(65_536)
            except OSError:
                data = b""
            if not data:
                raise Unreachable("hung up")
            self._decoder.feed(data)
        return message


@dataclass
class Attacker:
    """Who asks, and what is known here of him."""

    name: str = "mallory"
    key: asyncssh.SSHKey = field(default_factory=lambda: asyncssh.generate_private_key("ssh-ed25519"))
    node_id: str = field(default_factory=new_id)
    """What he says."""
    version: str = VERSION
    protocol: int = PROTOCOL
    came_from: str = "127.0.0.1"
    """Another loopback address is really used; behind an sshd any can be told."""
    group_id: str = ""
    """Which group he asks for."""

    @property
    def public(self) -> str:
        return " ".join(self.key.export_public_key().decode().split()[:2])

    def hello(self) -> messages.Hello:
        clock = 1_800_000_000_000_000
        return messages.Hello(
            atsn=self.protocol, version=self.version, node_id=self.node_id, name=self.name, clock=clock
        )


class Stage:
    """The attacked node."""

    def __init__(self, node: Node, ports: dict[str, int]) -> None:
        self.node, self.ports = node, ports
        self.context = context_of(node.core)
        self.group = self.other = self.local = ""
        self._store_id, self._sequence = new_id(), 0

    async def furnish(self) -> None:
        """Make a group of each kind."""
        for name in ("ops", "others", "private"):
            view = await self.node.groups.add(name, replicated=name != "private")
            setattr(self, {"ops": "group", "others": "other", "private": "local"}[name], view.id)

    async def know(self, who: Attacker, **fields: object) -> Peer:
        """Make him a peer who may do everything, or be what is said."""
        given = {"grants": ALL, "node_id": who.node_id, "public_key": who.public, **fields}
        peer = Peer(id=new_id(), name=who.name, **given)  # type: ignore[arg-type]
        await self.node.core.store.write(lambda db: peers.add(db, peer))
        return peer

    async def change(self, peer: Peer, **fields: object) -> None:
        """What may be done by a peer is changed."""
        await self.node.core.store.write(lambda db: peers.update(db, replace(peer, **fields)))

    async def forget(self, peer: Peer) -> None:
        """Remove a peer."""
        await self.node.core.store.write(lambda db: peers.remove(db, peer.id))

    async def proposal(self, group_id: str) -> Proposal:
        """A true plan that adds a task to the group as it is now."""
        store = self.node.core.store
        side = await store.read(lambda db: groups.side(db, group_id))
        new = task(new_id(), modified=self.context.now())
        settings = side.settings or task("settings").row
        promise = group_digest(group_id, settings, bucket_hashes([*side.tasks.values(), new.row]))
        change = Change("add", new.id, "missing here", None, new.row)
        base = side.digest if side.settings else b"x" * 32
        plan = Plan(group_id, "easy", promise, base, promise, (change,))
        self._sequence += 1
        head = Head(self._store_id, self._sequence, promise)
        return Proposal(plan, (new.body,), head, (new_id(),), False, new_id())

    def kept(self) -> dict[str, list[tuple[object, ...]]]:
        """All that matters of the database."""
        with closing(sqlite3.connect(f"file:{self.node.home.database}?mode=ro", uri=True)) as db:
            names = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            wanted = [name for name in names if name not in UNIMPORTANT and not name.startswith("sqlite_")]
            return {name: db.execute(f'SELECT * FROM "{name}"').fetchall() for name in wanted}

    @asynccontextmanager
    async def login(self, who: Attacker, user: str = "atsn") -> AsyncIterator[asyncssh.SSHClientConnection]:
        """Real SSH to the node's own server."""
        own = asyncssh.SSHClientConnectionOptions(options(who.key), known_hosts=None, username=user)
        host = "::1" if ":" in who.came_from else "127.0.0.1"
        async with asyncssh.connect(host, self.ports[host], config=None, options=own) as connection:
            yield connection

    async def behind_sshd(self, who: Attacker, line_key: str | None) -> "tuple[Talk, asyncio.Task[None]]":
        """What an sshd starts for him, by a line that was written for that key."""
        environ = {"SSH_CONNECTION": f"{who.came_from} 50000 192.0.2.1 22"} if who.came_from else {}
        (incoming, say), (hear, outgoing) = os.pipe(), os.pipe()
        serving = asyncio.create_task(
            serve_stdio(self.context, who.name, line_key, environ, (incoming, outgoing))
        )
        reader = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(reader)
        await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, os.fdopen(hear, "rb", 0))
        return Talk(reader, os.fdopen(say, "wb", 0)), serving


def fingerprint(who: Attacker) -> str:
    """How his key is named in a line of authorized_keys."""
    return keys.fingerprint(who.public)
