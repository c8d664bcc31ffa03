"""The near side as earlier plans of the same round will leave it, so that later links build on them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from atsn_tui.errors import Moved
from atsn_tui.merge import after
from atsn_tui.model.brake import Allowance
from atsn_tui.model.digest import bucket_of
from atsn_tui.model.peer import Peer
from atsn_tui.model.plan import Plan, Side
from atsn_tui.model.record import Head, Origin, Record, Row
from atsn_tui.replication.local import LocalReplica, follow_of, path_through
from atsn_tui.replication.origins import brought_by, origins_after
from atsn_tui.replication.replica import HeadInfo, Outline, Proposal, Purpose, Verdict
from atsn_tui.replication.review import Receiver, review
from atsn_tui.schedule.following import TaskOutline
from atsn_tui.store.groups import Follow
from atsn_tui.store.outlines import outline_of


@dataclass(frozen=True)
class Step:
    """One plan of the round that is computed but not applied yet, and the primary that it comes from."""

    proposal: Proposal
    peer: Peer


@dataclass(frozen=True)
class PlannedReplica:
    """A near side that promises to have the steps applied by the time it is asked to commit."""

    near: LocalReplica
    steps: tuple[Step, ...]

    async def head(
        self,
        group_id: str,
        name: str,
        purpose: Purpose,
        have: bytes | None = None,
        seen: Head | None = None,
    ) -> HeadInfo:
        """How the group will stand. Moved if it is neither where the steps begin nor where they end."""
        info = await self.near.head(group_id, name, purpose, have, seen)
        digest = info.head.digest if info.head else None
        if digest == self._promise:
            return info
        if digest != self._base:
            raise Moved(f"the group changed on {self.near.context.name} while the plan was made")
        # A step that changes nothing is no change of the history.
        commits = sum(bool(step.proposal.plan.changes) for step in self.steps)
        sequence = (info.head.sequence if info.head else 0) + commits
        promised = Head(self.near.context.store.store_id, sequence, self._promise)
        follows, node_id = self._follows, self.near.context.node_id
        path = path_through(node_id, follows) if follows else info.path or (node_id,)
        return HeadInfo(promised, info.name or name, path, info.restored, info.seen, info.lacks)

    async def outline(self, group_id: str, digest: bytes, purpose: Purpose) -> Outline:
        """The settings' row and the bucket hashes as they will be."""
        side = await self._side(group_id, ())
        assert side.settings is not None
        assert side.buckets is not None
        return Outline(side.settings, side.buckets)

    async def rows(
        self, group_id: str, digest: bytes, buckets: Mapping[int, bytes], known: Collection[Row] = ()
    ) -> dict[str, Row]:
        """The rows as they will be."""
        tasks = (await self._side(group_id, buckets)).tasks
        return {row.id: row for row in tasks.values() if bucket_of(row.id) in buckets}

    async def bodies(self, group_id: str, ids: list[str]) -> dict[str, Record]:
        """The records as they will be."""
        return self._over(await self.near.bodies(group_id, ids), ids)

    async def propose(self, proposal: Proposal) -> Verdict:
        """Judge a plan against the promised state."""
        plan = proposal.plan
        present = await self.near.receiver(proposal, self._touched, [step.proposal for step in self.steps])
        if present.side.digest != self._base:
            raise Moved(f"the group changed on {self.near.context.name} while the plan was made")
        changes = [change for step in self.steps for change in step.proposal.plan.changes]
        grown = sum({"add": 1, "delete": -1}.get(change.op, 0) for change in changes)
        follows = self._follows
        receiver = replace(
            present,
            side=self._after(present.side),
            total=present.total + grown,
            current=self._over(dict(present.current), [plan.group_id, *(each.id for each in plan.changes)]),
            origins=self._origins(plan, present),
            outlines=self._outlines(plan.group_id, present.outlines),
        )
        if follows is not None:
            names = {step.peer.id: step.peer.name for step in self.steps}
            receiver = replace(receiver, follows=follows, follows_name=names[follows.peer_id])
        return await review(self.near.context, self.near.peer.id, proposal, receiver)

    async def commit(self, proposal: Proposal, verdict: Verdict, allow: Allowance) -> Head:
        """Apply on the near side, which by now must have kept the promise."""
        return await self.near.commit(proposal, verdict, allow)

    async def withdraw(self, group_id: str, proposal: str) -> Head | None:
        """Take the plan back on the near side."""
        return await self.near.withdraw(group_id, proposal)

    @property
    def _base(self) -> bytes | None:
        return self.steps[0].proposal.plan.base

    @property
    def _promise(self) -> bytes:
        return self.steps[-1].proposal.plan.promise

    @property
    def _touched(self) -> set[int]:
        """The buckets that the steps change."""
        changes = (change for step in self.steps for change in step.proposal.plan.changes)
        return {bucket_of(change.id) for change in changes if change.op != "settings"}

    @property
    def _follows(self) -> Follow | None:
        """Whom the group will follow because of the steps."""
        strict = [step for step in self.steps if step.proposal.plan.mode == "strict"]
        return follow_of(strict[-1].proposal, strict[-1].peer, 0) if strict else None

    async def _side(self, group_id: str, buckets: Collection[int]) -> Side:
        return self._after(await self.near.side(group_id, self._base, self._touched.union(buckets)))

    def _after(self, side: Side) -> Side:
        for step in self.steps:
            side = after(side, step.proposal.plan.changes)
        return side

    def _outlines(self, group_id: str, present: dict[str, TaskOutline]) -> dict[str, TaskOutline]:
        found = dict(present)
        for step in self.steps:
            for change in step.proposal.plan.changes:
                found.pop(change.id, None)
            found |= {
                record.id: outline_of(record.body)
                for record in step.proposal.records
                if record.id != group_id
            }
        return found

    def _origins(self, plan: Plan, present: Receiver) -> dict[str, Origin]:
        """Where the records that the plan touches will have come from."""
        current, origins = dict(present.current), dict(present.origins)
        wanted = {plan.group_id, *(change.id for change in plan.changes)}
        for step in self.steps:
            for change in step.proposal.plan.changes:
                if change.op == "delete":
                    current.pop(change.id, None)
            records = [record for record in step.proposal.records if record.id in wanted]
            new = brought_by(step.peer, "pull")
            origins |= origins_after(plan.group_id, records, current, origins, new)
            current |= {record.id: record for record in records}
        return origins

    def _over(self, found: dict[str, Record], ids: list[str]) -> dict[str, Record]:
        wanted = set(ids)
        for step in self.steps:
            for change in step.proposal.plan.changes:
                if change.op == "delete":
                    found.pop(change.id, None)
            found |= {record.id: record for record in step.proposal.records if record.id in wanted}
        return found
