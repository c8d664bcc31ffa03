"""A round over several links: compare them all, then apply what was compared. Peers never wait for each other."""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from functools import partial

from atsn_tui.errors import Moved
from atsn_tui.model.brake import Allowance
from atsn_tui.model.plan import Mode
from atsn_tui.model.result import LinkResult
from atsn_tui.model.text import new_id
from atsn_tui.replication import ledger
from atsn_tui.replication.abreast import in_order, together
from atsn_tui.replication.applying import ready, send
from atsn_tui.replication.comparing import Comparing, steps_before
from atsn_tui.replication.connections import Connections
from atsn_tui.replication.context import Context
from atsn_tui.replication.link import Prepared
from atsn_tui.replication.outcome import blank, failed_by
from atsn_tui.replication.remote import RemoteReplica
from atsn_tui.replication.targets import Target, chain_of, chains, resolved
from atsn_tui.store.database.connection import to_the_end

OnResult = Callable[[LinkResult], None]


class Round:
    """The links of one round, as they were compared last."""

    def __init__(
        self,
        context: Context,
        connections: Connections,
        targets: Iterable[Target],
        *,
        attended: bool,
        source: str,
        allow: Allowance | None = None,
    ) -> None:
        """`attended`: a person sees each plan before it is applied. `allow`: what will be allowed, if known."""
        self._context = context
        self._connections = connections
        self._comparing = Comparing(context, source, attended, cycle=new_id())
        self._allow = allow
        self._targets = {target.link.id: target for target in targets}
        self._turns = {link_id: asyncio.Lock() for link_id in self._targets}
        self._modes: dict[str, Mode] = {}
        self._skipped: set[str] = set()
        self._prepared: dict[str, Prepared] = {}
        self._results: dict[str, LinkResult] = {}

    @property
    def id(self) -> str:
        """The id of the cycle that it is."""
        return self._comparing.cycle

    @property
    def targets(self) -> tuple[Target, ...]:
        """The links in the order in which they are planned."""
        return tuple(self._targets.values())

    @property
    def results(self) -> tuple[LinkResult, ...]:
        """What is known of each link, in order."""
        return tuple(self._results[link_id] for link_id in self._targets if link_id in self._results)

    @property
    def skipped(self) -> frozenset[str]:
        """The ids of the links that are left out."""
        return frozenset(self._skipped)

    def renew(self) -> None:
        """Let what is compared from now on belong to another cycle: this one is over and was told of."""
        self._comparing = replace(self._comparing, cycle=new_id())

    def prepared(self, link_id: str) -> Prepared | None:
        """The link's plan as compared last; None if that failed, or if it was applied."""
        return self._prepared.get(link_id)

    async def reach(self, link_id: str) -> RemoteReplica:
        """The far side of a link. Unreachable, Refused, BadInput or VersionMismatch."""
        return await self._connections.replica(self._targets[link_id].peer, link_id)

    def set_mode(self, link_id: str, mode: Mode) -> None:
        """Compare the link in another mode from now on, in this round only."""
        self._modes[link_id] = mode

    def set_skipped(self, link_id: str, skipped: bool) -> None:
        """Leave the link out: it is compared, but neither applied nor built on."""
        (self._skipped.add if skipped else self._skipped.discard)(link_id)

    async def compute(
        self, on_result: OnResult | None = None, only: Collection[str] | None = None
    ) -> list[LinkResult]:
        """Compare every link, or those of some ids. Failures are results, never exceptions."""
        await together(
            self._compare_chain(
                [target for target in chain if only is None or target.link.id in only], on_result
            )
            for chain in chains(self.targets)
        )
        return list(self.results)

    async def apply(
        self,
        on_result: OnResult | None = None,
        *,
        skip: Collection[str] = (),
        allow: Allowance = Allowance(),
        shown: Mapping[str, LinkResult] | None = None,
    ) -> list[LinkResult]:
        """Apply what was compared last: for each group pulls in order, then pushes side by side.

        `shown` is what a person looked at; a link that was compared anew since then is `moved`. Once a
        receiver was asked to apply, cancelling waits for its answer; no further link is begun.
        """
        leave = self._skipped | set(skip)

        async def one(target: Target) -> None:
            result = await self._apply(target, allow, shown)
            if on_result and result:
                on_result(result)

        await together(
            in_order([target for target in chain if target.link.id not in leave], one)
            for chain in chains(self.targets)
        )
        return list(self.results)

    async def _compare_chain(self, wanted: list[Target], on_result: OnResult | None) -> None:
        """Links of one group, on what the pulls among them promise. All of their peers are connected to at once."""
        reaching = {target.link.id: asyncio.ensure_future(self.reach(target.link.id)) for target in wanted}

        async def one(target: Target) -> None:
            result = await self._compare(target, reaching[target.link.id])
            if on_result:
                on_result(result)

        try:
            await in_order(wanted, one)
        finally:
            for task in reaching.values():
                task.cancel()
            await asyncio.gather(*reaching.values(), return_exceptions=True)

    async def _compare(self, target: Target, reaching: "asyncio.Future[RemoteReplica]") -> LinkResult:
        link_id = target.link.id
        async with self._turns[link_id]:
            result, prepared = await self._compared(target, reaching)
            self._prepared.pop(link_id, None)
            if prepared is not None:
                self._prepared[link_id] = prepared
            planned = prepared is not None and prepared.proposal is not None
            about_to_apply = planned and not self._comparing.attended and link_id not in self._skipped
            if not about_to_apply:
                await ledger.keep(self._context, result, prepared)
            self._results[link_id] = result
            return result

    async def _compared(
        self, target: Target, reaching: "asyncio.Future[RemoteReplica]"
    ) -> tuple[LinkResult, Prepared | None]:
        link_id = target.link.id
        mode = self._modes.get(link_id, target.link.mode)
        try:
            far = await reaching
            target = self._targets[link_id] = await resolved(self._context, target, far)
            chain = chain_of(self.targets, link_id)
            steps = steps_before(chain, link_id, self._prepared, self._skipped, self._allow)
            prepared = await self._comparing.prepare(target, mode, far, steps)
        except Exception as error:
            result = blank(target.link, target.peer.name, mode, target.group)
            return failed_by(self._context.name, result, error), None
        return prepared.result, prepared

    async def _apply(
        self, target: Target, allow: Allowance, shown: Mapping[str, LinkResult] | None
    ) -> LinkResult | None:
        """What came of a link; None if it has nothing to apply."""
        link_id = target.link.id
        async with self._turns[link_id]:
            prepared, near = self._prepared.get(link_id), self._comparing.near(target)
            if prepared is None or prepared.proposal is None:
                return None
            try:
                if shown is not None and shown.get(link_id) != prepared.result:
                    raise Moved("the plan changed after it was shown: look again, then apply")
                current = await ready(prepared, near, allow, partial(self.reach, link_id))
            except Exception as error:
                return await self._record(prepared, failed_by(self._context.name, prepared.result, error))
            return await to_the_end(asyncio.ensure_future(self._send(current, allow)))

    async def _send(self, prepared: Prepared, allow: Allowance) -> LinkResult:
        try:
            result = await send(prepared, allow, partial(self.reach, prepared.link.id))
        except Exception as error:
            result = failed_by(self._context.name, prepared.result, error)
        return await self._record(prepared, result)

    async def _record(self, prepared: Prepared, result: LinkResult) -> LinkResult:
        link_id = prepared.link.id
        self._prepared.pop(link_id, None)
        self._results[link_id] = result
        self._results[link_id] = await ledger.keep(self._context, result, prepared)
        return self._results[link_id]
