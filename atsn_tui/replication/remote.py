"""A peer as one side of a link: the protocol behind the Replica boundary."""

from collections.abc import Collection, Mapping
from typing import TypeVar

from atsn_tui.errors import BadInput
from atsn_tui.model.brake import Allowance
from atsn_tui.model.digest import bucket_hash, bucket_of, group_digest, mark
from atsn_tui.model.peer import Peer
from atsn_tui.model.record import Head, Record, Row
from atsn_tui.model.words import plural
from atsn_tui.replication import contacts, messages
from atsn_tui.replication.clocks import Reading
from atsn_tui.replication.context import Context
from atsn_tui.replication.conversation import Conversation
from atsn_tui.replication.messages import IDS_PER_QUESTION, Reply
from atsn_tui.replication.plausible import (
    check_head,
    check_info,
    check_outline,
    check_rows,
    check_uuid,
    marks_in,
)
from atsn_tui.replication.replica import HeadInfo, Outline, Proposal, Purpose, Verdict
from atsn_tui.transport.frames import TooLarge

R = TypeVar("R")


class RemoteReplica:
    """The far side of a link."""

    def __init__(self, context: Context, peer: Peer, conversation: Conversation) -> None:
        self._context = context
        self._peer = peer
        self._conversation = conversation
        self._name = peer.name

    @property
    def closed(self) -> bool:
        """Whether the channel is gone, and with it the plan that was proposed on it."""
        return self._conversation.closed

    @property
    def clock(self) -> Reading:
        """The peer's clock, as it was read last on this channel."""
        return self._conversation.clock

    async def groups(self) -> dict[str, str]:
        """Names by id of the groups that this node may see there."""
        found = dict((await self._ask(messages.Groups, messages.AskGroups())).groups)
        for group_id in found:
            check_uuid(f"a group of {self._name}", group_id)
        return found

    async def head(
        self,
        group_id: str,
        name: str,
        purpose: Purpose,
        have: bytes | None = None,
        seen: Head | None = None,
    ) -> HeadInfo:
        """How the group stands there."""
        question = messages.AskHead(group_id, name, purpose, have, self._context.pulse(), seen)
        answer = await self._ask(messages.HeadIs, question)
        check_info(answer.info)
        await contacts.felt(self._context, self._peer, answer.pulse)
        return answer.info

    async def outline(self, group_id: str, digest: bytes, purpose: Purpose) -> Outline:
        """The settings' row and bucket hashes there, which must add up to the digest."""
        found = await self._ask(messages.OutlineIs, messages.AskOutline(group_id, digest, purpose))
        outline = found.outline
        check_outline(group_id, outline)
        if group_digest(group_id, outline.settings, outline.buckets) != digest:
            raise BadInput(f"{self._name} sent bucket hashes that do not add up to its digest")
        return outline

    async def rows(
        self, group_id: str, digest: bytes, buckets: Mapping[int, bytes], known: Collection[Row] = ()
    ) -> dict[str, Row]:
        """The rows there in those buckets, of which only those travel that are not `known`."""
        if not buckets:
            return {}
        ours = {mark(row): row for row in known}
        found = await self._rows(group_id, digest, buckets, ours)
        if found is None and ours:
            # Two rows with one mark, as good as impossible by accident: then all of them have to travel.
            found = await self._rows(group_id, digest, buckets, {})
        if found is None:
            raise BadInput(f"{self._name} sent rows that do not add up to its bucket hashes")
        return found

    async def _rows(
        self, group_id: str, digest: bytes, buckets: Mapping[int, bytes], ours: Mapping[bytes, Row]
    ) -> dict[str, Row] | None:
        """The rows, or None if they do not add up to the buckets' hashes."""
        asked = messages.AskRows(group_id, digest, tuple(sorted(buckets)), b"".join(ours))
        reply = await self._ask(messages.Rows, asked)
        check_rows(reply.rows)
        lacking = marks_in(reply.lacking)
        rows = [row for each, row in ours.items() if each not in lacking] + list(reply.rows)
        found: dict[int, list[Row]] = {bucket: [] for bucket in buckets}
        for row in rows:
            found.setdefault(bucket_of(row.id), []).append(row)
        if {bucket: bucket_hash(some) for bucket, some in found.items()} != buckets:
            return None
        return {row.id: row for row in rows}

    async def bodies(self, group_id: str, ids: list[str]) -> dict[str, Record]:
        """The records of those ids that exist there, in as many questions as it takes."""
        found: dict[str, Record] = {}
        at = 0
        while at < len(ids):
            asked = tuple(ids[at : at + IDS_PER_QUESTION])
            reply = await self._ask(messages.Bodies, messages.AskBodies(group_id, asked))
            if not 0 < reply.asked <= len(asked):
                raise BadInput(f"{self._name} answered for {reply.asked} of {len(asked)} records")
            found |= {record.id: record for record in reply.records}
            at += reply.asked
        return found

    async def propose(self, proposal: Proposal) -> Verdict:
        """Have the far side judge a plan. BadInput if it is too large for one message."""
        try:
            return (await self._ask(messages.Judged, messages.Propose(proposal))).verdict
        except TooLarge as error:
            changes = plural(len(proposal.plan.changes), "change")
            raise BadInput(
                f"a plan of {changes} does not fit into one message to {self._name} ({error}): nothing was sent; "
                f"split the group, or let {self._name} pull it (there: atsn link add … --pull), which has no such limit"
            ) from error

    async def commit(self, proposal: Proposal, verdict: Verdict, allow: Allowance) -> Head:
        """Have the far side apply the plan that it judged last on this channel."""
        head = (await self._ask(messages.Committed, messages.Commit(proposal.plan.promise, allow))).head
        check_head(head)
        return head

    async def withdraw(self, group_id: str, proposal: str) -> Head | None:
        """Have the far side never apply that plan from now on."""
        head = (await self._ask(messages.Withdrawn, messages.Withdraw(group_id, proposal))).head
        if head is not None:
            check_head(head)
        return head

    async def _ask(self, kind: type[R], request: messages.Request) -> R:
        reply: Reply = await self._conversation.ask(request)
        if not isinstance(reply, kind):
            raise BadInput(f"{self._name} answered with {type(reply).__name__}, not with {kind.__name__}")
        return reply
