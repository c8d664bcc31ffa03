"""This node as one side of a link: the store behind the Replica boundary."""

import shlex
import sqlite3
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from atsn_tui.errors import Held, Moved, Refused
from atsn_tui.model import codec, dates
from atsn_tui.model.brake import Allowance
from atsn_tui.model.digest import bucket_of
from atsn_tui.model.peer import Direction, Peer
from atsn_tui.model.plan import Plan, Side
from atsn_tui.model.record import Head, Record, Row
from atsn_tui.replication.access import visible
from atsn_tui.replication.brake import standing
from atsn_tui.replication.context import Context
from atsn_tui.replication.origins import brought_by, origins_after
from atsn_tui.replication.replica import HeadInfo, Outline, Proposal, Purpose, Verdict
from atsn_tui.replication.review import Receiver, review
from atsn_tui.replication.stored import read_kept, read_records, read_side
from atsn_tui.store import changes, groups, heads, history, intake, peers, restores, withdrawn
from atsn_tui.store.acting import By, acting
from atsn_tui.store.groups import Follow
from atsn_tui.store.outlines import anybody_waits, may_wait, outlines


@dataclass(frozen=True)
class LocalReplica:
    """The near side, on behalf of one peer."""

    context: Context
    peer: Peer
    direction: Direction
    """Which way data flows, as the initiator of the link says it."""
    source: str
    """Where the change comes from, for the history: an address, or the command that asked."""
    asked: bool = False
    """Whether it is the peer who asks: then groups that it may not see are not spoken of."""

    async def head(
        self,
        group_id: str,
        name: str,
        purpose: Purpose,
        have: bytes | None = None,
        seen: Head | None = None,
    ) -> HeadInfo:
        """How the group stands here."""

        def read(db: sqlite3.Connection) -> HeadInfo:
            row = groups.get_group(db, group_id)
            if row is None or not row.replicated:
                self._check_free(db, group_id, name, creating=purpose == "push" and self.asked)
                return HeadInfo(None, None, ())
            head = Head(self.context.store.store_id, row.sequence, row.digest)
            restore = restores.last(db)
            path = path_through(self.context.node_id, row.follows)
            receives = self.asked == (purpose == "push")
            # Where both hold the same, nothing can be held, and a cycle without news stays small.
            last = heads.get(db, self.peer.id, group_id) if receives and have != row.digest else None
            lacks = seen is not None and not receives and self._lacks(db, group_id, seen)
            return HeadInfo(head, row.name, path, restore.made_at if restore else None, last, lacks)

        return await self.context.store.read(read)

    def _lacks(self, db: sqlite3.Connection, group_id: str, seen: Head) -> bool:
        """Whether the history here has another state in the place of that one. What was pruned is not known."""
        digest = history.digest_at(db, group_id, seen.sequence)
        return seen.store_id == self.context.store.store_id and digest not in (None, seen.digest)

    async def outline(self, group_id: str, digest: bytes, purpose: Purpose) -> Outline:
        """The settings' row and the bucket hashes here."""
        side = await self.side(group_id, digest, ())
        assert side.settings is not None
        assert side.buckets is not None
        return Outline(side.settings, side.buckets)

    async def rows(
        self, group_id: str, digest: bytes, buckets: Mapping[int, bytes], known: Collection[Row] = ()
    ) -> dict[str, Row]:
        """The rows here in those buckets."""
        return (await self.side(group_id, digest, buckets)).tasks

    async def side(self, group_id: str, digest: bytes | None, buckets: Collection[int]) -> Side:
        """The group with the rows of those buckets. Moved if it does not have that digest (None: is absent)."""

        def read(db: sqlite3.Connection) -> Side:
            side = read_side(db, group_id, buckets)
            if side.digest != digest:
                raise Moved(f"the group changed on {self.context.name} while the plan was made")
            return side

        return await self.context.store.read(read)

    async def bodies(self, group_id: str, ids: list[str]) -> dict[str, Record]:
        """The records of those ids that exist here, if the group is for peers at all."""

        def read(db: sqlite3.Connection) -> dict[str, Record]:
            row = groups.get_group(db, group_id)
            return read_records(db, group_id, ids) if row and row.replicated else {}

        return await self.context.store.read(read)

    async def propose(self, proposal: Proposal) -> Verdict:
        """Judge a plan against the present state."""
        return await review(self.context, self.peer.id, proposal, await self.receiver(proposal))

    async def receiver(
        self, proposal: Proposal, buckets: Collection[int] = (), before: Collection[Proposal] = ()
    ) -> Receiver:
        """What this side knows about itself when it judges that proposal, with those buckets besides.

        `before` are the proposals that come first.
        """
        group_id = proposal.plan.group_id
        ids = [change.id for change in proposal.plan.changes]
        bodies = [body for each in (*before, proposal) for body in each.bodies]
        touched = {bucket_of(task_id) for task_id in ids if task_id != group_id}

        def matters(db: sqlite3.Connection) -> bool:
            """Whether anybody follows anybody. To read all outlines for nothing would take most of a cycle's time."""
            return any(may_wait(body) for body in bodies) or anybody_waits(db, group_id)

        def read(db: sqlite3.Connection) -> Receiver:
            row = groups.get_group(db, group_id)
            self._check_target(db, proposal)
            follows = row.follows if row else None
            primary = peers.get(db, follows.peer_id) if follows else None
            current, origins = read_kept(db, group_id, [group_id, *ids])
            return Receiver(
                side=read_side(db, group_id, touched.union(buckets)),
                total=row.tasks if row else 0,
                current=current,
                origins=origins,
                brought=brought_by(self.peer, self.direction),
                follows=follows,
                follows_name=primary.name if primary else None,
                seen=heads.get(db, self.peer.id, group_id),
                own_link=not self.asked,
                outlines=outlines(db, group_id) if matters(db) else {},
            )

        return await self.context.store.read(read)

    async def commit(self, proposal: Proposal, verdict: Verdict, allow: Allowance) -> Head:
        """Apply the plan in one transaction, with history, head memory and what it follows."""
        held = standing(verdict.brakes, proposal.plan.count("delete"), allow)
        if held:
            raise Held("; ".join(brake.text for brake in held))

        def write(db: sqlite3.Connection) -> Head:
            with acting(By(self.peer.name, self.source, self.peer.id)):
                return self._apply(db, proposal, verdict)

        return await self.context.store.write(write)

    async def withdraw(self, group_id: str, proposal: str) -> Head | None:
        """Let no process apply that plan from now on, and tell in the same transaction how the group stands."""

        def write(db: sqlite3.Connection) -> Head | None:
            withdrawn.add(db, self.peer.id, proposal)
            row = groups.get_group(db, group_id)
            return groups.head(db, group_id) if row is not None and row.replicated else None

        return await self.context.store.write(write)

    def _apply(self, db: sqlite3.Connection, proposal: Proposal, verdict: Verdict) -> Head:
        plan = proposal.plan
        peer = peers.get(db, self.peer.id)
        if peer is None:
            raise Refused(f"{self.peer.name} was removed from {self.context.name}: nothing was applied")
        # The request was checked when it came; it may have waited since.
        if self.asked and not (peer.may("push", plan.group_id) and peer.may_come_from(self.source)):
            raise Refused(
                f"{self.context.name} no longer lets {peer.name} push this group: nothing was applied"
            )
        if withdrawn.has(db, peer.id, proposal.id):
            raise Moved(f"{peer.name} has taken this plan back: nothing was applied")
        self._check_target(db, proposal)
        entry = changes.Entry(
            kind="apply",
            at=self.context.now(),
            who=peer.name,
            source=self.source,
            cycle=proposal.cycle,
            summary=f"{self.direction}, {plan.mode}{_allowed(verdict)}",
            peer_id=peer.id,
        )
        edits = self._edits(db, plan, proposal.records, peer)
        head = changes.commit(db, plan.group_id, edits, entry, base=plan.base, promise=plan.promise)
        heads.set(db, peer.id, plan.group_id, proposal.head)
        if plan.mode == "strict":
            groups.set_follow(db, plan.group_id, follow_of(proposal, peer, entry.at))
        return head

    def _check_target(self, db: sqlite3.Connection, proposal: Proposal) -> None:
        """Refused if the group that the plan makes or changes is none for peers, or its new name is taken.

        And if it takes nothing from peers, because someone undid here what they had brought.
        """
        group_id = proposal.plan.group_id
        pause = intake.get(db, group_id)
        if pause is not None:
            raise Refused(paused(db, group_id, pause, self.context.name))
        row = groups.get_group(db, group_id)
        settings = next((record for record in proposal.records if record.id == group_id), None)
        if settings is not None or (row is not None and not row.replicated):
            name = codec.decode_settings(settings.body).name if settings else ""
            self._check_free(db, group_id, name, creating=True)

    def _check_free(self, db: sqlite3.Connection, group_id: str, name: str, *, creating: bool) -> None:
        """Refused if the group is local here, or another one has its name.

        Of a group that the asking peer may not see only that much is told, and that only if it would be in
        the way of `creating` the one that was asked for.
        """
        row, here = groups.get_group(db, group_id), self.context.name
        if row is not None and not row.replicated:
            if self.asked and not creating:
                return
            known = group_id if self.asked else shlex.quote(row.name)
            raise Refused(
                f"group {name or group_id!r} is local on {here}: to replicate it, run on {here}: "
                f"atsn group set {known} replicated=true"
            )
        for same in groups.find_by_name(db, name):
            if same.id == group_id:
                continue
            if self.asked and not (same.replicated and visible(self.peer, same.id)):
                if creating:
                    raise Refused(
                        f"{here} has another group named {name!r}, which it does not show: rename one of the two"
                    )
                continue
            raise Refused(
                f"{here} has another group named {name!r}, with id {same.id}; to make them one, run "
                f"on {here}: atsn group adopt {shlex.quote(name)} {group_id}"
            )

    def _edits(
        self, db: sqlite3.Connection, plan: Plan, records: Sequence[Record], peer: Peer
    ) -> list[changes.Edit]:
        group_id, new = plan.group_id, brought_by(peer, self.direction)
        before, origins = read_kept(db, group_id, [record.id for record in records])
        origins = origins_after(group_id, records, before, origins, new)
        edits = [changes.Edit(record.id, record, origins[record.id]) for record in records]
        deleted = (change.id for change in plan.changes if change.op == "delete")
        return edits + [changes.Edit(task_id, None, new) for task_id in deleted]


def paused(db: sqlite3.Connection, group_id: str, pause: intake.Pause, node: str) -> str:
    """That a group takes nothing from peers, since when, and what ends that."""
    row = groups.get_group(db, group_id)
    name = row.name if row else group_id
    return (
        f"group {name!r} takes nothing from peers on {node}, because {pause.who} undid there what was brought"
        f" ({dates.format_date(pause.at)}); to take it again, run on {node}: atsn release {shlex.quote(name)}"
    )


def _allowed(verdict: Verdict) -> str:
    """What a person let pass the brake."""
    return f"; allowed: {'; '.join(brake.text for brake in verdict.brakes)}" if verdict.brakes else ""


def path_through(node_id: str, follows: Follow | None) -> tuple[str, ...]:
    """The nodes that a group's state came through, with this one as the last."""
    before = follows.path if follows else ()
    return (*(each for each in before if each != node_id), node_id)


def follow_of(proposal: Proposal, peer: Peer, at: int) -> Follow:
    """Whom a group follows that a strict plan was applied to."""
    node_id = peer.node_id or (proposal.path[-1] if proposal.path else "")
    return Follow(peer_id=peer.id, node_id=node_id, path=proposal.path, at=at)
