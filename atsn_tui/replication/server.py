"""The answering end: one channel of one peer, a request at a time."""

import asyncio
import logging
from dataclasses import dataclass

from atsn_tui.errors import AtsnError, BadInput, Moved, Refused, Unreachable, VersionMismatch
from atsn_tui.model import codec
from atsn_tui.model.digest import mark
from atsn_tui.model.peer import Access, Peer
from atsn_tui.model.record import Head, Record
from atsn_tui.model.text import printable
from atsn_tui.replication import contacts, messages
from atsn_tui.replication.access import current_peer, require, visible
from atsn_tui.replication.context import Context
from atsn_tui.replication.hello import Contact, check, own_hello
from atsn_tui.replication.local import LocalReplica
from atsn_tui.replication.messages import Reply, Request
from atsn_tui.replication.plausible import check_head, check_uuid, marks_in
from atsn_tui.replication.replica import Proposal, Purpose, Verdict
from atsn_tui.store import groups, peers
from atsn_tui.transport.channel import Channel

log = logging.getLogger(__name__)

HELLO_TIMEOUT = 15.0
"""Seconds that a peer has to say Hello."""

MAX_BODIES = 8_000_000
"""Bytes of records in one answer; the asker comes again for the rest."""

BODIES_AT_ONCE = 64
"""Records that are read together."""


async def serve(context: Context, channel: Channel) -> None:
    """Answer one channel until its peer closes it."""
    try:
        await _Session(context, channel).run()
    except Unreachable:
        return
    finally:
        await channel.close()


async def turn_away(context: Context, channel: Channel, error: AtsnError) -> None:
    """Answer a peer's Hello with an error, and no more."""
    address = channel.identity.address
    await context.refusals.note(context.store, context.now(), None, address, error.message)
    try:
        async with asyncio.timeout(HELLO_TIMEOUT):
            await channel.receive()
            await channel.send(messages.encode(own_hello(context, error)))
    except (AtsnError, TimeoutError):
        return
    finally:
        await channel.close()


@dataclass
class _Session:
    context: Context
    channel: Channel
    proposed: tuple[Proposal, Verdict] | None = None

    async def run(self) -> None:
        try:
            await self._greet()
        except Unreachable:
            raise
        except AtsnError as error:
            await self._note(error)
            await self.channel.send(messages.encode(own_hello(self.context, error)))
            return
        await self.channel.send(messages.encode(own_hello(self.context)))
        while True:
            reply = messages.encode(await self._reply(await self.channel.receive()))
            try:
                await self.channel.send(reply)
            except BadInput as error:
                # The answer is too large for a frame; the asker must hear of that.
                await self.channel.send(messages.encode(messages.failure(error)))

    async def _greet(self) -> None:
        try:
            async with asyncio.timeout(HELLO_TIMEOUT):
                hello = messages.decode_hello(await self.channel.receive())
        except TimeoutError as error:
            raise Unreachable("no Hello in time") from error
        peer = await self._peer()
        try:
            check(self.context, hello, peer.name, peer.node_id)
        except VersionMismatch as error:
            await contacts.lost(self.context, peer, error)
            raise
        # How long its Hello was on the way is not known here; whoever asks knows the round trip.
        skew = hello.clock - self.context.now()
        await contacts.met(self.context, peer, Contact(hello.node_id, hello.name, hello.version, 0, skew))

    async def _peer(self) -> Peer:
        identity = self.channel.identity
        return await current_peer(self.context, identity.public_key, identity.address)

    async def _note(self, error: AtsnError) -> None:
        """Remember that this peer was refused something; by its key, whatever it says it is."""
        context, identity = self.context, self.channel.identity
        peer = await context.store.read(lambda db: peers.by_key(db, identity.public_key))
        await context.refusals.note(context.store, context.now(), peer, identity.address, error.message)

    async def _reply(self, frame: bytes) -> Reply:
        try:
            return await self._answer(await self._peer(), messages.decode_request(frame))
        except AtsnError as error:
            if isinstance(error, Refused | BadInput):
                await self._note(error)
            return messages.failure(error)
        except Exception:
            log.exception("a request from %s failed", self.channel.identity.address)
            return messages.Failed("internal", f"{self.context.name} failed to answer; its log says why")

    async def _answer(self, peer: Peer, request: Request) -> Reply:
        match request:
            case messages.AskGroups():
                return messages.Groups(await self._groups(peer))
            case messages.AskHead():
                return await self._head(peer, request)
            case messages.AskOutline():
                near = await self._near(peer, request.group_id, (request.purpose,), request.purpose)
                return messages.OutlineIs(
                    await near.outline(request.group_id, request.digest, request.purpose)
                )
            case messages.AskRows():
                return await self._rows(peer, request)
            case messages.AskBodies():
                return await self._bodies(peer, request)
            case messages.Propose():
                self.proposed = None
                near = await self._near(peer, request.proposal.plan.group_id, ("push",), "push")
                verdict = await near.propose(request.proposal)
                self.proposed = (request.proposal, verdict)
                return messages.Judged(verdict)
            case messages.Commit():
                return messages.Committed(await self._commit(peer, request))
            case messages.Withdraw():
                near = await self._near(peer, request.group_id, ("push",), "push")
                check_uuid("a proposal", request.proposal)
                return messages.Withdrawn(await near.withdraw(request.group_id, request.proposal))

    async def _near(
        self, peer: Peer, group_id: str, wanted: tuple[Access, ...], direction: Purpose, name: str = ""
    ) -> LocalReplica:
        """This node's groups on behalf of the peer; Refused unless it has one of the wanted grants."""
        check_uuid("a group", group_id)
        await require(self.context, peer, wanted, group_id, printable(name, 200))
        return LocalReplica(self.context, peer, direction, self.channel.identity.address, asked=True)

    async def _groups(self, peer: Peer) -> tuple[tuple[str, str], ...]:
        rows = await self.context.store.read(groups.list_groups)
        return tuple((row.id, row.name) for row in rows if row.replicated and visible(peer, row.id))

    async def _head(self, peer: Peer, request: messages.AskHead) -> Reply:
        wanted: tuple[Access, ...] = (request.purpose, "status")
        near = await self._near(peer, request.group_id, wanted, request.purpose, request.name)
        if request.seen is not None:
            check_head(request.seen)
        info = await near.head(request.group_id, request.name, request.purpose, request.have, request.seen)
        await contacts.asked(self.context, peer, info, request)
        return messages.HeadIs(info, self.context.pulse())

    async def _rows(self, peer: Peer, request: messages.AskRows) -> Reply:
        near = await self._near(peer, request.group_id, ("pull", "push"), "pull")
        theirs = marks_in(request.marks)
        buckets = dict.fromkeys((bucket & 0xFF for bucket in request.buckets), b"")
        rows = (await near.rows(request.group_id, request.digest, buckets)).values()
        ours = [(mark(row), row) for row in rows]
        new = tuple(row for each, row in ours if each not in theirs)
        return messages.Rows(new, b"".join(theirs - {each for each, _ in ours}))

    async def _bodies(self, peer: Peer, request: messages.AskBodies) -> Reply:
        near = await self._near(peer, request.group_id, ("pull", "push"), "pull")
        records: list[Record] = []
        size = 0
        for at in range(0, len(request.ids), BODIES_AT_ONCE):
            some = request.ids[at : at + BODIES_AT_ONCE]
            found = await near.bodies(request.group_id, list(some))
            for number, identity in enumerate(some, at):
                record = found.get(identity)
                if record is None:
                    continue
                size += len(record.body)
                if records and size > MAX_BODIES:
                    return messages.Bodies(tuple(records), number)
                withhold = identity == request.group_id and not peer.may("pull", request.group_id)
                records.append(without_secrets(record) if withhold else record)
        return messages.Bodies(tuple(records), len(request.ids))

    async def _commit(self, peer: Peer, request: messages.Commit) -> Head:
        proposed, self.proposed = self.proposed, None
        if proposed is None or proposed[0].plan.promise != request.promise:
            raise Moved("the plan to apply is not the one proposed last on this connection")
        proposal, verdict = proposed
        near = await self._near(peer, proposal.plan.group_id, ("push",), "push")
        head = await near.commit(proposal, verdict, request.allow)
        await contacts.brought(self.context, peer)
        return head


def without_secrets(settings: Record) -> Record:
    """The settings' record with every secret emptied; its fingerprint stays that of the real one."""
    content = codec.decode_settings(settings.body)
    hidden = codec.hide_secrets(content)
    return Record(settings.id, settings.modified, codec.encode(hidden), settings.fingerprint)
